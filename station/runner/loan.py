"""Instruments that a step has only while it is played: what the runner asks of whoever lends them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Loan(Protocol):
    """What one attempt at a step has been lent."""

    def open(self) -> Mapping[str, object]:
        """The players of the roles that are lent, fresh; raises StationError where an instrument does not answer."""
        ...

    def settle(self) -> None:
        """Switch off what the next one must not find on; raises StationError where that does not succeed."""
        ...


class Lender(Protocol):
    """Lends what several slots of a bench share."""

    @property
    def shared(self) -> frozenset[str]:
        """The instruments that it lends."""
        ...

    def lend(
        self, roles: Collection[str], waits: Callable[[str, str], None], check: Callable[[], None]
    ) -> AbstractContextManager[Loan]:
        """Wait until all that ``roles`` need of it can be had; it is given back at the end, however that comes.

        ``waits`` is told each instrument that has to be waited for and the slot that has it. ``check`` is called again
        and again meanwhile, and may raise to end the waiting.
        """
        ...

    def is_free(self, roles: Collection[str]) -> bool:
        """Whether nobody has anything that ``roles`` need of it, at this moment: which step to begin with."""
        ...


class NothingShared:
    """The lender of a bench whose slots share nothing: its roles are open throughout the run."""

    shared: frozenset[str] = frozenset()

    def lend(
        self, roles: Collection[str], waits: Callable[[str, str], None], check: Callable[[], None]
    ) -> AbstractContextManager[Loan]:
        return _NOTHING

    def is_free(self, roles: Collection[str]) -> bool:
        return True

    def open(self) -> Mapping[str, object]:
        return {}

    def settle(self) -> None:
        return


NOTHING_SHARED = NothingShared()
_NOTHING: AbstractContextManager[Loan] = nullcontext(NOTHING_SHARED)

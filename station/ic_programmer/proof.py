"""What a chip holds since the last change, held against what is wanted: byte for byte, nothing taken for granted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from station.ic_programmer.chip import BurnableChip, Stretch
from station.ic_programmer.plan import BurnPlan
from station.model.errors import ContactError, ProgrammerError, VerifyError


class Differs(Exception):
    """A page was read that is not what is ``wanted`` from ``address`` on."""

    def __init__(self, address: int, wanted: bytes) -> None:
        super().__init__(address)
        self.address = address
        self.wanted = wanted


class Proof:
    """The span of ``plan`` as it was read. ``known`` is what was read of it before the first change, if anything was.

    What is known and was neither erased nor programmed is as it was read; all else has to be taken.
    """

    def __init__(self, plan: BurnPlan, page_bytes: int, known: bytes | None) -> None:
        self._plan = plan
        self._page_bytes = page_bytes
        self._content = bytearray(known or bytes(plan.span.length))
        self.unread = touched(plan) if known is not None else ((plan.span.start, plan.span.length),)
        """What has to be taken, in the order of the addresses."""
        self._left = deque(self.unread)

    def take(self, address: int, content: bytes) -> None:
        """The bytes from ``address`` on, in the order of ``unread``; raises Differs where they are not as wanted."""
        at = address - self._plan.span.start
        wanted = self._plan.wanted[at : at + len(content)]
        if content != wanted:
            raise first_difference(address, content, wanted, self._page_bytes)
        self._content[at : at + len(content)] = content
        if self._left and self._left[0][0] == address:
            start, length = self._left.popleft()
            if length > len(content):
                self._left.appendleft((start + len(content), length - len(content)))

    def finish(self, programmer: str) -> bytes:
        """The content of the span; raises ProgrammerError where a byte of it was not read."""
        if self._left:
            raise ProgrammerError(programmer, f"did not read back what begins at 0x{self._left[0][0]:06X}")
        return bytes(self._content)


def first_difference(address: int, content: bytes, wanted: bytes, page_bytes: int) -> Differs:
    """The first page of ``content`` (from ``address`` on) that is not as wanted."""
    pages = ((at, at + page_bytes) for at in range(0, len(content), page_bytes))
    at = next(at for at, end in pages if content[at:end] != wanted[at:end])
    return Differs(address + at, wanted[at : at + page_bytes])


@contextmanager
def judged(chip: BurnableChip) -> Iterator[None]:
    """Where something differs in here, raise ContactError or VerifyError, whichever another reading shows."""
    try:
        yield
    except Differs as found:
        raise _error_of(found, chip) from None


def _error_of(found: Differs, chip: BurnableChip) -> ContactError | VerifyError:
    page = chip.read(found.address, len(found.wanted), lambda _: None)
    if page == found.wanted:
        problem = f"page 0x{found.address:06X} reads differently each time: reseat the chip or the clip"
        return ContactError(chip.describe(), problem)
    bad = next(index for index, byte in enumerate(found.wanted) if page[index] != byte)
    return VerifyError(found.address + bad, found.wanted[bad], page[bad])


def touched(plan: BurnPlan) -> tuple[Stretch, ...]:
    """What the plan erases or programs."""
    erased = [(address, kind.size_bytes) for kind, address in plan.erases]
    return merged([*erased, *((address, len(content)) for address, content in plan.pages)])


def merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The same bytes in as few stretches as can be, in the order of their addresses."""
    found: list[Stretch] = []
    for start, length in sorted(stretches):
        if found and start <= sum(found[-1]):
            first = found[-1][0]
            found[-1] = (first, max(sum(found[-1]), start + length) - first)
        else:
            found.append((start, length))
    return tuple(found)

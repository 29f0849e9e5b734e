"""What connects lines of the jig."""

from __future__ import annotations

from typing import Protocol


class Relays(Protocol):
    """Relays by the names that the bench file gives them."""

    def close(self, *names: str) -> None:
        """Close these, proved by reading back; the others stay as they are. Raises PlanError for a name not wired."""
        ...

    def open(self, *names: str) -> None:
        """Open these, proved by reading back; none named: all of them."""
        ...

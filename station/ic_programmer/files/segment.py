"""A stretch of bytes with its address, and the one thing that may be wrong between several of them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Segment(msgspec.Struct, frozen=True):
    """``content`` from ``start`` on."""

    start: int
    content: bytes

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.start + len(self.content)


class BadFile(Exception):
    """A file that does not say for certain which bytes belong where; ``str`` says why."""


def joined(pieces: Iterable[Segment]) -> tuple[Segment, ...]:
    """``pieces`` by address, those that touch as one; raises BadFile where two claim one address."""
    found: list[Segment] = []
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if not piece.content:
            continue
        last = found[-1] if found else None
        if last is not None and piece.start < last.end:
            raise BadFile(f"says twice what is at 0x{piece.start:X}")
        if last is not None and piece.start == last.end:
            found[-1] = Segment(last.start, last.content + piece.content)
        else:
            found.append(piece)
    return tuple(found)

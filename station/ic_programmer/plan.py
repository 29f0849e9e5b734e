"""What to erase and what to program, chosen by what is there and how long each way takes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from station.ic_programmer.image import Image
from station.ic_programmer.target import EraseKind, Target
from station.model.burn_record import Region


class Span(msgspec.Struct, frozen=True):
    """A stretch of whole erase blocks of the smallest size."""

    start: int
    length: int


class BurnPlan(msgspec.Struct, frozen=True):
    """``wanted`` is the content of ``span`` afterwards; nothing outside ``span`` is touched."""

    span: Span
    wanted: bytes
    erases: tuple[tuple[EraseKind, int], ...]
    pages: tuple[tuple[int, bytes], ...]
    regions: tuple[Region, ...]


class _Choice(msgspec.Struct, frozen=True):
    seconds: float
    erases: tuple[tuple[EraseKind, int], ...]


def span_of(image: Image, target: Target) -> Span:
    """The smallest stretch of whole erase blocks that holds every segment of ``image``."""
    block = target.erases[0].size_bytes
    start = min(segment.start for segment in image.segments) // block * block
    end = -(-max(segment.end for segment in image.segments) // block) * block
    return Span(start, end - start)


def make_plan(image: Image, target: Target, span: Span, old: bytes) -> BurnPlan:
    """The quickest way from ``old`` (the content of ``span``) to the image, by typical times.

    Bytes of ``span`` outside the image are kept: where their block is erased they are written again. A block that is
    right stays; a page that is blank is programmed without erasing; a blank page of the image is not programmed.
    """
    wanted = bytearray(old)
    for segment in image.segments:
        wanted[segment.start - span.start : segment.end - span.start] = segment.content
    planner = _Planner(target, span, old, bytes(wanted))
    erases = planner.erases()
    pages = planner.pages(erases)
    return BurnPlan(span, bytes(wanted), erases, pages, _regions(image, span))


class _Planner:
    """Works on one span; addresses are those of the chip."""

    def __init__(self, target: Target, span: Span, old: bytes, wanted: bytes) -> None:
        self._target = target
        self._span = span
        self._old = old
        self._wanted = wanted
        self._blank = b"\xff" * target.page_bytes

    def erases(self) -> tuple[tuple[EraseKind, int], ...]:
        """The chosen erases, from the lowest address up; large ones where they lie whole inside the span."""
        chosen: list[tuple[EraseKind, int]] = []
        address, end = self._span.start, self._span.start + self._span.length
        while address < end:
            level = max(
                level
                for level, kind in enumerate(self._target.erases)
                if address % kind.size_bytes == 0 and address + kind.size_bytes <= end
            )
            chosen += self._best(level, address).erases
            address += self._target.erases[level].size_bytes
        return tuple(chosen)

    def pages(self, erases: Sequence[tuple[EraseKind, int]]) -> tuple[tuple[int, bytes], ...]:
        """The pages to program once ``erases`` are done."""
        after = bytearray(self._old)
        for kind, address in erases:
            offset = address - self._span.start
            after[offset : offset + kind.size_bytes] = b"\xff" * kind.size_bytes
        step = self._target.page_bytes
        return tuple(
            (self._span.start + offset, self._wanted[offset : offset + step])
            for offset in range(0, len(self._wanted), step)
            if after[offset : offset + step] != self._wanted[offset : offset + step]
        )

    def _best(self, level: int, address: int) -> _Choice:
        """Erase this block whole, or do its parts each in their best way, whichever is quicker."""
        kind = self._target.erases[level]
        offset = address - self._span.start
        old = self._old[offset : offset + kind.size_bytes]
        wanted = self._wanted[offset : offset + kind.size_bytes]
        if old == wanted:
            return _Choice(0.0, ())
        programs_s = self._programs_s(wanted)
        whole = _Choice(kind.typical_s + programs_s, ((kind, address),))
        if level == 0:
            return whole if self._needs_erase(old, wanted) else _Choice(programs_s, ())
        part = self._target.erases[level - 1].size_bytes
        parts = [self._best(level - 1, address + step) for step in range(0, kind.size_bytes, part)]
        divided_s = sum(choice.seconds for choice in parts)
        if divided_s < whole.seconds:
            return _Choice(divided_s, tuple(erase for choice in parts for erase in choice.erases))
        return whole

    def _needs_erase(self, old: bytes, wanted: bytes) -> bool:
        """Whether some page differs that is not blank: a page is never programmed twice without an erase."""
        step = self._target.page_bytes
        return any(
            old[offset : offset + step] not in (self._blank, wanted[offset : offset + step])
            for offset in range(0, len(old), step)
        )

    def _programs_s(self, wanted: bytes) -> float:
        step = self._target.page_bytes
        written = sum(wanted[offset : offset + step] != self._blank for offset in range(0, len(wanted), step))
        return written * self._target.program_typical_s


def _regions(image: Image, span: Span) -> tuple[Region, ...]:
    """The image's segments, and between and around them what was preserved."""
    regions: list[Region] = []
    address = span.start
    for segment in sorted(image.segments, key=lambda segment: segment.start):
        if segment.start > address:
            regions.append(Region(address, segment.start - address, "preserved"))
        regions.append(Region(segment.start, len(segment.content), "image"))
        address = segment.end
    if span.start + span.length > address:
        regions.append(Region(address, span.start + span.length - address, "preserved"))
    return tuple(regions)

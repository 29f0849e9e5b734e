"""What to erase and what to program, chosen by what is there and how long each way takes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from station.ic_programmer.image import Image
from station.ic_programmer.memory import Erase, Memory
from station.model.burn_record import Region
from station.model.errors import OperatorError


class Span(msgspec.Struct, frozen=True):
    """A stretch of whole erase blocks, or of whole pages where nothing is erased."""

    start: int
    length: int


class BurnPlan(msgspec.Struct, frozen=True):
    """``wanted`` is the content of ``span`` afterwards; nothing outside ``span`` is touched."""

    span: Span
    wanted: bytes
    erases: tuple[Erase, ...]
    pages: tuple[tuple[int, bytes], ...]
    regions: tuple[Region, ...]


class _Choice(msgspec.Struct, frozen=True):
    seconds: float
    erases: tuple[Erase, ...]


def span_of(image: Image, memory: Memory) -> Span:
    """The smallest stretch of whole erase blocks that holds every segment of ``image``.

    Raises OperatorError for an image that is not one stretch from the beginning on where the memory is a stream.
    """
    if memory.is_stream:
        if len(image.segments) != 1 or image.segments[0].start:
            raise OperatorError("this device takes one firmware from its first byte on: the image is not that")
        return Span(0, image.segments[0].end)
    start, _ = memory.block_around(min(segment.start for segment in image.segments))
    last, length = memory.block_around(max(segment.end for segment in image.segments) - 1)
    return Span(start, last + length - start)


def make_plan(image: Image, memory: Memory, span: Span, old: bytes) -> BurnPlan:
    """The quickest way from ``old`` (the content of ``span``) to the image, by typical times.

    Bytes of ``span`` outside the image are kept: where their block is erased they are written again. A block that is
    right stays; a page that is blank is programmed without erasing; a blank page of the image is not programmed.
    """
    wanted = bytearray(old)
    for segment in image.segments:
        wanted[segment.start - span.start : segment.end - span.start] = segment.content
    planner = _Planner(memory, span, old, bytes(wanted))
    erases = planner.erases()
    pages = planner.pages(erases)
    return BurnPlan(span, bytes(wanted), erases, pages, _regions(image, span))


def unread(image: Image, memory: Memory, span: Span, is_said_blank: bool) -> bytes:
    """What is to be taken for the content of ``span`` where nobody has read it.

    A chip that is said to be blank is erased. What is not known is the opposite of what is wanted, so that all of it is
    erased and written; raises OperatorError where a part of it is to be kept.
    """
    if is_said_blank:
        return bytes((memory.erased,)) * span.length
    joined = b"".join(segment.content for segment in image.segments)
    if len(joined) != span.length:
        raise OperatorError("the image leaves a part of its erase blocks to the chip: burn it with a backup")
    return joined.translate(_OPPOSITE)


def unlike(image: Image, span: Span, old: bytes) -> bytes:
    """``old`` with the opposite of what is wanted where the image lies, so that each of its blocks is erased."""
    taken = bytearray(old)
    for segment in image.segments:
        taken[segment.start - span.start : segment.end - span.start] = segment.content.translate(_OPPOSITE)
    return bytes(taken)


_OPPOSITE = bytes(byte ^ 0xFF for byte in range(256))


class _Planner:
    """Works on one span; addresses are those of the chip."""

    def __init__(self, memory: Memory, span: Span, old: bytes, wanted: bytes) -> None:
        self._memory = memory
        self._span = span
        self._old = old
        self._wanted = wanted
        self._erased = bytes((memory.erased,))
        self._blank = self._erased * memory.page_bytes

    def erases(self) -> tuple[Erase, ...]:
        """The chosen erases, from the lowest address up; large ones where they lie whole inside the span."""
        chosen: list[Erase] = []
        address, end = self._span.start, self._span.start + self._span.length
        while self._memory.levels and address < end:
            level, block = self._largest_at(address, end)
            chosen += self._best(level, block).erases
            address += block[0].size_bytes
        return tuple(chosen)

    def _largest_at(self, address: int, end: int) -> tuple[int, Erase]:
        """The highest level with a block from ``address`` on that ends within the span, and that block."""
        for level in reversed(range(len(self._memory.levels))):
            kind = self._memory.block_at(level, address)
            if kind is not None and address + kind.size_bytes <= end:
                return level, (kind, address)
        raise ValueError(f"no block begins at 0x{address:X}")

    def pages(self, erases: Sequence[Erase]) -> tuple[tuple[int, bytes], ...]:
        """The pages to program once ``erases`` are done."""
        after = bytearray(self._old)
        for kind, address in erases:
            offset = address - self._span.start
            after[offset : offset + kind.size_bytes] = self._erased * kind.size_bytes
        step = self._span.length if self._memory.is_stream else self._memory.page_bytes
        return tuple(
            (self._span.start + offset, self._wanted[offset : offset + step])
            for offset in range(0, len(self._wanted), step)
            if after[offset : offset + step] != self._wanted[offset : offset + step]
        )

    def _best(self, level: int, block: Erase) -> _Choice:
        """Erase this block whole, or do its parts each in their best way, whichever is quicker."""
        kind, address = block
        offset = address - self._span.start
        old = self._old[offset : offset + kind.size_bytes]
        wanted = self._wanted[offset : offset + kind.size_bytes]
        if old == wanted:
            return _Choice(0.0, ())
        programs_s = self._programs_s(wanted)
        whole = _Choice(kind.typical_s + programs_s, (block,))
        if level == 0:
            return whole if self._needs_erase(old, wanted) else _Choice(programs_s, ())
        parts = [self._best(level - 1, part) for part in self._memory.parts_of(level, block)]
        divided_s = sum(choice.seconds for choice in parts)
        if divided_s < whole.seconds:
            return _Choice(divided_s, tuple(erase for choice in parts for erase in choice.erases))
        return whole

    def _needs_erase(self, old: bytes, wanted: bytes) -> bool:
        """Whether some page differs that is not blank: a page is never programmed twice without an erase."""
        step = self._memory.page_bytes
        return any(
            old[offset : offset + step] not in (self._blank, wanted[offset : offset + step])
            for offset in range(0, len(old), step)
        )

    def _programs_s(self, wanted: bytes) -> float:
        step = self._memory.page_bytes
        written = sum(wanted[offset : offset + step] != self._blank for offset in range(0, len(wanted), step))
        return written * self._memory.program_typical_s


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

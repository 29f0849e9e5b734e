"""The plan of a burn: nothing outside its span, nothing twice, the quickest way."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.ic_programmer.image import Image, Segment
from station.ic_programmer.memory import Memory, Zone, uniform
from station.ic_programmer.plan import BurnPlan, Span, make_plan, span_of
from station.ic_programmer.target import EraseKind, read_targets
from station.model.burn_record import Region

CHIP = read_targets()["W25Q64JV"]
MEMORY = CHIP.memory()
SECTOR, BLOCK32, BLOCK64 = CHIP.erases


def image_at(start: int, content: bytes) -> Image:
    return Image("a.bin", "", hashlib.sha256(content).hexdigest(), (Segment(start, content),))


def some(length: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(length)


def played(plan: BurnPlan, old: bytes, memory: Memory = MEMORY) -> bytes:
    """What is in the span after the plan, where a page that is not erased is not programmed."""
    cells = bytearray(old)
    for kind, address in plan.erases:
        offset = address - plan.span.start
        assert offset >= 0 and offset + kind.size_bytes <= plan.span.length, "an erase outside the span"
        assert any(memory.block_at(level, address) == kind for level in range(len(memory.levels))), "no such block"
        cells[offset : offset + kind.size_bytes] = bytes((memory.erased,)) * kind.size_bytes
    for address, content in plan.pages:
        offset = address - plan.span.start
        assert address % memory.page_bytes == 0
        is_erased = cells[offset : offset + len(content)] == bytes((memory.erased,)) * len(content)
        assert is_erased or not memory.levels, "a page programmed twice"
        cells[offset : offset + len(content)] = content
    return bytes(cells)


def test_a_blank_chip_is_not_erased() -> None:
    image = image_at(0, some(1 << 20))
    span = span_of(image, MEMORY)
    plan = make_plan(image, MEMORY, span, b"\xff" * span.length)
    assert plan.erases == ()
    assert len(plan.pages) == 4096


def test_a_full_chip_is_erased_in_the_largest_blocks() -> None:
    image = image_at(0, some(1 << 20))
    plan = make_plan(image, MEMORY, span_of(image, MEMORY), some(1 << 20, seed=2))
    assert plan.erases == tuple((BLOCK64, address) for address in range(0, 1 << 20, BLOCK64.size_bytes))


def test_what_is_right_already_is_left_alone() -> None:
    image = image_at(0, some(1 << 17))
    plan = make_plan(image, MEMORY, span_of(image, MEMORY), image.segments[0].content)
    assert (plan.erases, plan.pages) == ((), ())


def test_one_changed_byte_costs_one_sector() -> None:
    content = some(1 << 17)
    old = bytearray(content)
    old[70_000] ^= 0xFF
    image = image_at(0, content)
    plan = make_plan(image, MEMORY, span_of(image, MEMORY), bytes(old))
    assert plan.erases == ((SECTOR, 17 * 4096),)
    assert len(plan.pages) == 16


def test_blank_pages_of_the_image_are_not_programmed() -> None:
    content = some(256) + b"\xff" * 3584 + some(256)
    image = image_at(0, content)
    plan = make_plan(image, MEMORY, Span(0, 4096), b"\0" * 4096)
    assert [address for address, _ in plan.pages] == [0, 3840]


def test_what_shares_a_block_with_the_image_is_written_again() -> None:
    old = some(8192, seed=3)
    image = image_at(0x1100, some(0x200))
    span = span_of(image, MEMORY)
    assert span == Span(0x1000, 0x1000)
    plan = make_plan(image, MEMORY, span, old[:4096])
    assert played(plan, old[:4096])[:0x100] == old[:0x100]
    assert plan.regions == (
        Region(0x1000, 0x100, "preserved"),
        Region(0x1100, 0x200, "image"),
        Region(0x1300, 0xD00, "preserved"),
    )


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, 3 * 4096),
    length=st.integers(1, 40 * 4096),
    seed=st.integers(0, 1000),
    kept=st.lists(st.sampled_from(["same", "blank", "other"]), min_size=44, max_size=44),
)
def test_any_plan_leads_from_any_content_to_the_image_and_keeps_the_rest(
    start: int, length: int, seed: int, kept: list[str]
) -> None:
    image = image_at(start, some(length, seed))
    span = span_of(image, MEMORY)
    wanted = bytearray(some(span.length, seed + 1))
    wanted[start - span.start : start - span.start + length] = image.segments[0].content
    sectors = {"same": wanted, "blank": b"\xff" * span.length, "other": some(span.length, seed + 2)}
    old = b"".join(
        bytes(sectors[kept[index]][offset : offset + 4096]) for index, offset in enumerate(range(0, span.length, 4096))
    )
    plan = make_plan(image, MEMORY, span, old)
    after = played(plan, old)
    assert after == plan.wanted
    first, last = start - span.start, start - span.start + length
    assert after[first:last] == image.segments[0].content
    assert after[:first] == old[:first]
    assert after[last:] == old[last:]
    assert sum(region.length for region in plan.regions) == span.length


GEOMETRIES = {
    "only 256 KiB": (256, (EraseKind(0xD8, 1 << 18, 0.6, 3.0),)),
    "only 64 KiB": (256, (EraseKind(0xD8, 1 << 16, 0.15, 2.0),)),
    "4 and 64 KiB above 16 MiB": (256, (EraseKind(0x21, 1 << 12, 0.05, 0.4), EraseKind(0xDC, 1 << 16, 0.15, 2.0))),
    "a block that costs more than its parts": (
        256,
        (EraseKind(0x20, 1 << 12, 0.001, 0.4), EraseKind(0xD8, 1 << 16, 9.0, 20.0)),
    ),
    "pages of 512 bytes": (512, (EraseKind(0x20, 1 << 12, 0.05, 0.4), EraseKind(0x52, 1 << 15, 0.1, 1.0))),
}


@pytest.mark.parametrize("geometry", GEOMETRIES)
@settings(max_examples=25, deadline=None)
@given(start=st.integers(0, 1 << 19), length=st.integers(1, 1 << 17), seed=st.integers(0, 1000), data=st.data())
def test_any_geometry_is_planned_without_leaving_the_span(
    geometry: str, start: int, length: int, seed: int, data: st.DataObject
) -> None:
    page_bytes, erases = GEOMETRIES[geometry]
    memory = uniform(1 << 25, page_bytes, CHIP.program_typical_s, erases)
    image = image_at(start, some(length, seed))
    span = span_of(image, memory)
    block = erases[0].size_bytes
    assert span.start % block == 0 and span.length % block == 0 and span.start + span.length <= memory.size_bytes
    assert span.start <= start and span.start + span.length - (start + length) < block
    wanted = bytearray(some(span.length, seed + 1))
    wanted[start - span.start : start - span.start + length] = image.segments[0].content
    sources = {"same": bytes(wanted), "blank": b"\xff" * span.length, "other": some(span.length, seed + 2)}
    steps = range(0, span.length, block // 4)
    kept = data.draw(st.lists(st.sampled_from(sorted(sources)), min_size=len(steps), max_size=len(steps)))
    old = b"".join(sources[kind][at : at + block // 4] for kind, at in zip(kept, steps, strict=True))
    plan = make_plan(image, memory, span, old)
    after = played(plan, old, memory)
    first, last = start - span.start, start - span.start + length
    assert (after[:first], after[first:last], after[last:]) == (old[:first], image.segments[0].content, old[last:])


SMALL, MIDDLE, LARGE = (EraseKind(0, size << 10, size / 100, size / 10) for size in (16, 64, 128))
WHOLE = EraseKind(0xFFFF, 512 << 10, 4.0, 16.0)
PAGES = EraseKind(0, 128, 0.003, 0.01)
F4 = Memory(
    512 << 10,
    256,
    0.004,
    (
        (Zone(SMALL, 0, 4), Zone(MIDDLE, 4 * SMALL.size_bytes, 1), Zone(LARGE, LARGE.size_bytes, 3)),
        (Zone(WHOLE, 0, 1),),
    ),
)
UNEVEN = {
    "sectors of three sizes, and all of it at once": F4,
    "erased to 0": Memory(64 << 10, 128, 0.004, ((Zone(PAGES, 0, 512),),), erased=0),
    "nothing to erase": Memory(64 << 10, 128, 0.005, ()),
}


def test_sectors_of_different_sizes_are_each_erased_where_they_lie() -> None:
    image = image_at(0xF000, some(0x12000))
    span = span_of(image, F4)
    assert span == Span(0xC000, 0x40000 - 0xC000)
    plan = make_plan(image, F4, span, some(span.length, seed=2))
    assert plan.erases == ((SMALL, 0xC000), (MIDDLE, 0x10000), (LARGE, 0x20000))


def test_all_of_it_is_erased_at_once_only_where_the_image_touches_all_of_it() -> None:
    everything = image_at(0, some(512 << 10))
    assert make_plan(everything, F4, Span(0, 512 << 10), some(512 << 10, seed=2)).erases == ((WHOLE, 0),)
    part = image_at(0, some((512 << 10) - LARGE.size_bytes))
    span = span_of(part, F4)
    assert WHOLE not in [kind for kind, _ in make_plan(part, F4, span, some(span.length, seed=2)).erases]


def test_what_is_never_erased_is_written_over_page_by_page() -> None:
    memory = UNEVEN["nothing to erase"]
    image = image_at(0x90, some(0x100))
    span = span_of(image, memory)
    old = some(span.length, seed=2)
    assert span == Span(0x80, 0x180)
    plan = make_plan(image, memory, span, old)
    assert [address for address, _ in plan.pages] == [0x80, 0x100, 0x180]
    assert played(plan, old, memory)[:0x10] == old[:0x10]


@pytest.mark.parametrize("geometry", UNEVEN)
@settings(max_examples=25, deadline=None)
@given(start=st.integers(0, 60 << 10), length=st.integers(1, 4096), seed=st.integers(0, 1000), data=st.data())
def test_any_uneven_memory_is_planned_without_leaving_the_span(
    geometry: str, start: int, length: int, seed: int, data: st.DataObject
) -> None:
    memory = UNEVEN[geometry]
    image = image_at(start, some(min(length * (memory.size_bytes >> 16), memory.size_bytes - start), seed))
    span = span_of(image, memory)
    first, last = start - span.start, image.segments[0].end - span.start
    wanted = bytearray(some(span.length, seed + 1))
    wanted[first:last] = image.segments[0].content
    blank = bytes((memory.erased,)) * span.length
    sources = {"same": bytes(wanted), "blank": blank, "other": some(span.length, seed + 2)}
    step = max(span.length // 16, 1)
    kept = data.draw(st.lists(st.sampled_from(sorted(sources)), min_size=17, max_size=17))
    old = b"".join(sources[kept[at // step]][at : at + step] for at in range(0, span.length, step))
    after = played(make_plan(image, memory, span, old), old, memory)
    assert (after[:first], after[first:last], after[last:]) == (old[:first], image.segments[0].content, old[last:])


@pytest.mark.parametrize("name", sorted(read_targets()))
def test_every_target_says_where_its_figures_are_from(name: str) -> None:
    target = read_targets()[name]
    assert target.name == name
    assert "data sheet" in target.source or "list" in target.source
    assert target.evidence != "datasheet" or "data sheet" in target.source

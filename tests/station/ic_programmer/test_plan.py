"""The plan of a burn: nothing outside its span, nothing twice, the quickest way."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from station.ic_programmer.image import Image, Segment
from station.ic_programmer.plan import BurnPlan, Span, make_plan, span_of
from station.ic_programmer.target import EraseKind, Target, read_targets
from station.model.burn_record import Region

CHIP = read_targets()["W25Q64JV"]
SECTOR, BLOCK32, BLOCK64 = CHIP.erases


def image_at(start: int, content: bytes) -> Image:
    return Image("a.bin", "", hashlib.sha256(content).hexdigest(), (Segment(start, content),))


def some(length: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(length)


def played(plan: BurnPlan, old: bytes, chip: Target = CHIP) -> bytes:
    """What is in the span after the plan, on a chip where programming only clears bits."""
    cells = bytearray(old)
    for kind, address in plan.erases:
        offset = address - plan.span.start
        assert offset >= 0 and offset + kind.size_bytes <= plan.span.length, "an erase outside the span"
        assert address % kind.size_bytes == 0, "an erase that is not aligned"
        cells[offset : offset + kind.size_bytes] = b"\xff" * kind.size_bytes
    for address, content in plan.pages:
        offset = address - plan.span.start
        assert address % chip.page_bytes == 0
        assert cells[offset : offset + len(content)] == b"\xff" * len(content), "a page programmed twice"
        cells[offset : offset + len(content)] = content
    return bytes(cells)


def test_a_blank_chip_is_not_erased() -> None:
    image = image_at(0, some(1 << 20))
    span = span_of(image, CHIP)
    plan = make_plan(image, CHIP, span, b"\xff" * span.length)
    assert plan.erases == ()
    assert len(plan.pages) == 4096


def test_a_full_chip_is_erased_in_the_largest_blocks() -> None:
    image = image_at(0, some(1 << 20))
    plan = make_plan(image, CHIP, span_of(image, CHIP), some(1 << 20, seed=2))
    assert plan.erases == tuple((BLOCK64, address) for address in range(0, 1 << 20, BLOCK64.size_bytes))


def test_what_is_right_already_is_left_alone() -> None:
    image = image_at(0, some(1 << 17))
    plan = make_plan(image, CHIP, span_of(image, CHIP), image.segments[0].content)
    assert (plan.erases, plan.pages) == ((), ())


def test_one_changed_byte_costs_one_sector() -> None:
    content = some(1 << 17)
    old = bytearray(content)
    old[70_000] ^= 0xFF
    image = image_at(0, content)
    plan = make_plan(image, CHIP, span_of(image, CHIP), bytes(old))
    assert plan.erases == ((SECTOR, 17 * 4096),)
    assert len(plan.pages) == 16


def test_blank_pages_of_the_image_are_not_programmed() -> None:
    content = some(256) + b"\xff" * 3584 + some(256)
    image = image_at(0, content)
    plan = make_plan(image, CHIP, Span(0, 4096), b"\0" * 4096)
    assert [address for address, _ in plan.pages] == [0, 3840]


def test_what_shares_a_block_with_the_image_is_written_again() -> None:
    old = some(8192, seed=3)
    image = image_at(0x1100, some(0x200))
    span = span_of(image, CHIP)
    assert span == Span(0x1000, 0x1000)
    plan = make_plan(image, CHIP, span, old[:4096])
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
    span = span_of(image, CHIP)
    wanted = bytearray(some(span.length, seed + 1))
    wanted[start - span.start : start - span.start + length] = image.segments[0].content
    sectors = {"same": wanted, "blank": b"\xff" * span.length, "other": some(span.length, seed + 2)}
    old = b"".join(
        bytes(sectors[kept[index]][offset : offset + 4096]) for index, offset in enumerate(range(0, span.length, 4096))
    )
    plan = make_plan(image, CHIP, span, old)
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
    chip = replace(CHIP, page_bytes=page_bytes, erases=erases, size_bytes=1 << 25)
    image = image_at(start, some(length, seed))
    span = span_of(image, chip)
    block = erases[0].size_bytes
    assert span.start % block == 0 and span.length % block == 0 and span.start + span.length <= chip.size_bytes
    assert span.start <= start and span.start + span.length - (start + length) < block
    wanted = bytearray(some(span.length, seed + 1))
    wanted[start - span.start : start - span.start + length] = image.segments[0].content
    sources = {"same": bytes(wanted), "blank": b"\xff" * span.length, "other": some(span.length, seed + 2)}
    steps = range(0, span.length, block // 4)
    kept = data.draw(st.lists(st.sampled_from(sorted(sources)), min_size=len(steps), max_size=len(steps)))
    old = b"".join(sources[kind][at : at + block // 4] for kind, at in zip(kept, steps, strict=True))
    plan = make_plan(image, chip, span, old)
    after = played(plan, old, chip)
    first, last = start - span.start, start - span.start + length
    assert (after[:first], after[first:last], after[last:]) == (old[:first], image.segments[0].content, old[last:])


@pytest.mark.parametrize("name", sorted(read_targets()))
def test_every_target_says_where_its_figures_are_from(name: str) -> None:
    target = read_targets()[name]
    assert target.name == name
    assert "data sheet" in target.source or "list" in target.source
    assert target.evidence != "datasheet" or "data sheet" in target.source

"""What a chip says of itself is understood, or refused in words; no bytes do anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.ic_programmer.sfdp import LARGEST_SPACE, BadSfdp, Geometry, SfdpErase, geometry_of, space_bytes
from tests.station.ic_programmer.sfdp_spaces import (
    BASIC,
    IS25WP256,
    MX25L25635E,
    MX66L1G45G,
    N25Q256A,
    W25Q512JV,
    basic,
    made,
)


def sizes(geometry: Geometry) -> list[tuple[int, int, int | None]]:
    return [(erase.size_bytes, erase.opcode, erase.opcode_4_byte) for erase in geometry.erases]


def test_a_table_of_revision_a_and_later_says_size_page_erases_and_times() -> None:
    geometry = geometry_of(basic())
    assert (geometry.size_bytes, geometry.page_bytes, geometry.address_bytes) == (8 << 20, 256, (3,))
    assert (geometry.program_typical_s, geometry.program_max_s) == (pytest.approx(704e-6), pytest.approx(4.224e-3))
    assert sizes(geometry) == [(4096, 0x20, None), (32768, 0x52, None), (65536, 0xD8, None)]
    assert [erase.typical_s for erase in geometry.erases] == [pytest.approx(s) for s in (0.064, 0.128, 0.16)]
    assert [erase.max_s for erase in geometry.erases] == [pytest.approx(14 * s) for s in (0.064, 0.128, 0.16)]


@pytest.mark.parametrize("space", [N25Q256A, MX25L25635E])
def test_a_table_of_the_first_revision_says_no_times_no_page_and_no_4_byte_instructions(space: bytes) -> None:
    geometry = geometry_of(space)
    assert (geometry.revision, geometry.size_bytes) == ((1, 0), 32 << 20)
    assert (geometry.page_bytes, geometry.program_typical_s, geometry.program_max_s) == (None, None, None)
    assert {(erase.typical_s, erase.max_s, erase.opcode_4_byte) for erase in geometry.erases} == {(None, None, None)}
    assert not geometry.has_4_byte_table


def test_the_instructions_with_four_address_bytes_are_those_that_the_chip_lists() -> None:
    winbond, macronix = geometry_of(W25Q512JV), geometry_of(MX66L1G45G)
    assert sizes(winbond) == [(4096, 0x20, 0x21), (32768, 0x52, None), (65536, 0xD8, 0xDC)]
    assert sizes(macronix) == [(4096, 0x20, 0x21), (32768, 0x52, 0x5C), (65536, 0xD8, 0xDC)]
    assert winbond.has_4_byte_access and macronix.has_4_byte_access
    assert (winbond.size_bytes, macronix.size_bytes) == (64 << 20, 128 << 20)


def test_a_chip_that_does_not_list_them_has_none() -> None:
    geometry = geometry_of(IS25WP256)
    assert (geometry.size_bytes, geometry.has_4_byte_table) == (32 << 20, False)
    assert geometry_of(made((0xFF00, BASIC), (0xFF84, (0x40, 0)))).has_4_byte_access is False


def test_the_newest_of_several_basic_tables_counts() -> None:
    assert geometry_of(made((0xFF00, BASIC[:9]), (0xFF00, BASIC))).page_bytes == 256


def test_more_is_read_where_a_table_lies_behind_what_was_read() -> None:
    assert space_bytes(W25Q512JV[:16]) == 24
    assert space_bytes(MX66L1G45G[:256]) == 0xC8
    far = bytearray(basic())
    far[12:15] = (0x300).to_bytes(3, "little")
    assert space_bytes(bytes(far)) == 0x300 + 64
    with pytest.raises(BadSfdp, match="ends before its tables do"):
        geometry_of(bytes(far))


def test_a_density_may_be_a_power_of_two() -> None:
    assert geometry_of(basic(d2=0x80000000 | 31)).size_bytes == 1 << 28


@pytest.mark.parametrize(
    ("map_words", "is_uniform"),
    [((0xFF0000FF, 0xFFFFFF01), True), ((0xFF0200FF, 0, 0, 0), False), ((0xFF0000FD, 0), False), ((), False)],
)
def test_blocks_of_different_sizes_are_noticed(map_words: tuple[int, ...], is_uniform: bool) -> None:
    assert geometry_of(made((0xFF00, BASIC), (0xFF81, map_words))).is_uniform is is_uniform


@pytest.mark.parametrize(
    ("space", "said"),
    [
        (b"", "no signature"),
        (basic()[:12], "no signature"),
        (made((0xFF00, BASIC), signature=b"SFDQ"), "no signature"),
        (made((0xFF00, BASIC), revision=(2, 0)), "revision 2.0"),
        (made((0xFFC2, BASIC)), "no basic table"),
        (made((0xFF00, BASIC[:8])), "8 double words"),
        (basic(d1=0xFFFFFFFF), "address bytes"),
        (basic(d2=0x80000000 | 36), "2 to the power of 36 bits"),
        (basic(d2=0x02FFFFFE), "50331647 bits"),
        (basic(d8=0x520F2020), "0x20 erases 2 to the power of 32 bytes"),
        (basic(d8=0x520F2018), "0x20 erases 2 to the power of 24 bytes"),
        (basic(d9=0x0000FF10), "0xFF is an erase instruction"),
        (basic()[:0x50], "ends before its tables do"),
    ],
)
def test_what_cannot_be_is_refused_in_words(space: bytes, said: str) -> None:
    with pytest.raises(BadSfdp, match=said):
        geometry_of(space)


def test_a_table_that_lies_nowhere_is_not_read() -> None:
    far = bytearray(basic())
    far[12:15] = (LARGEST_SPACE - 8).to_bytes(3, "little")
    with pytest.raises(BadSfdp, match="points to 0x000FF8"):
        space_bytes(bytes(far))


HEADS = st.tuples(st.sampled_from([0, 1, 5, 6, 8]), st.integers(0, 3), st.integers(0, 1))


@st.composite
def spaces(draw: st.DrawFn) -> bytes:
    """Nothing like a table, a table of anything, or a real one with bytes that flipped."""
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return draw(st.binary(max_size=300))
    words = st.lists(st.integers(0, 0xFFFFFFFF), max_size=20).map(tuple)
    if kind == 1:
        tables = draw(
            st.lists(st.tuples(st.sampled_from([0xFF00, 0xFF81, 0xFF84, 0xFFC2]), words), min_size=1, max_size=3)
        )
        return made(*tables)
    space = bytearray(draw(st.sampled_from([N25Q256A, MX66L1G45G, W25Q512JV, IS25WP256, basic()])))
    for at, byte in draw(st.lists(st.tuples(st.integers(0, len(space) - 1), st.integers(0, 255)), max_size=6)):
        space[at] = byte
    return bytes(space[: draw(st.integers(0, len(space)))]) if draw(st.booleans()) else bytes(space)


@settings(max_examples=400, deadline=None)
@given(space=spaces())
def test_any_bytes_give_a_geometry_that_can_be_or_are_refused_in_words(space: bytes) -> None:
    try:
        needed = space_bytes(space)
        assert 16 <= needed <= LARGEST_SPACE
        geometry = geometry_of(space)
    except BadSfdp as error:
        assert str(error)
        return
    assert 0 < geometry.size_bytes <= 1 << 32
    assert [erase.size_bytes for erase in geometry.erases] == sorted(erase.size_bytes for erase in geometry.erases)
    for erase in geometry.erases:
        assert_can_be(erase, geometry)
    if geometry.page_bytes is not None:
        assert geometry.program_typical_s is not None and geometry.program_max_s is not None
        assert 0 < geometry.program_typical_s < geometry.program_max_s <= 0.1


def assert_can_be(erase: SfdpErase, geometry: Geometry) -> None:
    assert 1 < erase.size_bytes <= geometry.size_bytes and erase.size_bytes & (erase.size_bytes - 1) == 0
    assert 0 < erase.opcode < 0xFF
    if erase.typical_s is not None:
        assert erase.max_s is not None and 0 < erase.typical_s < erase.max_s <= 1024

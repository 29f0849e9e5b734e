"""A row and the chip's own table agree and complete each other, or nothing is burned and words say who must look."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from station.ic_programmer.layout import completed, require_readable
from station.ic_programmer.target import EraseKind, Target, read_targets
from station.model.errors import ConfigError, WrongChip
from tests.station.ic_programmer.sfdp_spaces import BASIC, IS25WP256, MX25L25635E, N25Q256A, W25Q512JV, basic, made
from tests.station.ic_programmer.test_sfdp import spaces

FULL = read_targets()["W25Q64JV"]
SECTOR, BLOCK = EraseKind(0x20, 4096, 0.0, 0.0), EraseKind(0xD8, 65536, 0.0, 0.0)
SHORT = replace(FULL, name="SHORT", page_bytes=0, program_typical_s=0.0, program_max_s=0.0, erases=(SECTOR, BLOCK))
LARGE = replace(
    SHORT,
    name="LARGE",
    size_bytes=64 << 20,
    erases=(EraseKind(0x21, 4096, 0.0, 0.0), EraseKind(0xDC, 65536, 0.0, 0.0)),
    same_jedec=("OLDER",),
)


def test_a_row_with_all_its_figures_keeps_them_whatever_times_the_chip_says() -> None:
    assert completed(FULL, basic()) == FULL
    assert completed(FULL, b"") == FULL


def test_what_the_row_leaves_out_comes_from_the_chip() -> None:
    target = completed(SHORT, basic())
    assert (target.page_bytes, target.program_typical_s) == (256, pytest.approx(704e-6))
    assert target.program_max_s == pytest.approx(4.224e-3)
    assert [(e.opcode, e.size_bytes) for e in target.erases] == [(0x20, 4096), (0xD8, 65536)]
    assert [e.max_s for e in target.erases] == [pytest.approx(0.896), pytest.approx(2.24)]
    assert target.is_complete


def test_a_row_without_erases_takes_all_kinds_of_the_chip() -> None:
    target = completed(replace(SHORT, erases=()), basic())
    assert [(e.opcode, e.size_bytes) for e in target.erases] == [(0x20, 4096), (0x52, 32768), (0xD8, 65536)]
    target = completed(replace(LARGE, erases=()), W25Q512JV)
    assert [(e.opcode, e.size_bytes) for e in target.erases] == [(0x21, 4096), (0xDC, 65536)]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        (basic(d2=0x01FFFFFF), "says 4194304 bytes, a W25Q64JV has 8388608"),
        (basic(d2=0x07FFFFFF), "says 16777216 bytes, a W25Q64JV has 8388608"),
        (basic(d8=0x520FD70C), "has no erase of 4096 bytes by 0x20, a W25Q64JV has one"),
        (basic(d8=0x20100000, d9=0xD8110000), "says that 0x20 erases 65536 bytes, on a W25Q64JV it is 4096"),
        (basic(d9=0x00000000), "has no erase of 65536 bytes by 0xD8"),
        (basic(d11=0xC414EA92), "says 512 bytes a page, a W25Q64JV has 256"),
        (basic(d1=0xFFFD20E5), "takes only 4-byte addresses"),
        (made((0xFF00, BASIC), (0xFF81, (0xFF0200FF, 0, 0, 0))), "blocks are of different sizes in different places"),
        (basic(d1=0xFFFFFFFF), "says nothing of address bytes"),
        (b"SFDP", "has no signature"),
    ],
)
def test_a_contradiction_is_refused_by_words_that_say_who_must_look(space: bytes, said: str) -> None:
    with pytest.raises(WrongChip) as caught:
        completed(FULL, space)
    assert said in str(caught.value)
    assert "the test engineer compares its data sheet with the row" in str(caught.value)


@pytest.mark.parametrize(
    "space",
    [
        b"",
        basic(),
        basic(d8=0x520FD70C),
        basic(d11=0xC414EA92),
        made((0xFF00, BASIC), (0xFF81, (0xFF0200FF, 0, 0, 0))),
        made((0xFF00, BASIC[:9]), revision=(1, 0)),
    ],
)
def test_a_chip_is_read_whatever_it_says_of_pages_blocks_and_times(space: bytes) -> None:
    require_readable(FULL, space)
    require_readable(SHORT, space)


@pytest.mark.parametrize(
    ("target", "space", "said"),
    [
        (FULL, basic(d2=0x01FFFFFF), "says 4194304 bytes, a W25Q64JV has 8388608"),
        (FULL, basic(d1=0xFFFD20E5), "takes only 4-byte addresses"),
        (replace(LARGE, size_bytes=32 << 20), MX25L25635E, "it may be an older type"),
        (LARGE, b"", "no table of its own"),
    ],
)
def test_a_chip_is_not_even_read_where_an_address_could_be_another_one(target: Target, space: bytes, said: str) -> None:
    with pytest.raises(WrongChip, match=said):
        require_readable(target, space)
    require_readable(LARGE, W25Q512JV)


def test_a_page_larger_than_a_block_is_refused() -> None:
    with pytest.raises(WrongChip, match="says 32768 bytes a page, more than the smallest erase block"):
        completed(SHORT, basic(d11=0xC414EAF2))


@pytest.mark.parametrize("space", [b"", made((0xFF00, BASIC[:9]), revision=(1, 0))])
def test_where_neither_row_nor_chip_knows_the_times_nothing_is_burned(space: bytes) -> None:
    with pytest.raises(ConfigError, match="add the figures of its data sheet") as caught:
        completed(SHORT, space)
    assert caught.value.file.endswith("targets.toml") and caught.value.field == "SHORT"


def test_a_chip_above_16_mib_proves_that_it_knows_4_byte_instructions() -> None:
    assert completed(LARGE, W25Q512JV).is_complete
    older = replace(LARGE, size_bytes=32 << 20)
    with pytest.raises(WrongChip, match=r"it may be an older type \(the same identity: OLDER\)"):
        completed(older, MX25L25635E)
    with pytest.raises(WrongChip, match="no table of its own"):
        completed(replace(FULL, size_bytes=32 << 20, erases=LARGE.erases), b"")


def test_a_row_may_say_from_which_revision_on_they_are_known() -> None:
    words = (*BASIC[:1], 0x1FFFFFFF, *BASIC[2:])
    row = replace(LARGE, four_byte_from=(1, 5))
    assert completed(row, made((0xFF00, words), revision=(1, 5))).erases[1].opcode == 0xDC
    with pytest.raises(WrongChip, match="older type"):
        completed(row, made((0xFF00, words), revision=(1, 0)))
    with pytest.raises(WrongChip, match="has no erase of 65536 bytes"):
        completed(row, made((0xFF00, (*words[:8], 0, *words[9:])), revision=(1, 5)))


def test_a_chip_whose_list_lacks_an_instruction_is_refused() -> None:
    words = (*BASIC[:1], 0x1FFFFFFF, *BASIC[2:])
    with pytest.raises(WrongChip, match="does not list reading and programming with 4-byte addresses"):
        completed(LARGE, made((0xFF00, words), (0xFF84, (0x201, 0x21))))
    with pytest.raises(WrongChip, match="has no erase of 65536 bytes by 0xDC"):
        completed(LARGE, made((0xFF00, words), (0xFF84, (0x241, 0x21))))


@pytest.mark.parametrize(("name", "space"), [("W25Q512JV", W25Q512JV), ("IS25WP256", IS25WP256)])
def test_a_row_of_the_table_is_completed_by_what_its_chip_says(name: str, space: bytes) -> None:
    target = completed(read_targets()[name], space)
    assert target.is_complete and target.page_bytes == 256
    assert [(e.opcode, e.size_bytes) for e in target.erases] == [(0x21, 4096), (0xDC, 65536)]


@pytest.mark.parametrize(("name", "space"), [("MT25QL256", N25Q256A), ("MX25L25645G", MX25L25635E)])
def test_an_older_chip_with_the_identity_of_a_row_is_refused(name: str, space: bytes) -> None:
    with pytest.raises(WrongChip, match="it may be an older type"):
        completed(read_targets()[name], space)


@settings(max_examples=300, deadline=None)
@given(space=spaces(), row=st.sampled_from([FULL, SHORT, LARGE, replace(SHORT, erases=())]))
def test_any_table_leads_to_all_figures_or_to_a_refusal(space: bytes, row: Target) -> None:
    try:
        full = completed(row, space)
    except (WrongChip, ConfigError) as error:
        assert str(error)
        return
    assert full.is_complete and full.size_bytes == row.size_bytes
    assert full.page_bytes <= full.erases[0].size_bytes
    assert full.erases[-1].size_bytes <= full.size_bytes
    assert all(0 < erase.typical_s <= erase.max_s for erase in full.erases)

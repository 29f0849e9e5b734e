"""A flash above 16 MiB: three or four address bytes, segments, and what a chip of another generation ignores."""

from __future__ import annotations

import pytest

from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.device import SimClock
from fixtures.sim.nor import Nor

UNIQUE_ID = bytes.fromhex("0011223344556677")
BEYOND = 0x1000000


class Chip:
    """Without time: every instruction is done at once."""

    def __init__(self, kind: str) -> None:
        self.nor = Nor(chip_kinds()[kind], UNIQUE_ID, SimClock(0.0))

    def ask(self, write: str, read_length: int = 0) -> bytes:
        return self.nor.transact(bytes.fromhex(write), read_length, 0.0)

    def write(self, command: str) -> None:
        self.ask("06")
        self.ask(command)

    def at(self, address: int, length: int = 1) -> bytes:
        return self.nor.cells.read(address, length)


@pytest.fixture(params=["W25Q256JV", "MX25L25645G"])
def chip(request: pytest.FixtureRequest) -> Chip:
    return Chip(str(request.param))


def test_three_byte_instructions_reach_the_first_16_mib(chip: Chip) -> None:
    chip.nor.cells.load(0x10, b"low")
    chip.nor.cells.load(BEYOND + 0x10, b"top")
    assert chip.ask("03000010", 3) == b"low"
    chip.write("02000020aa")
    assert (chip.at(0x20), chip.at(BEYOND + 0x20)) == (b"\xaa", b"\xff")


def test_dedicated_instructions_have_four_address_bytes_in_either_mode(chip: Chip) -> None:
    chip.nor.cells.load(BEYOND, b"old")
    for mode in ("e9", "b7"):
        chip.ask(mode)
        assert chip.ask("1301000000", 3) == b"old"
        assert chip.ask("0c0100000000", 3) == b"old"
        chip.write("2101000000")
        assert chip.at(BEYOND, 3) == b"\xff" * 3
        chip.write("1201000000" + b"old".hex())
        assert chip.at(BEYOND, 3) == b"old"
        chip.write("dc01000000")
        chip.write("1201000000" + b"old".hex())


def test_in_4_byte_mode_the_usual_instructions_take_four_address_bytes(chip: Chip) -> None:
    chip.ask("b7")
    chip.nor.cells.load(BEYOND, b"new")
    assert chip.ask("0301000000", 3) == b"new"
    chip.write("0201000100bb")
    assert chip.at(BEYOND + 0x100) == b"\xbb"
    chip.write("2001000000")
    assert chip.at(BEYOND, 3) == b"\xff" * 3
    chip.write("02000001aa")  # three bytes: the fourth is missing, nothing is programmed
    assert chip.at(0x01AA) == chip.at(0x000001) == b"\xff"


def test_a_reset_returns_to_the_mode_of_power_on_and_the_first_segment(chip: Chip) -> None:
    chip.ask("b7")
    chip.write("c501")
    chip.ask("66")
    chip.ask("99")
    chip.nor.cells.load(0, b"low")
    assert chip.ask("03000000", 3) == b"low"
    assert chip.ask("c8", 1) == b"\0"


def test_a_segment_is_chosen_for_three_byte_addresses_and_needs_the_latch(chip: Chip) -> None:
    chip.nor.cells.load(BEYOND, b"top")
    chip.ask("c501")
    assert chip.ask("c8", 1) == b"\0"
    chip.write("c501")
    assert chip.ask("c8", 1) == b"\1"
    assert chip.ask("05", 1) == b"\0"
    assert chip.ask("03000000", 3) == b"top"
    chip.write("20000000")
    assert chip.at(BEYOND, 3) == b"\xff" * 3


def test_the_mode_shows_in_a_register_and_may_be_that_of_power_on() -> None:
    chip = Chip("W25Q256JV")
    assert chip.ask("15", 1) == b"\0"
    chip.ask("b7")
    assert chip.ask("15", 1) == b"\1"
    chip.ask("e9")
    chip.write("1102")
    assert chip.ask("15", 1) == b"\2"
    chip.nor.power_cycle()
    assert chip.ask("15", 1) == b"\3"
    assert chip.ask("4b0000000000", 8) == UNIQUE_ID
    macronix = Chip("MX25L25645G")
    macronix.ask("b7")
    assert macronix.ask("15", 1) == b"\x20"


def test_a_generation_that_does_not_know_an_instruction_ignores_it_and_keeps_the_latch() -> None:
    for kind, commands in (("W25Q256FV", ("1201000000aa", "2101000000", "dc01000000")), ("W25Q256JV", ("5c01000000",))):
        chip = Chip(kind)
        chip.nor.cells.load(BEYOND, b"old")
        for command in commands:
            chip.write(command)
            assert chip.ask("05", 1) == b"\2"
        assert chip.at(BEYOND, 3) == b"old"
        assert chip.ask("1301000000", 3) == b"old"


def test_a_macronix_that_hears_35h_hears_nothing_more_on_one_line() -> None:
    chip = Chip("MX25L25645G")
    chip.ask("35", 1)
    assert chip.ask("9f", 3) == b"\xff" * 3
    chip.ask("66")
    chip.ask("99")
    assert chip.ask("9f", 3) == b"\xff" * 3
    chip.nor.power_cycle()
    assert chip.ask("9f", 3).hex() == "c22019"


@pytest.mark.parametrize(
    ("status1", "start", "length"),
    [(0x04, 0x1FF0000, 0x10000), (0x44, 0, 0x10000), (0x24, 0x1000000, 0x1000000), (0x28, 0, 1 << 25)],
)
def test_four_bits_protect_from_64_kib_to_all(status1: int, start: int, length: int) -> None:
    chip = Chip("W25Q256JV")
    chip.write(f"01{status1:02x}")
    for address, is_protected in ((start, True), (start + length - 256, True), (start - 256, False)):
        if address < 0:
            continue
        chip.write(f"12{address:08x}00")
        assert (chip.at(address) == b"\xff") is is_protected
        chip.ask("04")


@pytest.mark.parametrize("kind", ["W25Q64JV", "W25Q256JV", "MX25L25645G"])
def test_the_chips_own_table_gives_the_size_of_its_kind(kind: str) -> None:
    chip = Chip(kind)
    head = chip.ask("5a00000000", 16)
    pointer = int.from_bytes(head[12:15], "little")
    density = int.from_bytes(chip.ask(f"5a{pointer + 4:06x}00", 4), "little")
    assert (density + 1) // 8 == chip_kinds()[kind].size_bytes


def test_a_macronix_clears_the_latch_where_it_refuses() -> None:
    chip = Chip("MX25L25645G")
    chip.write("013c")
    for command in ("120000000000", "2100000000", "c7"):
        chip.write(command)
        assert chip.ask("05", 1) == b"\x3c"
    assert chip.at(0) == b"\xff"

"""The flash obeys its data sheet: latch, busy time, page wrap, erase sizes, protection, identification."""

from __future__ import annotations

import struct

import pytest

from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.chip_socket import ChipSocket, set_chip_fault
from fixtures.sim.device import SimClock
from fixtures.sim.nor import Nor

KIND = chip_kinds()["W25Q64JV"]
UNIQUE_ID = bytes.fromhex("0011223344556677")
LATER = 1000.0


class Chip:
    """A chip at modelled times: each transaction follows the last one as soon as the chip is ready."""

    def __init__(self, kind: str = "W25Q64JV", scale: float = 1.0) -> None:
        self.nor = Nor(chip_kinds()[kind], UNIQUE_ID, SimClock(scale))
        self.now = 0.0

    def at_once(self, write: str, read_length: int = 0) -> bytes:
        return self.nor.transact(bytes.fromhex(write), read_length, self.now)

    def ready(self, write: str, read_length: int = 0) -> bytes:
        self.now += LATER
        return self.at_once(write, read_length)

    def write(self, command: str) -> None:
        self.ready("06")
        self.at_once(command)
        self.now += LATER

    def read(self, address: int, length: int) -> bytes:
        return self.ready(f"03{address:06x}", length)


@pytest.fixture
def chip() -> Chip:
    return Chip()


def test_a_new_chip_is_erased(chip: Chip) -> None:
    assert chip.read(0x7FFFF0, 16) == b"\xff" * 16


def test_the_chip_identifies_itself_in_every_documented_way(chip: Chip) -> None:
    assert chip.at_once("9f", 3).hex() == "ef4017"
    assert chip.at_once("90000000", 2).hex() == "ef16"
    assert chip.at_once("90000001", 2).hex() == "16ef"
    assert chip.at_once("ab000000", 1).hex() == "16"
    assert chip.at_once("4b00000000", 8) == UNIQUE_ID


def test_dummy_bytes_sent_as_data_shift_the_answer_the_same_way(chip: Chip) -> None:
    assert chip.at_once("9f00", 2).hex() == "4017"
    chip.nor.cells.load(0, b"abcdef")
    assert chip.at_once("030000000000", 3) == b"cde"
    assert chip.at_once("0b00000000", 3) == b"abc"


def test_programming_needs_the_write_enable_latch(chip: Chip) -> None:
    chip.ready("0200001055")
    assert chip.read(0x10, 1) == b"\xff"
    chip.write("0200001055")
    assert chip.read(0x10, 1) == b"\x55"


def test_the_latch_shows_in_the_status_and_falls_when_the_write_is_done(chip: Chip) -> None:
    chip.at_once("06")
    assert chip.at_once("05", 1) == b"\x02"
    chip.at_once("0200000000")
    assert chip.at_once("05", 1) == b"\x03"
    assert chip.ready("05", 1) == b"\x00"


def test_write_disable_clears_the_latch(chip: Chip) -> None:
    chip.at_once("06")
    chip.at_once("04")
    assert chip.at_once("05", 1) == b"\x00"


def test_programming_only_clears_bits(chip: Chip) -> None:
    chip.write("02000000f0")
    chip.write("020000003c")
    assert chip.read(0, 1) == b"\x30"


def test_a_program_past_the_page_wraps_to_its_beginning(chip: Chip) -> None:
    chip.write("020001fe" + "01020304")
    assert chip.read(0x1FE, 2) == b"\x01\x02"
    assert chip.read(0x100, 2) == b"\x03\x04"
    assert chip.read(0x200, 2) == b"\xff\xff"


def test_of_more_than_256_bytes_the_last_256_are_programmed(chip: Chip) -> None:
    data = bytes(range(256)) + b"\xaa\xbb"
    chip.write("02000300" + data.hex())
    assert chip.read(0x300, 256) == b"\xaa\xbb" + bytes(range(2, 256))


def test_reading_goes_on_at_zero_behind_the_last_byte(chip: Chip) -> None:
    chip.nor.cells.load(0, b"start")
    assert chip.read(KIND.size_bytes - 1, 6) == b"\xffstart"


@pytest.mark.parametrize(("opcode", "length"), [("20", 4096), ("52", 32768), ("d8", 65536)])
def test_an_erase_takes_the_whole_block_the_address_lies_in_and_no_more(chip: Chip, opcode: str, length: int) -> None:
    chip.nor.cells.load(0x100000 - 1, bytes(length + 2))
    chip.write(f"{opcode}{0x100000 + length - 1:06x}")
    assert chip.read(0x100000 - 1, length + 2) == b"\0" + b"\xff" * length + b"\0"


@pytest.mark.parametrize("opcode", ["c7", "60"])
def test_a_chip_erase_erases_all(opcode: str) -> None:
    chip = Chip("W25X05")
    chip.nor.cells.load(0, bytes(65536))
    chip.write(opcode)
    assert chip.read(0, 65536) == b"\xff" * 65536


@pytest.mark.parametrize(
    ("command", "typical_s"),
    [("0200000000", 0.0004), ("20000000", 0.045), ("52000000", 0.12), ("d8000000", 0.15), ("c7", 20.0), ("0100", 0.01)],
)
def test_the_chip_is_busy_for_its_typical_time(chip: Chip, command: str, typical_s: float) -> None:
    chip.at_once("06")
    chip.at_once(command)
    chip.now += typical_s * 0.99
    assert chip.at_once("05", 1)[0] & 1
    chip.now += typical_s * 0.02
    assert chip.at_once("05", 1) == b"\x00"


def test_with_no_time_in_the_world_the_chip_is_never_busy() -> None:
    chip = Chip(scale=0.0)
    chip.at_once("06")
    chip.at_once("c7")
    assert chip.at_once("05", 1) == b"\x00"


def test_a_busy_chip_ignores_everything_but_the_status(chip: Chip) -> None:
    chip.nor.cells.load(0x1000, b"old")
    chip.at_once("06")
    chip.at_once("20000000")
    assert chip.at_once("9f", 3) == b"\xff\xff\xff"
    assert chip.at_once("03001000", 3) == b"\xff\xff\xff"
    chip.at_once("06")
    chip.at_once("20001000")
    assert chip.read(0x1000, 3) == b"old"
    assert chip.at_once("05", 1) == b"\x00"


def test_a_reset_needs_its_enable_directly_before_it(chip: Chip) -> None:
    chip.at_once("06")
    chip.at_once("66")
    chip.at_once("9f", 3)
    chip.at_once("99")
    assert chip.at_once("05", 1) == b"\x02"
    chip.at_once("66")
    chip.at_once("99")
    assert chip.at_once("05", 1) == b"\x00"


def test_in_power_down_only_the_release_is_heard(chip: Chip) -> None:
    chip.at_once("b9")
    assert chip.at_once("9f", 3) == b"\xff\xff\xff"
    chip.at_once("ab")
    assert chip.at_once("9f", 3).hex() == "ef4017"


@pytest.mark.parametrize(
    ("status1", "status2", "start", "length"),
    [
        (0x04, 0x00, 0x7E0000, 0x20000),  # upper 1/64
        (0x18, 0x00, 0x400000, 0x400000),  # upper half
        (0x24, 0x00, 0x000000, 0x20000),  # lower 1/64
        (0x44, 0x00, 0x7FF000, 0x1000),  # upper 4 KiB
        (0x70, 0x00, 0x000000, 0x8000),  # lower 32 KiB
        (0x1C, 0x00, 0x000000, 0x800000),  # all
        (0x04, 0x40, 0x000000, 0x7E0000),  # complement: all but the upper 1/64
    ],
)
def test_protection_covers_the_ranges_of_the_data_sheet(status1: int, status2: int, start: int, length: int) -> None:
    chip = Chip()
    chip.write(f"01{status1:02x}{status2:02x}")
    inside = [start, start + length - 256]
    outside = [address for address in (start - 256, start + length) if 0 <= address < KIND.size_bytes]
    for address in inside + outside:
        chip.write(f"02{address:06x}00")
    assert [chip.read(address, 1) for address in inside] == [b"\xff"] * 2
    assert [chip.read(address, 1) for address in outside] == [b"\0"] * len(outside)


def test_a_refused_write_leaves_the_latch_set(chip: Chip) -> None:
    chip.write("011c")
    for command in ("0200000000", "20000000", "c7"):
        chip.ready("06")
        chip.at_once(command)
        assert chip.at_once("05", 1) == b"\x1e"


def test_one_byte_to_status_register_1_leaves_register_2_alone(chip: Chip) -> None:
    chip.write("010002")
    chip.write("0104")
    assert chip.at_once("35", 1) == b"\x02"


def test_a_volatile_status_write_takes_no_time(chip: Chip) -> None:
    chip.at_once("50")
    chip.at_once("011c")
    assert chip.at_once("05", 1) == b"\x1c"


def test_a_volatile_status_write_is_taken_back_by_a_reset_and_by_power(chip: Chip) -> None:
    for end in ("reset", "power"):
        chip.write("011c")
        chip.at_once("50")
        chip.at_once("0104")
        assert chip.nor.status(0) == 0x04
        if end == "reset":
            chip.ready("66")
            chip.at_once("99")
        else:
            chip.nor.power_cycle()
        assert chip.nor.status(0) == 0x1C, end


def test_with_srp_set_and_the_pin_wp_low_no_status_register_is_written_unless_quad_is_enabled(chip: Chip) -> None:
    chip.write("0180")
    chip.nor.registers.is_wp_low = True
    chip.write("019c")
    assert chip.nor.status(0) & 0xFC == 0x80
    chip.nor.registers.is_wp_low = False
    chip.write("3102")
    chip.nor.registers.is_wp_low = True
    chip.write("019c")
    assert chip.nor.status(0) & 0xFC == 0x9C


def test_locked_down_registers_are_written_again_only_after_power_was_off(chip: Chip) -> None:
    chip.write("3101")
    chip.write("011c")
    chip.ready("66")
    chip.at_once("99")
    chip.write("011c")
    assert (chip.nor.status(0) & 0xFC, chip.nor.status(1)) == (0, 0x01)
    chip.nor.power_cycle()
    chip.write("011c")
    assert chip.nor.status(0) & 0xFC == 0x1C


def test_a_security_registers_lock_is_set_once_and_for_all(chip: Chip) -> None:
    chip.write("3108")
    chip.write("3100")
    assert chip.nor.status(1) == 0x08


def test_one_byte_to_status_register_1_of_an_older_kind_clears_cmp_and_quad_enable() -> None:
    chip = Chip("W25Q80DV")
    chip.write("011c42")
    assert chip.nor.status(1) == 0x42
    chip.write("011c")
    assert (chip.nor.status(0) & 0xFC, chip.nor.status(1)) == (0x1C, 0)


def test_sfdp_tells_size_page_and_erase_commands(chip: Chip) -> None:
    header = chip.at_once("5a00000000", 16)
    assert header[:4] == b"SFDP" and header[6] == 0
    count, pointer = header[11], int.from_bytes(header[12:15], "little")
    table = struct.unpack(f"<{count}I", chip.at_once(f"5a{pointer:06x}00", 4 * count))
    assert (table[1] + 1) // 8 == KIND.size_bytes
    assert 1 << (table[10] >> 4 & 0xF) == 256
    erases = [(1 << (table[7] & 0xFF), table[7] >> 8 & 0xFF), (1 << (table[7] >> 16 & 0xFF), table[7] >> 24)]
    assert [*erases, (1 << (table[8] & 0xFF), table[8] >> 8 & 0xFF)] == [(4096, 0x20), (32768, 0x52), (65536, 0xD8)]


def test_a_kind_without_sfdp_answers_it_with_ones() -> None:
    assert Chip("W25X05").at_once("5a00000000", 4) == b"\xff" * 4


def test_every_kind_of_chip_has_a_source() -> None:
    assert [kind.name for kind in chip_kinds().values() if not kind.source] == []


def test_a_stuck_bit_survives_erasing_and_programming(chip: Chip) -> None:
    set_chip_fault(chip.nor, "stuck_bit", True, {"address": 0x20, "mask": 0x04, "value": 0})
    assert chip.read(0x20, 1) == b"\xfb"
    chip.write("20000000")
    assert chip.read(0x20, 1) == b"\xfb"
    set_chip_fault(chip.nor, "stuck_bit", True, {"address": 0x20, "mask": 0x04, "value": 1})
    chip.write("0200002000")
    assert chip.read(0x20, 1) == b"\x04"


def test_a_dead_sector_keeps_its_bytes_whatever_erases_it(chip: Chip) -> None:
    chip.nor.cells.load(0x4000, b"kept")
    chip.nor.cells.load(0x5000, b"gone")
    set_chip_fault(chip.nor, "sector_not_erasing", True, {"address": 0x4010})
    chip.write("d8000000")
    assert chip.read(0x4000, 4) == b"kept"
    assert chip.read(0x5000, 4) == b"\xff" * 4


def test_a_stuck_busy_bit_outlasts_time_and_reset(chip: Chip) -> None:
    set_chip_fault(chip.nor, "wip_stuck", True, {})
    chip.write("20000000")
    chip.at_once("66")
    chip.at_once("99")
    assert chip.at_once("05", 1)[0] & 1


def test_without_contact_every_byte_is_ff_and_nothing_is_written(chip: Chip) -> None:
    set_chip_fault(chip.nor, "no_contact", True, {})
    chip.write("0200000000")
    assert chip.ready("9f", 3) == b"\xff" * 3
    set_chip_fault(chip.nor, "no_contact", False, {})
    assert chip.read(0, 1) == b"\xff"


def test_another_chip_can_sit_in_the_socket(chip: Chip) -> None:
    set_chip_fault(chip.nor, "other_id", True, {"jedec": 0xC84017})
    assert chip.ready("9f", 3).hex() == "c84017"


def test_a_chip_may_come_protected(chip: Chip) -> None:
    set_chip_fault(chip.nor, "protected", True, {"status1": 0x1C})
    chip.write("0200000000")
    assert chip.read(0, 1) == b"\xff"


def test_an_empty_socket_reads_ones() -> None:
    assert ChipSocket().transact(b"\x9f", 3, 0.0) == b"\xff" * 3

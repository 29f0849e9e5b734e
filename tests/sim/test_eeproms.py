"""The simulated EEPROMs are as their data sheets say: page wrap, acknowledge polling, WP, EWEN, dummy zero, busy."""

from __future__ import annotations

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.i2c_eeprom import WRITE_S, I2cEeprom, i2c_kinds
from fixtures.sim.microwire import Microwire, microwire_kinds

CLOCK = SimClock(1.0, passing=lambda: 0.0)


def chip_of(name: str) -> I2cEeprom:
    return I2cEeprom(i2c_kinds()[name], CLOCK)


def sent(chip: I2cEeprom, *data: int, at: float = 0.0, is_stopped: bool = True) -> list[bool]:
    """START and ``data``; what was acknowledged."""
    chip.start()
    acknowledged = [chip.take(byte, at) for byte in data]
    if is_stopped:
        chip.stop(at)
    return acknowledged


def read(chip: I2cEeprom, *head: int, length: int, at: float = 1.0) -> bytes:
    sent(chip, *head, at=at, is_stopped=False)
    chip.start()
    assert chip.take(head[0] | 1, at)
    content = bytes(chip.give() for _ in range(length))
    chip.stop(at)
    return content


def test_a_write_wraps_inside_its_page() -> None:
    chip = chip_of("24C02")
    assert all(sent(chip, 0xA0, 0x06, 1, 2, 3, 4))
    assert bytes(chip.cells[:10]) == b"\x03\x04\xff\xff\xff\xff\x01\x02\xff\xff"


def test_it_does_not_acknowledge_its_address_while_it_writes() -> None:
    chip = chip_of("24C64")
    sent(chip, 0xA0, 0, 0, 1)
    assert sent(chip, 0xA0, at=WRITE_S * 0.9) == [False]
    assert sent(chip, 0xA0, at=WRITE_S) == [True]


def test_with_wp_high_data_is_acknowledged_nothing_written_and_it_is_ready_at_once() -> None:
    chip = chip_of("24C64")
    chip.is_wp_high = True
    assert sent(chip, 0xA0, 0, 0, 1, 2) == [True] * 5
    assert chip.cells[:2] == b"\xff\xff" and sent(chip, 0xA0) == [True]


def test_a_start_in_place_of_the_stop_writes_nothing() -> None:
    chip = chip_of("24C02")
    sent(chip, 0xA0, 0, 1, 2, is_stopped=False)
    assert read(chip, 0xA0, 0, length=2) == b"\xff\xff"


@pytest.mark.parametrize(("name", "addresses"), [("24C02", 1), ("24C04", 2), ("24C16", 8), ("24CM02", 4)])
def test_it_answers_at_as_many_addresses_as_it_has_blocks(name: str, addresses: int) -> None:
    found = [address for address in range(0x48, 0x58) if sent(chip_of(name), address << 1) == [True]]
    assert found == list(range(0x50, 0x50 + addresses))


def test_reading_goes_on_through_blocks_but_not_through_the_halves_of_a_24c1025() -> None:
    chip = chip_of("24C16")
    chip.cells[255:257] = b"\x11\x22"
    assert read(chip, 0xA0, 0xFF, length=2) == b"\x11\x22"
    halves = chip_of("24C1025")
    halves.cells[0], halves.cells[0xFFFF], halves.cells[0x10000] = 1, 2, 3
    assert read(halves, 0xA0, 0xFF, 0xFF, length=2) == b"\x02\x01"
    assert read(halves, 0xA8, 0, 0, length=1) == b"\x03"


class Pins:
    """Somebody who moves the pins of a 93Cxx."""

    def __init__(self, name: str = "93C46", word_bits: int = 16) -> None:
        self.chip = Microwire(microwire_kinds()[name], word_bits, CLOCK)
        self.at = 1.0

    def select(self, is_selected: bool = True) -> None:
        self.chip.lines(is_selected, False, False, self.at)

    def bits(self, text: str) -> str:
        """Clock bits in; what is at DO after each."""
        out = ""
        for bit in text:
            self.chip.lines(True, False, bit == "1", self.at)
            self.chip.lines(True, True, bit == "1", self.at)
            out += str(self.chip.data_out(self.at))
        return out

    def command(self, text: str) -> str:
        self.select()
        out = self.bits(text)
        self.select(False)
        return out


def test_after_power_up_nothing_is_written_before_it_is_enabled() -> None:
    pins = Pins()
    pins.command("1 01 000000".replace(" ", "") + "1010" * 4)
    assert pins.chip.cells[:2] == b"\xff\xff"
    pins.command("100110000")
    pins.command("101000000" + "1010" * 4)
    assert pins.chip.cells[:2] == b"\xaa\xaa"
    pins.at += 1
    pins.command("100000000")
    pins.command("101000000" + "0101" * 4)
    assert pins.chip.cells[:2] == b"\xaa\xaa"


def test_reading_answers_a_zero_then_words_one_after_the_other() -> None:
    pins = Pins()
    pins.chip.cells[:4] = b"\x12\x34\x56\x78"
    out = pins.command("110000000" + "0" * 32)
    assert out[:8] == "1" * 8 and out[8] == "0", "the dummy zero comes with the last bit of the address"
    assert int(out[9:], 2) == 0x12345678


@pytest.mark.parametrize(("word_bits", "address_bits"), [(8, 7), (16, 6)])
def test_the_org_pin_makes_words_and_so_the_length_of_an_address(word_bits: int, address_bits: int) -> None:
    pins = Pins(word_bits=word_bits)
    assert pins.command("110" + "0" * 10)[3:].index("0") + 1 == address_bits


def test_a_write_shows_busy_then_ready_until_a_start_bit() -> None:
    pins = Pins()
    pins.command("100110000")
    pins.command("101000001" + "0" * 16)
    pins.select()
    assert pins.chip.data_out(pins.at) == 0
    pins.at += 1
    assert pins.chip.data_out(pins.at) == 1
    pins.bits("1")
    pins.select(False)
    assert pins.command("110000001" + "0" * 16)[9:] == "0" * 16


def test_a_write_that_was_cut_short_writes_nothing_and_all_words_are_written_or_erased_at_once() -> None:
    pins = Pins("93C66", 8)
    pins.command("10011" + "0" * 7)
    pins.command("101" + "0" * 9 + "0" * 7)
    assert pins.chip.cells[:1] == b"\xff"
    pins.command("10001" + "0" * 7 + "00010010")
    assert bytes(pins.chip.cells) == b"\x12" * 512
    pins.at += 1
    pins.command("10010" + "0" * 7)
    assert bytes(pins.chip.cells) == b"\xff" * 512
    pins.at += 1
    pins.command("101" + "0" * 9 + "00000001")
    pins.at += 1
    pins.command("111" + "0" * 9)
    assert pins.chip.cells[:1] == b"\xff"

"""EEPROMs burned through a CH341A, one fault each: an acknowledgement is no proof, a wrong type spoils one page."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fixtures.sim.i2c_eeprom import i2c_kinds
from fixtures.sim.microwire import microwire_kinds
from station.ic_programmer.burn import burn
from station.ic_programmer.eeprom_target import BUILT_IN, I2cTarget, MicrowireTarget, read_eeproms
from station.ic_programmer.i2c_chip import I2cChip
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import STAGES, BurnJob, BurnOutcome
from station.ic_programmer.programmers.ch341a_i2c import Ch341aI2c
from station.model.errors import ConfigError
from tests.station.ic_programmer.eeproms import Place, at_stage, content, place

WIRES = [(name, bits) for name in microwire_kinds() for bits in (8, 16)]


def failure_of(outcome: BurnOutcome) -> tuple[str, str | None, str]:
    assert outcome.failure is not None
    return outcome.result, outcome.failure.step, outcome.failure.message


@pytest.mark.parametrize("name", i2c_kinds())
def test_a_24c_is_burned_twice_with_what_surrounds_the_image_kept(name: str) -> None:
    at = place(name)
    size = at.i2c.kind.size_bytes
    length = min(size, 700)
    assert at.burned(name, content(length)).result == "PASS"
    outcome = at.burned(name, content(50, seed=2), start=30)
    assert (outcome.result, outcome.failure, outcome.proof) == ("PASS", None, "readback_final")
    wanted = content(length)[:30] + content(50, seed=2) + content(length)[80:]
    assert bytes(at.i2c.cells) == wanted.ljust(size, b"\xff")
    assert outcome.programmer_model == "CH341A" and outcome.identity.jedec == ""
    end = at.burned(name, content(100, seed=3), start=size - 100)
    assert end.result == "PASS" and bytes(at.i2c.cells[size - 100 :]) == content(100, seed=3)


@pytest.mark.parametrize(("name", "bits"), WIRES)
def test_a_93c_is_burned_in_words_of_either_width_and_left_write_disabled(name: str, bits: int) -> None:
    at = place(name, bits)
    size = at.microwire.kind.size_bytes
    assert at.burned(f"{name}-{bits}", content(60)).result == "PASS"
    outcome = at.burned(f"{name}-{bits}", content(21, seed=2), start=size - 31)
    assert (outcome.result, outcome.failure, outcome.proof) == ("PASS", None, "readback_final")
    assert bytes(at.microwire.cells[:60]) == content(60)
    assert bytes(at.microwire.cells[size - 31 : size - 10]) == content(21, seed=2)
    assert not at.microwire.is_write_enabled


@pytest.mark.parametrize(("address", "name", "bits"), [(4090, "24C64", 0), (250, "24CM02", 0), (65530, "24CM01", 0)])
def test_an_image_across_pages_and_blocks_lies_where_it_should(address: int, name: str, bits: int) -> None:
    at = place(name, bits)
    assert at.burned(name, content(300), start=address).result == "PASS"
    assert bytes(at.i2c.cells[address : address + 300]) == content(300)


def test_what_is_there_already_is_not_written_again() -> None:
    at = place("24C16")
    at.burned("24C16", content(100))
    writes = at.i2c.writes
    assert at.burned("24C16", content(100)).result == "PASS"
    assert at.i2c.writes == writes


def test_what_a_killed_owner_had_loaded_is_not_written_by_the_next_one() -> None:
    at = place("24C64")
    at.burned("24C64", content(100))
    at.i2c.start()
    for byte in (0xA0, 0x00, 0x10, 0x55, 0x55):
        at.i2c.take(byte, at.clock.now_s)
    at.chip(read_eeproms()["24C64"]).contact()
    assert bytes(at.i2c.cells[:100]) == content(100)


def test_wp_high_acknowledges_everything_and_is_never_a_pass() -> None:
    at = place("24C256")
    at.burned("24C256", content(100))
    at.i2c.is_wp_high = True
    result, step, message = failure_of(at.burned("24C256", content(300, seed=2)))
    assert (result, step) == ("FAIL", "program")
    assert message == "the chip took page 0x00000 and kept what it had: is its pin WP (7) high?"
    assert bytes(at.i2c.cells[:100]) == content(100)


def test_wp_high_is_found_at_the_first_page_that_differs() -> None:
    at = place("24C256")
    at.i2c.is_wp_high = True
    at.i2c.cells[:64] = content(300)[:64]
    result, step, message = failure_of(at.burned("24C256", content(300)))
    assert (result, step) == ("FAIL", "program") and "page 0x00040" in message


@pytest.mark.parametrize(
    ("there", "said", "message"),
    [
        ("24C16", "24C02", "0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57 answer, of a 24C02 it is 0x50"),
        ("24C02", "24C16", "0x50 answer, of a 24C16 it is 0x50, 0x51"),
        ("24CM01", "24C1025", "0x50, 0x51 answer, of a 24C1025 it is 0x50, 0x54"),
    ],
)
def test_a_type_that_answers_at_other_addresses_is_refused_before_it_is_touched(
    there: str, said: str, message: str
) -> None:
    at = place(there)
    result, step, words = failure_of(at.burned(said, content(64)))
    assert (result, step) == ("FAIL", "identify") and message in words
    assert at.i2c.writes == 0


@pytest.mark.parametrize(("there", "said"), [("24C64", "24C02"), ("24C02", "24C64")])
def test_a_type_with_other_address_bytes_spoils_one_page_at_most(there: str, said: str) -> None:
    at = place(there)
    at.burned(there, content(200))
    before = at.i2c.writes
    result, step, _ = failure_of(at.burned(said, content(200, seed=2)))
    assert result in ("FAIL", "ERROR") and step in ("contact", "program")
    assert at.i2c.writes - before <= 1


@pytest.mark.parametrize(
    ("there", "bits", "said", "message"),
    [
        ("93C46", 16, "93C46-8", "the chip takes 6 address bits: its pin ORG (6) is high, of a 93C46-8 it is not"),
        ("93C46", 8, "93C46-16", "the chip takes 7 address bits: its pin ORG (6) is low, of a 93C46-16 it is not"),
        ("93C86", 16, "93C66-16", "the chip takes 10 address bits, a 93C66-16 takes 8: another type"),
    ],
)
def test_a_wrong_org_pin_and_another_93c_are_told_apart_and_refused(
    there: str, bits: int, said: str, message: str
) -> None:
    at = place(there, bits)
    assert failure_of(at.burned(said, content(32))) == ("FAIL", "identify", message)
    assert at.microwire.writes == 0 and not at.microwire.is_write_enabled


@pytest.mark.parametrize("said", ["24C02", "93C46-16"])
def test_an_empty_socket_is_bad_contact(said: str) -> None:
    result, step, message = failure_of(place().burned(said, content(32)))
    assert (result, step) == ("ERROR", "contact") and "no chip answers: reseat the chip" in message


def test_an_output_that_is_low_all_the_time_is_bad_contact() -> None:
    at = place("93C46", 16)
    at.microwire.data_out = lambda at_s: 0  # type: ignore[method-assign]
    assert "data output is low all the time" in failure_of(at.burned("93C46-16", content(32)))[2]


@pytest.mark.parametrize(("name", "bits"), [("24C64", 0), ("93C66", 16)])
def test_a_stuck_bit_fails_with_its_address(name: str, bits: int) -> None:
    at, said = place(name, bits), name if not bits else f"{name}-{bits}"
    (at.i2c if not bits else at.microwire).stuck = {0x65: 0x01}
    data = bytearray(content(200))
    data[0x65] = 0xFF
    result, step, message = failure_of(at.burned(said, bytes(data)))
    assert (result, step) == ("FAIL", "read_back")
    assert message == "address 0x000065: expected 0xFF, read back 0xFE"


@pytest.mark.parametrize(("name", "bits"), [("24C64", 0), ("93C66", 16)])
def test_a_chip_that_never_gets_ready_fails_after_its_maximum(name: str, bits: int) -> None:
    at, said = place(name, bits), name if not bits else f"{name}-{bits}"
    (at.i2c if not bits else at.microwire).never_ready = True
    outcome = at.burned(said, content(200))
    assert outcome.result == "FAIL" and "still busy with" in failure_of(outcome)[2]
    stage = outcome.stages[-1]
    assert 0.01 <= (stage.finished_at - stage.started_at).total_seconds() < 0.2


class HeldUp(Ch341aI2c):
    """The PC does something else for a second whenever the chip was found busy."""

    def __init__(self, at: Place) -> None:
        super().__init__(at.link, at.clock)
        self._at = at

    def answers(self, address: int) -> bool:
        found = super().answers(address)
        self._at.clock.wait(0.0 if found else 1.0)
        return found


def test_a_pc_that_is_held_up_for_longer_than_the_chips_maximum_asks_once_more() -> None:
    at, target = place("24C64"), read_eeproms()["24C64"]
    bus = HeldUp(at)
    bus.begin()
    data = content(40)
    image = Image("a.bin", "", hashlib.sha256(data).hexdigest(), (Segment(0, data),))
    outcome = burn(BurnJob(image, target), I2cChip(bus, target, at.clock), at.clock, lambda _: None)
    assert (outcome.result, outcome.failure) == ("PASS", None)
    assert bytes(at.i2c.cells[:40]) == data


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("plan", "erase", "blank_check")])
@pytest.mark.parametrize("trouble", ["cut", "slips"])
@pytest.mark.parametrize(("name", "bits"), [("24C64", 0), ("93C66", 16)])
def test_trouble_at_any_stage_is_an_error_and_never_a_pass(name: str, bits: int, trouble: str, stage: str) -> None:
    at, said = place(name, bits), name if not bits else f"{name}-{bits}"
    at.burned(said, content(200))
    outcome = at.burned(said, content(200, seed=2), watch=at_stage(stage, lambda: make(at, trouble)))
    assert outcome.result == "ERROR", outcome.failure
    assert outcome.stages[-1].outcome == "ERROR"


def make(at: Place, trouble: str) -> None:
    if trouble == "cut":
        at.wire.is_cut = True
    else:
        at.device.i2c.bus.chip = at.device.microwire = None


@pytest.mark.parametrize("name", sorted(read_eeproms()))
def test_every_row_is_whole_and_simulated_as_it_says(name: str) -> None:
    target = read_eeproms()[name]
    memory = target.memory()
    assert (memory.size_bytes, memory.levels, target.name) == (target.size_bytes, (), name)
    assert "data sheets" in target.source
    match target:
        case I2cTarget():
            kind = i2c_kinds()[name]
            assert (kind.size_bytes, kind.page_bytes, kind.block_bits) == (
                target.size_bytes,
                target.page_bytes,
                target.block_bits,
            )
        case MicrowireTarget():
            bits = microwire_kinds()[name.replace("LC", "C").partition("-")[0]].address_bits
            assert bits[0 if target.word_bits == 8 else 1] == target.address_bits


@pytest.mark.parametrize(
    ("wrong", "right", "problem"),
    [
        ("size_bytes = 128\npage_bytes = 8", "size_bytes = 130\npage_bytes = 8", "must be whole pages"),
        ("block_bits = 3", "block_bits = 2", "must be whole pages that address bytes and block bits reach"),
        ("block_bits = 1\nblock_shift = 2", "block_bits = 2\nblock_shift = 2", "three bits for blocks"),
        ("address_bits = [7, 6]", "address_bits = [7, 7]", "must reach every byte"),
        ('evidence = "simulated"', 'evidence = "heard"', "must be one of listed"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused(wrong: str, right: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "eeproms.toml"
    file.write_text(BUILT_IN.read_text(encoding="utf-8").replace(wrong, right, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        read_eeproms(file)
    assert problem in str(raised.value)


def test_the_digest_of_what_was_read_back_is_the_images() -> None:
    outcome = place("24C02").burned("24C02", content(256))
    assert outcome.after_sha256 == hashlib.sha256(content(256)).hexdigest()

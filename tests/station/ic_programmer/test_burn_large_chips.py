"""Chips above 16 MiB at a bench in a box: 4-byte instructions, the address mode left as it was, twins refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import pytest

from station.bench import open_programmer
from station.config.bench_file import read_bench_file
from station.ic_programmer.burn import burn
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import BurnEvent, BurnJob, BurnOutcome, StageStarted
from station.ic_programmer.nor_chip import NorChip
from station.ic_programmer.target import read_targets
from station.link.clock import SystemClock
from tests.conftest import Bench

CLOCK = SystemClock()
StartBench = Callable[..., Bench]
BORDER = 1 << 24
LARGE = ("W25Q256JV", "MX25L25645G")


def content(length: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(length)


def image_of(data: bytes, start: int) -> Image:
    return Image("a.bin", "1.4.2", hashlib.sha256(data).hexdigest(), (Segment(start, data),))


def with_chip(running: Bench, kind: str) -> Bench:
    running.control("socket", programmer="prog", chip=kind)
    return running


def burned(
    running: Bench, target: str, image: Image, watch: Callable[[BurnEvent], None] = lambda _: None
) -> BurnOutcome:
    with open_programmer(read_bench_file(running.bench_file), "prog", CLOCK) as bus:
        row = read_targets()[target]
        return burn(BurnJob(image, row), NorChip(bus, row, CLOCK), CLOCK, watch)


def asked(running: Bench, transactions: Sequence[tuple[str, int]]) -> str:
    """The last answer as hex."""
    with open_programmer(read_bench_file(running.bench_file), "prog", CLOCK) as bus:
        return [bus.transfer(bytes.fromhex(write), length) for write, length in transactions][-1].hex()


def assert_untouched(running: Bench) -> None:
    assert running.truth()["sockets"]["prog"]["erases"] == 0


@pytest.mark.parametrize("kind", LARGE)
def test_an_image_across_16_mib_is_burned_twice_and_proved(bench: StartBench, kind: str) -> None:
    running = with_chip(bench(), kind)
    start, length = BORDER - 0x9000, 0x24000
    for seed in (1, 2):
        data = content(length, seed)
        outcome = burned(running, kind, image_of(data, start))
        assert (outcome.result, outcome.failure, outcome.proof) == ("PASS", None, "readback_final")
        truth = running.control("truth", length=start + length)["sockets"]["prog"]
        assert truth["sha256"] == hashlib.sha256(b"\xff" * start + data).hexdigest()


def test_the_end_of_a_large_chip_is_burned_and_its_beginning_is_left_alone(bench: StartBench) -> None:
    running = with_chip(bench(), "W25Q256JV")
    outcome = burned(running, "W25Q256JV", image_of(content(0x1000), (1 << 25) - 0x1000))
    assert outcome.result == "PASS"
    truth = running.control("truth", length=1 << 24)["sockets"]["prog"]
    assert truth["sha256"] == hashlib.sha256(b"\xff" * (1 << 24)).hexdigest()


@pytest.mark.parametrize(("power_on_in_4_byte_mode", "status3"), [("02", "03"), ("00", "00")])
def test_a_burn_leaves_the_address_mode_as_it_was_at_power_on(
    bench: StartBench, power_on_in_4_byte_mode: str, status3: str
) -> None:
    running = with_chip(bench(), "W25Q256JV")
    asked(running, [("06", 0), ("11" + power_on_in_4_byte_mode, 0), ("66", 0), ("99", 0)])
    assert asked(running, [("15", 1)]) == status3
    data = content(0x3000)
    assert burned(running, "W25Q256JV", image_of(data, BORDER - 0x1000)).result == "PASS"
    assert asked(running, [("15", 1)]) == status3
    assert asked(running, [(f"13{BORDER - 0x1000:08x}", 16)]) == data[:16].hex()


def test_a_segment_that_firmware_left_chosen_does_not_lead_a_burn_astray(bench: StartBench) -> None:
    running = with_chip(bench(), "W25Q256JV")
    assert asked(running, [("06", 0), ("c501", 0), ("c8", 1)]) == "01"
    data = content(0x1000)
    assert burned(running, "W25Q256JV", image_of(data, 0x2000)).result == "PASS"
    assert asked(running, [("1300002000", 16)]) == data[:16].hex()


def test_a_twin_that_does_not_know_4_byte_writes_is_refused_untouched(bench: StartBench) -> None:
    running = with_chip(bench(), "W25Q256FV")
    outcome = burned(running, "W25Q256JV", image_of(content(0x1000), 0))
    assert outcome.result == "FAIL"
    assert outcome.failure is not None and outcome.failure.step == "identify"
    assert "it may be an older type" in outcome.failure.message
    assert_untouched(running)


def test_a_chip_whose_table_gives_another_size_than_its_row_is_refused_untouched(bench: StartBench) -> None:
    running = with_chip(bench(), "W25Q64JV")
    running.control("fault", device="prog", fault="other_id", on=True, jedec=0xEF4018)
    outcome = burned(running, "W25Q128JV", image_of(content(0x1000), 0))
    assert outcome.result == "FAIL"
    assert outcome.failure is not None
    said = "the chip's own table (SFDP) says 8388608 bytes, a W25Q128JV has 16777216: set the chip apart"
    assert outcome.failure.message.startswith(said)
    assert outcome.backup is None
    assert_untouched(running)


def test_a_row_without_times_for_a_chip_without_a_table_is_refused_untouched(bench: StartBench) -> None:
    running = with_chip(bench(), "W25X05")
    outcome = burned(running, "W25X05", image_of(content(0x1000), 0))
    assert outcome.result == "ERROR"
    assert outcome.failure is not None and outcome.failure.kind == "config"
    assert "add the figures of its data sheet" in outcome.failure.message
    assert_untouched(running)


def test_a_type_that_no_programmer_here_can_burn_is_refused_before_the_chip_is_asked(bench: StartBench) -> None:
    running = with_chip(bench(), "W25Q64JV")
    outcome = burned(running, "SST25VF032B", image_of(content(0x1000), 0))
    assert (outcome.result, outcome.identity.jedec) == ("ERROR", "")
    assert outcome.failure is not None and "programmed word by word" in outcome.failure.message


def test_a_protected_large_chip_is_refused(bench: StartBench) -> None:
    running = with_chip(bench(), "W25Q256JV")
    running.control("fault", device="prog", fault="protected", on=True, status1=0x20)
    outcome = burned(running, "W25Q256JV", image_of(content(0x1000), 0))
    assert outcome.failure is not None
    assert outcome.failure.message.startswith("write protection is set: status register 1 is 0x20")


def test_a_refusal_that_the_chip_does_not_show_is_found_by_reading_back(bench: StartBench) -> None:
    running = with_chip(bench(), "MX25L25645G")

    def protect(event: BurnEvent) -> None:
        if isinstance(event, StageStarted) and event.stage == "program":
            running.control("fault", device="prog", fault="protected", on=True, status1=0x3C)

    outcome = burned(running, "MX25L25645G", image_of(content(0x1000), 0), protect)
    assert (outcome.result, outcome.stages[-1].name) == ("FAIL", "read_back")
    assert outcome.failure is not None and outcome.failure.message.startswith("address 0x000000: expected")

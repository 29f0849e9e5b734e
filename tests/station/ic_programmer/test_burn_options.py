"""What a burn reads besides what it must, and how it is proved then; all in modelled time."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from station.ic_programmer.job import STAGES, BurnOptions, BurnOutcome
from tests.modelled_site import kind_of
from tests.station.ic_programmer.modelled_burn import (
    ALL_NEW,
    CHECKED_BLANK,
    DIFFERENCE,
    PRODUCTION,
    SAID_BLANK,
    TRAITS,
    Bench,
    content,
    image_of,
)

SIZE = 0x20000
NEW = content(SIZE)


def took(outcome: BurnOutcome, stage: str) -> float:
    return next((s.finished_at - s.started_at).total_seconds() for s in outcome.stages if s.name == stage)


def moved(outcome: BurnOutcome) -> dict[str, int]:
    return {stage.name: stage.bytes_moved for stage in outcome.stages if stage.bytes_moved}


@pytest.mark.parametrize(
    ("options", "old", "proof", "passes"),
    [
        (PRODUCTION, content(SIZE, 2), "readback_final", {"backup", "erase", "blank_check", "program", "read_back"}),
        (PRODUCTION, b"", "readback_final", {"backup", "program", "read_back"}),
        (ALL_NEW, content(SIZE, 2), "readback_interleaved", {"erase", "program"}),
        (SAID_BLANK, b"", "readback_interleaved", {"program"}),
        (CHECKED_BLANK, b"", "readback_interleaved", {"blank_check", "program"}),
        (DIFFERENCE, content(SIZE, 2), "readback_interleaved", {"backup", "erase", "program"}),
    ],
)
def test_each_option_is_a_pass_of_its_own_and_every_way_is_proved(
    options: BurnOptions, old: bytes, proof: str, passes: set[str]
) -> None:
    bench = Bench(old)
    outcome = bench.burn(image_of(NEW), options)
    assert (outcome.result, outcome.failure, outcome.proof) == ("PASS", None, proof)
    assert tuple(stage.name for stage in outcome.stages) == STAGES
    assert moved(outcome) == dict.fromkeys(passes, SIZE)
    assert outcome.after_sha256 == hashlib.sha256(NEW).hexdigest()
    assert bench.holds(SIZE) == NEW
    assert (outcome.backup is not None) == options.has_backup
    assert bool(outcome.before_sha256) == options.has_backup


def test_every_block_of_the_image_is_erased_where_that_is_asked_for_and_what_surrounds_it_is_kept() -> None:
    old = NEW[:0x2400] + content(SIZE, 2)[0x2400:]
    bench = Bench(old)
    options = BurnOptions(erases_all_blocks=True)
    outcome = bench.burn(image_of(NEW[:0x1800], start=0x0400), options)
    assert outcome.result == "PASS"
    assert moved(outcome) == dict.fromkeys(("backup", "erase", "blank_check", "program", "read_back"), 0x2000)
    assert bench.holds(SIZE) == old[:0x0400] + NEW[:0x1800] + old[0x1C00:]
    again = bench.burn(image_of(NEW[:0x1800], start=0x0400))
    assert "erase" not in moved(again), "without it nothing is erased that is right"


@pytest.mark.parametrize(("is_asked", "result"), [(False, "PASS"), (True, "ERROR")])
def test_a_contact_that_is_steady_at_a_lower_clock_only_is_refused_where_that_is_asked_for(
    is_asked: bool, result: str
) -> None:
    bench = Bench(content(SIZE, 2))
    bench.fault("weak_contact", hz=2_000_000)
    outcome = bench.burn(image_of(NEW), BurnOptions(needs_steady_contact=is_asked))
    bench.fault("weak_contact", is_on=False)
    assert (outcome.result, outcome.is_marginal) == (result, not is_asked)
    if is_asked:
        assert outcome.failure is not None and "clean it" in outcome.failure.message
        assert bench.holds(SIZE) == content(SIZE, 2)


def test_reading_behind_the_programming_costs_next_to_no_time() -> None:
    alone = Bench().burn(image_of(NEW), PRODUCTION)
    behind = Bench().burn(image_of(NEW), SAID_BLANK)
    assert took(behind, "program") < 1.1 * took(alone, "program")
    assert took(behind, "program") < SIZE * 10 / 2e6 / 0.85


def test_with_a_backup_only_what_differs_is_erased_programmed_and_read_again() -> None:
    old = bytearray(NEW)
    old[0x5010:0x5050] = bytes(64)
    bench = Bench(bytes(old))
    sent = bench.wire.given_bytes
    outcome = bench.burn(image_of(NEW), DIFFERENCE)
    assert (outcome.result, outcome.proof) == ("PASS", "readback_interleaved")
    assert moved(outcome) == {"backup": SIZE, "erase": 0x1000, "program": 0x1000}
    assert bench.wire.given_bytes - sent < SIZE + 0x1000 + 4096
    assert bench.holds(SIZE) == NEW


def test_blank_pages_of_an_image_are_not_programmed_but_read() -> None:
    data = NEW[:0x1000] + b"\xff" * 0x1E000 + NEW[0x1F000:]
    bench = Bench()
    bench.at[("program", 0x1000)] = lambda bench: bench.fault("stuck_bit", address=0x10010, mask=0x01, value=0)
    outcome = bench.burn(image_of(data), SAID_BLANK)
    assert outcome.result == "FAIL"
    assert outcome.failure is not None
    assert (outcome.failure.step, outcome.failure.message) == (
        "program",
        "address 0x010010: expected 0xFF, read back 0xFE",
    )
    good = Bench()
    outcome = good.burn(image_of(data), SAID_BLANK)
    assert (outcome.result, moved(outcome)) == ("PASS", {"program": 0x2000})


@pytest.mark.parametrize("options", [SAID_BLANK, CHECKED_BLANK])
def test_a_chip_that_is_said_to_be_blank_and_is_not_fails_with_the_address(options: BurnOptions) -> None:
    bench = Bench(b"\xff" * 0x12345 + b"\x0f")
    outcome = bench.burn(image_of(NEW), options)
    assert outcome.result == "FAIL"
    assert outcome.failure is not None and outcome.failure.message.startswith("address 0x012345: expected ")
    is_checked = options.has_blank_check
    assert outcome.failure.step == ("blank_check" if is_checked else "program")
    assert (bench.holds(0x1000) == NEW[:0x1000]) != is_checked


def test_an_image_that_leaves_a_part_of_its_blocks_to_the_chip_is_not_burned_without_a_backup() -> None:
    bench = Bench(content(SIZE, 2))
    outcome = bench.burn(image_of(NEW[:0x1800]), ALL_NEW)
    assert (outcome.result, outcome.failure is not None and outcome.failure.kind) == ("ERROR", "operator")
    assert outcome.failure is not None and "burn it with a backup" in outcome.failure.message
    assert bench.holds(SIZE) == content(SIZE, 2)


def test_what_surrounds_the_image_is_kept_and_proved_where_pages_are_read_behind() -> None:
    old = content(SIZE, 2)
    bench = Bench(old)
    outcome = bench.burn(image_of(NEW[:0x1800], start=0x2400), DIFFERENCE)
    assert (outcome.result, outcome.proof) == ("PASS", "readback_interleaved")
    assert bench.holds(SIZE) == old[:0x2400] + NEW[:0x1800] + old[0x3C00:]


@pytest.mark.parametrize("buffer_bytes", [64, 256, 512, 1024, 4096])
def test_a_programmer_with_a_small_buffer_loses_nothing(buffer_bytes: int) -> None:
    traits = replace(TRAITS, serial_buffer_bytes=buffer_bytes, max_write_bytes=261, has_flow_control=False)
    bench = Bench(content(SIZE, 2), traits)
    outcome = bench.burn(image_of(NEW[:0x8000]), DIFFERENCE)
    assert (outcome.result, outcome.retries, bench.holds(0x8000)) == ("PASS", 0, NEW[:0x8000])


@pytest.mark.parametrize("latency_s", [0.001, 0.016])
def test_a_programmer_without_delays_waits_by_what_nops_take_it_without_a_round_trip_a_page(latency_s: float) -> None:
    bench = Bench(content(SIZE, 2), replace(TRAITS, has_delays=False, latency_s=latency_s))
    outcome = bench.burn(image_of(NEW[:0x8000]), DIFFERENCE)
    assert (outcome.result, bench.holds(0x8000)) == ("PASS", NEW[:0x8000])
    assert outcome.retries <= 2
    assert took(outcome, "program") < 0x80 * 4e-3 + 8 * latency_s


@pytest.mark.parametrize("milliseconds", [0.1, 1.2, 2.9])
def test_waits_follow_how_long_this_chip_takes(milliseconds: float) -> None:
    bench = Bench(kind=replace(kind_of(1), page_program_ms=milliseconds))
    outcome = bench.burn(image_of(NEW), SAID_BLANK)
    assert (outcome.result, bench.holds(SIZE)) == ("PASS", NEW)
    assert outcome.retries <= 3
    pages = SIZE // 256
    assert took(outcome, "program") < pages * max(1.7e-3, milliseconds * 1.75e-3 + 0.6e-3)


@pytest.mark.parametrize("milliseconds", [60.0, 150.0, 400.0])
def test_the_first_erase_tells_how_long_the_next_ones_take(milliseconds: float) -> None:
    data = content(0x80000)
    bench = Bench(content(0x80000, 2), kind=replace(kind_of(1), block64_erase_ms=milliseconds))
    outcome = bench.burn(image_of(data), ALL_NEW)
    assert outcome.result == "PASS" and not outcome.is_marginal
    assert took(outcome, "erase") < 0.15 + 8 * 1.1 * milliseconds / 1000


def test_pages_that_turn_slow_on_the_way_are_written_again_and_proved() -> None:
    bench = Bench()
    usual = bench.site.chip.kind

    def slower(bench: Bench) -> None:
        bench.site.chip.kind = replace(usual, page_program_ms=2.5)

    bench.at[("program", 0x4000)] = slower
    bench.at[("program", 0x8000)] = lambda bench: setattr(bench.site.chip, "kind", usual)
    bench.at[("program", 0x10000)] = slower
    outcome = bench.burn(image_of(NEW), SAID_BLANK)
    assert (outcome.result, outcome.proof, bench.holds(SIZE)) == ("PASS", "readback_interleaved", NEW)
    assert 1 <= outcome.retries <= 6

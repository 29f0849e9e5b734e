"""A burn at a bench in a box, one fault each: a bad chip fails with its address, a bad contact is never the chip's."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from station.bench import open_programmer
from station.config.bench_file import read_bench_file
from station.ic_programmer.burn import burn
from station.ic_programmer.image import Image, Segment, load_image
from station.ic_programmer.job import (
    STAGES,
    BurnEvent,
    BurnJob,
    BurnOutcome,
    StageFinished,
    StageProgress,
    StageStarted,
)
from station.ic_programmer.nor_chip import NorChip
from station.ic_programmer.target import read_targets
from station.link.clock import SystemClock
from tests.conftest import Bench

CLOCK = SystemClock()
CHIP = read_targets()["W25Q64JV"]
StartBench = Callable[..., Bench]
Watch = Callable[[BurnEvent], None]


def content(length: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(length)


def image_of(data: bytes, start: int = 0) -> Image:
    return Image("a.bin", "1.4.2", hashlib.sha256(data).hexdigest(), (Segment(start, data),))


def burned(running: Bench, image: Image, watch: Watch = lambda _: None, target: str = "W25Q64JV") -> BurnOutcome:
    job = BurnJob(image, read_targets()[target])
    with open_programmer(read_bench_file(running.bench_file), "prog", CLOCK) as bus:
        return burn(job, NorChip(bus, job.target, CLOCK), CLOCK, watch)


def loose_chip(running: Bench, kind: str = "W25Q64JV") -> Bench:
    running.control("socket", programmer="prog", chip=kind)
    return running


def at_stage(name: str, act: Callable[[], object]) -> Watch:
    """Act once, when the stage begins."""

    def watch(event: BurnEvent) -> None:
        if isinstance(event, StageStarted) and event.stage == name:
            act()

    return watch


def faulty(running: Bench, fault: str, **parameters: int) -> Callable[[], object]:
    """Switches a fault of the programmer on, when it is called."""
    return lambda: running.control("fault", device="prog", fault=fault, on=True, **parameters)


def test_an_image_is_burned_and_proved_by_reading_all_of_it_back(bench: StartBench, tmp_path: Path) -> None:
    running = loose_chip(bench())
    file = tmp_path / "fj-r1.bin"
    file.write_bytes(content(1 << 20))
    image = load_image(file, CHIP.size_bytes)
    events: list[BurnEvent] = []
    start = time.monotonic()
    outcome = burned(running, image, events.append)
    assert time.monotonic() - start < 30.0, "a burn without device times: seconds, on a busy machine too"
    assert (outcome.result, outcome.failure, outcome.proof) == ("PASS", None, "readback_final")
    assert outcome.after_sha256 == image.sha256
    assert outcome.before_sha256 == hashlib.sha256(b"\xff" * (1 << 20)).hexdigest()
    assert outcome.identity.jedec == "EF4017"
    assert len(outcome.identity.unique_id) == 16
    assert outcome.programmer_model == "fanji-clip"
    assert tuple(stage.name for stage in outcome.stages) == STAGES
    assert {stage.outcome for stage in outcome.stages} == {"PASS"}
    assert running.control("truth", length=1 << 20)["sockets"]["prog"]["sha256"] == image.sha256
    finished = [event.record for event in events if isinstance(event, StageFinished)]
    assert tuple(finished) == outcome.stages
    last = [event for event in events if isinstance(event, StageProgress) and event.stage == "read_back"][-1]
    assert last.done == last.total == 1 << 20


def test_the_old_content_is_handed_over_and_what_surrounds_the_image_is_kept(bench: StartBench) -> None:
    running = loose_chip(bench())
    old = content(0x5000, seed=7)
    assert burned(running, image_of(old)).result == "PASS"
    part = content(0x1800, seed=8)
    outcome = burned(running, image_of(part, start=0x1400))
    assert outcome.result == "PASS"
    assert outcome.backup is not None
    assert (outcome.backup.start, outcome.backup.content) == (0x1000, old[0x1000:0x3000])
    wanted = old[:0x1400] + part + old[0x2C00:]
    truth = running.control("truth", length=len(wanted))["sockets"]["prog"]
    assert truth["sha256"] == hashlib.sha256(wanted).hexdigest()


def test_burning_the_same_again_changes_nothing_and_is_proved_all_the_same(bench: StartBench) -> None:
    running = loose_chip(bench())
    image = image_of(content(0x8000))
    burned(running, image)
    erases = running.truth()["sockets"]["prog"]["erases"]
    outcome = burned(running, image)
    assert (outcome.result, outcome.proof, outcome.after_sha256) == ("PASS", "readback_final", image.sha256)
    assert running.truth()["sockets"]["prog"]["erases"] == erases


def test_a_chip_in_real_time_is_waited_for(bench: StartBench) -> None:
    running = loose_chip(bench(time_scale=1.0))
    assert burned(running, image_of(content(0x11000))).result == "PASS"
    outcome = burned(running, image_of(content(0x11000, seed=2)))
    assert outcome.result == "PASS"
    erase = outcome.stages[STAGES.index("erase")]
    assert 0.19 < (erase.finished_at - erase.started_at).total_seconds() < 0.6


def test_a_chip_slower_than_typical_is_written_again_where_a_page_may_have_been_ignored(bench: StartBench) -> None:
    running = loose_chip(bench(time_scale=1.0))
    hasty = replace(CHIP, program_typical_s=CHIP.program_typical_s / 100)
    image = image_of(content(0x4000))
    with open_programmer(read_bench_file(running.bench_file), "prog", CLOCK) as bus:
        outcome = burn(BurnJob(image, hasty), NorChip(bus, hasty, CLOCK), CLOCK, lambda _: None)
    assert (outcome.result, outcome.after_sha256) == ("PASS", image.sha256)
    assert 0 < outcome.retries < 20


def test_a_bit_that_does_not_erase_fails_with_its_address_before_anything_is_programmed(bench: StartBench) -> None:
    running = loose_chip(bench())
    running.control("fault", device="prog", fault="stuck_bit", on=True, address=0x1234, mask=0x20, value=0)
    outcome = burned(running, image_of(content(0x8000)))
    assert outcome.result == "FAIL"
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.step) == ("target", "blank_check")
    assert outcome.failure.message == "address 0x001234: expected 0xFF, read back 0xDF"
    assert (outcome.proof, outcome.after_sha256) == ("none", "")


def test_a_bit_that_does_not_program_fails_with_its_address(bench: StartBench) -> None:
    running = loose_chip(bench())
    data = bytearray(content(0x8000))
    data[0x1234] = 0x00
    running.control("fault", device="prog", fault="stuck_bit", on=True, address=0x1234, mask=0x20, value=1)
    outcome = burned(running, image_of(bytes(data)))
    assert outcome.result == "FAIL"
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.step) == ("target", "read_back")
    assert outcome.failure.message == "address 0x001234: expected 0x00, read back 0x20"
    assert outcome.proof == "readback_final"
    assert outcome.stages[-1].outcome == "FAIL"


def test_a_sector_that_does_not_erase_fails_with_its_address_and_is_not_tried_harder(bench: StartBench) -> None:
    running = loose_chip(bench())
    burned(running, image_of(content(0x8000)))
    before = running.truth()["sockets"]["prog"]["erases"]
    running.control("fault", device="prog", fault="sector_not_erasing", on=True, address=0x3000)
    outcome = burned(running, image_of(content(0x8000, seed=2)))
    assert outcome.result == "FAIL"
    assert outcome.failure is not None and outcome.failure.message.startswith("address 0x0030")
    assert running.truth()["sockets"]["prog"]["erases"] - before == 1


def test_a_chip_that_stays_busy_fails_after_the_data_sheets_maximum(bench: StartBench) -> None:
    running = loose_chip(bench())
    running.control("fault", device="prog", fault="wip_stuck", on=True)
    start = time.monotonic()
    outcome = burned(running, image_of(content(0x8000)))
    assert time.monotonic() - start < 2.0
    assert outcome.result == "FAIL"
    assert outcome.failure is not None
    assert outcome.failure.message.startswith("still busy with program at 0x000000 after the data sheet's maximum")


def test_a_chip_that_stays_busy_erasing_fails_after_the_data_sheets_maximum(bench: StartBench) -> None:
    running = loose_chip(bench())
    burned(running, image_of(content(0x1000)))
    running.control("fault", device="prog", fault="wip_stuck", on=True)
    outcome = burned(running, image_of(content(0x1000, seed=2)))
    assert outcome.failure is not None
    assert outcome.failure.message.startswith("still busy with erase of 4096 bytes at 0x000000")
    erase = outcome.stages[-1]
    assert 0.4 <= (erase.finished_at - erase.started_at).total_seconds() < 0.8


def test_an_empty_socket_is_bad_contact_not_a_bad_chip(bench: StartBench) -> None:
    running = bench()
    running.control("socket", programmer="prog", empty=True)
    outcome = burned(running, image_of(content(0x1000)))
    assert outcome.result == "ERROR"
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.step) == ("programmer", "contact")
    assert "no chip answers (identity FFFFFF): reseat the chip" in outcome.failure.message
    assert (outcome.proof, outcome.backup) == ("none", None)


def test_another_chip_is_refused_before_it_is_touched(bench: StartBench) -> None:
    running = loose_chip(bench(), "W25Q80DV")
    outcome = burned(running, image_of(content(0x1000)))
    assert outcome.result == "FAIL"
    assert outcome.failure is not None
    assert outcome.failure.message == "the chip says EF4014, a W25Q64JV says EF4017"
    assert outcome.identity.jedec == "EF4014"
    assert running.truth()["sockets"]["prog"]["erases"] == 0


def test_a_chip_without_sfdp_is_burned_by_its_row(bench: StartBench) -> None:
    running = loose_chip(bench(), "W25Q80DV")
    outcome = burned(running, image_of(content(0x9000)), target="W25Q80DV")
    assert (outcome.result, outcome.identity.sfdp_sha256) == ("PASS", "")


def test_a_protected_chip_is_refused_and_stays_protected(bench: StartBench) -> None:
    running = loose_chip(bench())
    running.control("fault", device="prog", fault="protected", on=True, status1=0x1C)
    outcome = burned(running, image_of(content(0x1000)))
    assert outcome.result == "FAIL"
    assert outcome.failure is not None
    assert outcome.failure.message.startswith("write protection is set: status register 1 is 0x1C")
    assert outcome.failure.step == "identify"


def test_protection_that_appears_later_is_seen_where_the_chip_refuses(bench: StartBench) -> None:
    running = loose_chip(bench())
    protect = faulty(running, "protected", status1=0x1C)
    outcome = burned(running, image_of(content(0x1000)), at_stage("program", protect))
    assert outcome.result == "FAIL"
    assert outcome.failure is not None
    assert outcome.failure.message == "the chip refuses program at 0x000000: it is protected"


def spoiled_at_each_stage(running: Bench, fault: str) -> dict[str, BurnOutcome]:
    """A burn that changes the chip for each stage, with ``fault`` from the stage's start on."""
    outcomes: dict[str, BurnOutcome] = {}
    for seed, stage in enumerate(STAGES):
        burned(running, image_of(content(0x20000)))
        outcomes[stage] = burned(running, image_of(content(0x20000, seed + 2)), at_stage(stage, faulty(running, fault)))
        running.control("fault", device="prog", fault=fault, on=False)
    return outcomes


def test_a_cable_pulled_at_any_stage_is_an_error_and_never_a_pass(bench: StartBench) -> None:
    for stage, outcome in spoiled_at_each_stage(loose_chip(bench()), "close").items():
        assert outcome.result == "ERROR", stage
        assert outcome.failure is not None and outcome.failure.kind == "link", stage
        assert outcome.stages[-1].outcome == "ERROR", stage


def test_a_clip_that_slips_at_any_stage_is_an_error_and_never_the_chips_fault(bench: StartBench) -> None:
    for stage, outcome in spoiled_at_each_stage(loose_chip(bench()), "no_contact").items():
        assert outcome.result == "ERROR", stage
        assert outcome.failure is not None and outcome.failure.kind == "programmer", stage
        assert "reseat" in outcome.failure.message, stage


def test_a_burn_can_be_stopped_between_transfers(bench: StartBench) -> None:
    running = loose_chip(bench())
    job = BurnJob(image_of(content(0x40000)), CHIP)
    pressed: list[bool] = []
    with open_programmer(read_bench_file(running.bench_file), "prog", CLOCK) as bus:
        press = at_stage("program", lambda: pressed.append(True))
        outcome = burn(job, NorChip(bus, CHIP, CLOCK), CLOCK, press, lambda: bool(pressed))
    assert outcome.result == "ABORTED"
    assert outcome.failure is not None and outcome.failure.kind == "operator"
    assert outcome.stages[-1].name == "program"
    assert outcome.stages[-1].outcome == "ABORTED"


def test_answers_that_come_late_are_an_error_and_never_a_pass(bench: StartBench) -> None:
    running = loose_chip(bench())
    hold = faulty(running, "stale", count=1)
    outcome = burned(running, image_of(content(0x20000)), at_stage("read_back", hold))
    assert outcome.result == "ERROR"
    assert outcome.failure is not None and outcome.failure.kind == "link"

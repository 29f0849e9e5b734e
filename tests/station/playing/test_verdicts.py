"""Runs on the bench in a box that come to their own end: good and bad units, prompts, provisional units."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WORLDS, Bench, start_bench
from tests.station.playing.run_process import StationRun, letters

Start = Callable[..., StationRun]
OpenBench = Callable[..., Bench]
GOOD, LEAKING, DEAD = "FJR126110003", "FJR126110002", "FJR126110001"


@pytest.fixture(scope="module")
def one_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bench for all tests of this file, with all device times zero: each leaves it as it found it."""
    box = start_bench(WORLDS / "demo.world.toml", tmp_path_factory.mktemp("bench") / "bench.toml", 0.0)
    yield box
    box.stop()


@pytest.fixture
def bench(one_bench: Bench) -> OpenBench:
    """In place of a bench for each test."""
    return lambda: one_bench


def test_a_good_unit_passes_with_all_its_evidence(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    played = run(box.bench_file)
    assert played.end() == 0, played.complaint()
    assert played.last["event"] == "run_finished" and played.last["verdict"] == "PASS"
    (letter,) = letters(state_dir)
    assert letter["verdict"] == "PASS" and letter["failure"] is None
    assert len(letter["measurements"]) >= 14
    assert {taken["outcome"] for taken in letter["measurements"]} == {"PASS"}
    assert [step["name"] for step in letter["steps"]] == [step["name"] for step in played.of("run_started")[0]["steps"]]
    assert all(action["is_proved"] for action in letter["make_safe"])
    assert [trace["name"] for trace in letter["traces"]] == ["boot_current", "dark_current"]
    assert list((state_dir / "journals").iterdir()) == []


def test_the_event_names_the_letter_as_it_is_in_the_outbox(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    played = run(box.bench_file)
    played.end()
    (letter,) = letters(state_dir)
    assert played.last["letter"]["id"] == letter["id"] == played.last["run_id"]
    assert played.last["letter"]["seq"] == letter["seq"] == 1


def test_after_a_run_the_outputs_are_off(bench: OpenBench, run: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    assert run(box.bench_file).end() == 0
    outputs = box.truth()["outputs"]
    assert not outputs["1"]["is_on"] and not outputs["2"]["is_on"]
    assert outputs["1"]["volts_v"] < 1.0


def test_a_leaking_unit_fails_by_its_dark_current_alone(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box = bench()
    box.control("insert", unit=LEAKING)
    played = run(box.bench_file, LEAKING)
    assert played.end() == 1
    assert (played.last["verdict"], played.last["failed"]) == ("FAIL", ["dark_current"])
    assert letters(state_dir)[0]["has_failed_measurement"] is True


@pytest.mark.parametrize(
    ("fault", "measurement"),
    [
        ("low_5v_rail", "rail_5v"),
        ("low_3v3_rail", "rail_3v3"),
        ("brown_out", "undervoltage_rail_5v"),
        ("weak_amp_remote", "amp_remote_drop"),
        ("speaker_offset", "speaker_offset"),
        ("phones_paired", "paired_phones"),
        ("wrong_serial", "serial_number"),
        ("wrong_firmware", "firmware_version"),
    ],
)
def test_each_fault_of_a_unit_is_named_by_its_measurement(
    bench: OpenBench, run: Start, fault: str, measurement: str
) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    box.control("unit_fault", unit=GOOD, fault=fault, on=True)
    played = run(box.bench_file)
    exit_code = played.end()
    box.control("unit_fault", unit=GOOD, fault=fault, on=False)
    assert exit_code == 1, played.events
    assert measurement in played.last["failed"]


def test_a_silent_unit_fails_and_what_follows_is_not_played(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box = bench()
    box.control("insert", unit=DEAD)
    played = run(box.bench_file, DEAD)
    assert played.end() == 1
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["failure"]["kind"], letter["failure"]["step"]) == ("FAIL", "dut", "boot")
    assert [step["outcome"] for step in letter["steps"]] == ["PASS", "FAIL"] + ["SKIPPED"] * 9


def test_an_unknown_serial_makes_a_provisional_unit_and_says_so(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    played = run(box.bench_file)
    played.end()
    assert played.of("run_started")[0]["is_provisional"] is True
    assert letters(state_dir)[0]["unit"]["family"] == ""
    assert letters(state_dir)[0]["cached_state_version"] is None


def test_a_second_run_of_a_unit_is_its_second_attempt(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    run(box.bench_file).end()
    run(box.bench_file, "  fjr126110003 ").end()
    first, second = letters(state_dir)
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert (second["seq"], second["chain_id"]) == (2, first["chain_id"])


def _answered(bench: OpenBench, run: Start, present: Callable[[list[str]], list[str]]) -> tuple[StationRun, Any]:
    box = bench()
    box.control("insert", unit=GOOD)
    played = run(box.bench_file, more=())
    prompt = played.until_event("prompted")
    names = [item["name"] for item in prompt["items"]]
    played.tell({"command": "answer", "prompt_id": "of another prompt", "present": []})
    played.tell({"command": "answer", "prompt_id": prompt["prompt_id"], "present": present(names)})
    return played, names


def test_ticked_accessories_complete_a_pass(bench: OpenBench, run: Start, state_dir: Path) -> None:
    played, names = _answered(bench, run, lambda names: names)
    assert played.end() == 0
    assert letters(state_dir)[0]["accessories"] == [{"name": name, "is_present": True} for name in names]


def test_a_missing_accessory_fails_the_unit_and_is_named(bench: OpenBench, run: Start, state_dir: Path) -> None:
    played, names = _answered(bench, run, lambda names: names[1:])
    assert played.end() == 1
    assert names[0] in letters(state_dir)[0]["failure"]["message"]


def test_a_prompt_that_nobody_can_answer_aborts_the_run(bench: OpenBench, run: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    played = run(box.bench_file, more=())
    played.until_event("prompted")
    assert played.process.stdin is not None
    played.process.stdin.close()
    assert played.end() == 4
    assert played.last["failure"]["kind"] == "operator"


def test_a_listener_that_goes_away_does_not_end_the_run(bench: OpenBench, run: Start, state_dir: Path) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    played = run(box.bench_file)
    played.until_event("run_started")
    assert played.process.stdout is not None
    played.process.stdout.close()
    assert played.process.wait() == 0
    assert letters(state_dir)[0]["verdict"] == "PASS"

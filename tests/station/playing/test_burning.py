"""Burns from the command line: backed up before they change anything, read back, on record whatever happens."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.images import make_image
from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, letters, start_station

OpenBench = Callable[..., Bench]
Burn = Callable[..., StationRun]
DEAD, GOOD = "FJR126110001", "FJR126110003"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "fj-r1-1.4.2.bin"
    path.write_bytes(make_image("1.4.2"))
    return path


@pytest.fixture
def burn(state_dir: Path, image: Path) -> Iterator[Burn]:
    runs = []

    def start(bench_file: Path, *more: str, target: str = "W25Q64JV", programmer: str = "prog") -> StationRun:
        arguments = ["burn", str(image), "--target", target, "--programmer", programmer, "--operator", "李雷"]
        runs.append(start_station(state_dir, [*arguments, "--bench", str(bench_file), "--events", *more]))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


def test_a_dead_units_chip_is_burned_backed_up_and_recorded(
    bench: OpenBench, burn: Burn, state_dir: Path, image: Path
) -> None:
    box = bench()
    box.control("socket", programmer="prog", unit=DEAD)
    played = burn(box.bench_file, "--unit", DEAD)
    assert played.end() == 0, played.complaint()
    assert (played.last["event"], played.last["result"]) == ("burn_finished", "PASS")
    (letter,) = letters(state_dir)
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    assert letter["image"]["sha256"] == letter["after_sha256"] == digest != letter["before_sha256"]
    assert (letter["proof"], letter["unit"]["serial"], letter["kind"]) == ("readback_final", DEAD, "ad_hoc")
    assert [stage["outcome"] for stage in letter["stages"]] == ["PASS"] * 8
    (kept,) = played.of("backup_kept")
    backup = (state_dir / "backups" / f"{kept['sha256']}.bin").read_bytes()
    assert hashlib.sha256(backup).hexdigest() == kept["sha256"]
    names = [said["event"] + ":" + said.get("stage", "") for said in played.events]
    assert names.index("backup_kept:") < names.index("stage_started:erase")


def test_the_same_content_is_backed_up_once(bench: OpenBench, burn: Burn, state_dir: Path) -> None:
    box = bench()
    for unit in (GOOD, GOOD):
        box.control("socket", programmer="prog", unit=unit)
        assert burn(box.bench_file).end() == 0
    assert len(list((state_dir / "backups").iterdir())) == 1


def test_an_empty_socket_is_an_error_of_the_contact(bench: OpenBench, burn: Burn, state_dir: Path) -> None:
    box = bench()
    box.control("socket", programmer="prog", empty=True)
    assert burn(box.bench_file).end() == 3
    (letter,) = letters(state_dir)
    assert (letter["result"], letter["failure"]["kind"]) == ("ERROR", "programmer")


def test_a_programmer_that_is_missing_begins_no_burn(bench: OpenBench, burn: Burn, state_dir: Path) -> None:
    box = bench()
    box.control("fault", device="prog", fault="refuse", on=True)
    played = burn(box.bench_file)
    assert played.end() == 3
    assert played.last["event"] == "refused" and "prog" in played.last["message"]
    assert letters(state_dir) == []


@pytest.mark.parametrize(("target", "programmer"), [("W25Q999", "prog"), ("W25Q64JV", "other")])
def test_a_target_or_programmer_that_is_not_known_is_wrong_use(
    bench: OpenBench, burn: Burn, target: str, programmer: str
) -> None:
    played = burn(bench().bench_file, target=target, programmer=programmer)
    assert played.end() == 2
    assert "there are" in played.last["message"]


def _erasing(bench: OpenBench, burn: Burn) -> tuple[Bench, StationRun]:
    box = bench(time_scale=0.25)
    box.control("socket", programmer="prog", unit=DEAD)
    played = burn(box.bench_file)
    played.until(lambda said: said["event"] == "stage_started" and said["stage"] in ("erase", "program"))
    return box, played


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_burn_is_recorded_as_aborted(
    bench: OpenBench, burn: Burn, state_dir: Path, number: signal.Signals
) -> None:
    _, played = _erasing(bench, burn)
    os.kill(played.process.pid, number)
    assert played.end() == 4
    (letter,) = letters(state_dir)
    assert letter["result"] == "ABORTED"
    assert letter["failure"]["kind"] == ("operator" if number == signal.SIGINT else "station")


def test_an_abort_command_stops_a_burn(bench: OpenBench, burn: Burn) -> None:
    _, played = _erasing(bench, burn)
    played.tell({"command": "abort"})
    assert played.end() == 4


def test_a_killed_burn_is_recorded_as_aborted_by_the_next_one(bench: OpenBench, burn: Burn, state_dir: Path) -> None:
    box, played = _erasing(bench, burn)
    os.kill(played.process.pid, signal.SIGKILL)
    played.process.wait()
    box.control("socket", programmer="prog", unit=DEAD)
    assert burn(box.bench_file).end() == 0
    cut, done = letters(state_dir)
    assert (cut["result"], done["result"]) == ("ABORTED", "PASS")
    assert cut["stages"][-1]["outcome"] == "ABORTED"
    assert "not known" in cut["failure"]["message"]

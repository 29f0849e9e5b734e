"""What burns claim of an order: whatever is killed, lost or damaged, no number comes twice, no claim stays for ever."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Bench
from tests.station.outbox.burn_office import NO, BurnOffice
from tests.station.playing.run_process import StationRun, letters, start_station

OpenBench = Callable[..., Bench]
IMAGE = bytes(range(256)) * 256
SERIALISATION = {
    "fields": [{"name": "serial number", "kind": "ascii", "address": 4096, "length": 8, "pool": "FJ-R1 serial"}],
    "checksums": [],
}


class Gang:
    """Four programmers at one bench, each with a chip of its own."""

    def __init__(self, box: Bench, state_dir: Path, office: BurnOffice) -> None:
        self.box = box
        self.state_dir = state_dir
        self.office = office
        self.started: list[StationRun] = []
        self.put_in()

    def put_in(self) -> None:
        for number in range(1, 5):
            self.box.control("socket", programmer=f"prog{number}", unit=f"FJR12611000{number}")

    def burn(self, number: int) -> StationRun:
        words = ["burn", f"--order={NO}", f"--programmer=prog{number}", "--operator=李雷", "--events"]
        words.append(f"--bench={self.box.bench_file}")
        self.started.append(start_station(self.state_dir, words, server_url=self.office.url))
        return self.started[-1]

    def killed(self, number: int, at: str) -> str:
        """Kill a burn when this stage begins; its id."""
        played = self.burn(number)
        burn_id = str(played.until_event("burn_started")["burn_id"])
        played.until_event("stage_started", stage=at)
        os.kill(played.process.pid, signal.SIGKILL)
        played.process.wait()
        return burn_id


@pytest.fixture
def office() -> Iterator[BurnOffice]:
    with BurnOffice(image=IMAGE) as office:
        office.order |= {"serialisation": SERIALISATION, "quantity": 4, "taken": 4}
        yield office


@pytest.fixture
def gang(bench: OpenBench, state_dir: Path, office: BurnOffice) -> Iterator[Gang]:
    gang = Gang(bench("gang", time_scale=0.25), state_dir, office)
    yield gang
    for run in gang.started:
        run.close()


def numbers_of(state_dir: Path) -> list[str]:
    return [number for each in letters(state_dir) for number in each["serial_numbers"]]


def test_the_numbers_that_one_programmer_leases_are_for_all_that_burn_the_order(gang: Gang, office: BurnOffice) -> None:
    office.most_numbers = 4
    burns = [gang.burn(number) for number in range(1, 5)]
    codes = [burn.end() for burn in burns]
    assert codes == [0] * 4, [burn.last.get("message") for burn in burns]
    assert sorted(numbers_of(gang.state_dir)) == ["FJ000100", "FJ000101", "FJ000102", "FJ000103"]


def test_numbers_whose_answer_got_lost_are_asked_for_again_and_not_others(gang: Gang, office: BurnOffice) -> None:
    office.most_numbers, office.lost = 4, 1
    assert gang.burn(1).end() == 3
    assert gang.burn(2).end() == 0
    assert numbers_of(gang.state_dir) == ["FJ000100"]
    assert len(office.leases) == 1


def test_a_number_that_a_damaged_journal_may_tell_of_goes_into_no_other_chip(gang: Gang) -> None:
    burn_id = gang.killed(1, "program")
    journal = gang.state_dir / "burns" / f"{burn_id}.jsonl"
    first, *rest = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join((first, b"\0" + rest[0], *rest[1:])))
    gang.put_in()
    assert gang.burn(1).end() == 0
    assert numbers_of(gang.state_dir) == ["FJ000101"]
    assert journal.exists()


def test_what_a_killed_burn_claimed_is_free_for_another_programmer_too(gang: Gang, office: BurnOffice) -> None:
    office.order |= {"quantity": 1, "taken": 1}
    gang.killed(1, "contact")
    assert gang.burn(2).end() == 0, gang.started[-1].last
    cut, done = letters(gang.state_dir)
    assert (cut["result"], cut["programmer"]["name"]) == ("ABORTED", "prog1")
    assert (done["result"], done["programmer"]["name"]) == ("PASS", "prog2")


def test_a_journal_that_another_burn_has_only_just_made_is_left_alone(gang: Gang) -> None:
    journals = gang.state_dir / "burns"
    journals.mkdir(parents=True)
    made, dead = journals / "just-made.jsonl", journals / "dead.jsonl"
    for path in (made, dead):
        path.touch()
    os.utime(dead, (0, 0))
    assert gang.burn(1).end() == 0
    assert (made.exists(), dead.exists()) == (True, False)

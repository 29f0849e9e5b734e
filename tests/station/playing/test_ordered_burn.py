"""Burns by order: everything comes from the order, no IC too many, no number twice, nothing that was withdrawn."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Bench
from tests.station.outbox.burn_office import NO, BurnOffice, stamp
from tests.station.playing.run_process import Event, StationRun, letters, start_station

OpenBench = Callable[..., Bench]
UNIT = "FJR126110001"
IMAGE = bytes(range(256)) * 256
CHINESE = re.compile("[\u4e00-\u9fff]")
DIGEST = hashlib.sha256(IMAGE).hexdigest()
SERIALISATION = {
    "fields": [{"name": "serial number", "kind": "ascii", "address": 4096, "length": 8, "pool": "FJ-R1 serial"}],
    "checksums": [
        {
            "algorithm": "crc32_iso_hdlc",
            "address": 4104,
            "byte_order": "little",
            "over": [{"address": 4096, "length": 8}],
        }
    ],
}


class Clerk:
    """Burns and hands ICs over at a bench whose programmer holds the chip of UNIT."""

    def __init__(self, box: Bench, state_dir: Path, office: BurnOffice) -> None:
        self.box = box
        self.state_dir = state_dir
        self.office = office
        self.started: list[StationRun] = []
        self.put_in()

    def put_in(self) -> None:
        self.box.control("socket", programmer="prog", unit=UNIT)

    def burn(self, *more: str, is_online: bool = True) -> StationRun:
        words = ["burn", f"--order={NO}", "--programmer=prog", "--operator=李雷", "--events"]
        return self._start(*words, *more, is_online=is_online)

    def burned(self, *more: str, code: int = 0, is_online: bool = True) -> Event:
        played = self.burn(*more, is_online=is_online)
        assert played.end() == code, (played.last, played.complaint())
        return played.last

    def hand_over(self, event: str, quantity: int, *more: str) -> tuple[int, str, dict[str, Any]]:
        words = ["custody", NO, event, str(quantity), "--operator=李雷", "--json"]
        process = self._start(*words, *more).process
        told, complaint = process.communicate()
        return process.returncode, complaint, json.loads(told) if told else {}

    def _start(self, *words: str, is_online: bool = True) -> StationRun:
        url = self.office.url if is_online else "http://127.0.0.1:9"
        words = (*words, f"--bench={self.box.bench_file}")
        self.started.append(start_station(self.state_dir, words, server_url=url))
        return self.started[-1]


@pytest.fixture
def office() -> Iterator[BurnOffice]:
    with BurnOffice(image=IMAGE) as office:
        yield office


@pytest.fixture
def clerk(bench: OpenBench, state_dir: Path, office: BurnOffice) -> Iterator[Clerk]:
    clerk = Clerk(bench(), state_dir, office)
    yield clerk
    for run in clerk.started:
        run.close()


def test_what_the_order_names_is_burned_and_nothing_is_typed(clerk: Clerk, office: BurnOffice) -> None:
    assert clerk.burned()["result"] == "PASS"
    (letter,) = letters(clerk.state_dir)
    assert (letter["kind"], letter["order"], letter["unit"]) == ("stock", NO, None)
    assert letter["image"] == {"name": "fj-r1-1.4.2.bin", "version": "1.4.2", "sha256": DIGEST, "size_bytes": 65536}
    assert (letter["target"], letter["after_sha256"]) == ("W25Q64JV", DIGEST)
    assert {got.token for got in office.got} == {"Bearer secret"}


def test_it_is_burned_and_proved_as_the_order_has_it(clerk: Clerk, office: BurnOffice) -> None:
    office.order |= {"quantity": 9, "taken": 9}
    new = {"backup": False, "proof": "readback_interleaved", "erase": "none"}
    office.order["options"] = new
    clerk.box.control("socket", programmer="prog", unit="FJR126110003")
    failed = clerk.burned(code=1)
    assert failed["failure"]["step"] == "blank_check", "that unit's chip is not new"
    clerk.put_in()
    office.order["options"] = {"erase": "all", "protection": "BP=7"}
    assert clerk.burned()["result"] == "PASS"
    office.order["options"] = {"proof": "readback_interleaved", "lifts_protection": True}
    assert clerk.burned()["result"] == "PASS"
    office.order["options"] = {"erase": "all", "volume": 11}
    assert "cannot be read" in clerk.burned(code=3)["message"]
    said = letters(clerk.state_dir)
    assert [(each["result"], each["proof"], bool(each["before_sha256"])) for each in said] == [
        ("FAIL", "none", False),
        ("PASS", "readback_final", True),
        ("PASS", "readback_interleaved", True),
    ]
    moved = [{stage["name"]: stage["bytes_moved"] for stage in each["stages"]} for each in said]
    assert moved[1]["erase"] == moved[1]["blank_check"] == moved[1]["program"] == 65536 and "protect" in moved[1]
    assert moved[2]["erase"] == moved[2]["program"] == 0 and "unprotect" in moved[2]


def test_no_more_is_burned_than_was_taken_and_the_accounts_add_up(clerk: Clerk, office: BurnOffice) -> None:
    assert clerk.burned()["result"] == "PASS"
    assert clerk.burned()["result"] == "PASS"
    assert "no IC is in hand" in clerk.burned(code=3)["message"]
    code, complaint, _ = clerk.hand_over("taken", 2)
    assert (code, "needs 1 more ICs (0 in hand), not 2" in complaint) == (2, True)
    code, _, told = clerk.hand_over("taken", 1)
    account = {"quantity": 3, "taken": 3, "good": 2, "scrapped": 0, "returned": 0, "set_aside": 0}
    assert (code, told["account"]) == (0, account)
    code, _, told = clerk.hand_over("scrapped", 1, "--reason=damaged")
    assert (code, told["account"]["scrapped"]) == (0, 1)
    assert clerk.hand_over("returned", 1)[0] == 2
    assert clerk.hand_over("taken", 1)[0] == 0
    assert clerk.burned()["result"] == "PASS"
    assert "is done: 3 of 3 are good" in clerk.burned(code=3)["message"]
    told_letters = [(each["schema"], each.get("event")) for each in letters(clerk.state_dir)]
    assert [event for _, event in told_letters] == [None, None, "taken", "scrapped", "taken", None]
    assert len(office.asked("/v1/images/")) == 1


def test_what_is_said_twice_at_once_moves_one_ic(clerk: Clerk, office: BurnOffice) -> None:
    office.order |= {"quantity": 3, "taken": 0}
    words = ["custody", NO, "taken", "3", "--operator=李雷", "--json"]
    both = [clerk._start(*words).process for _ in range(4)]
    told = [process.communicate() for process in both]
    assert sorted(process.returncode for process in both) == [0, 2, 2, 2], told
    burn_id = "01890a5d-ac96-774b-bcce-b302099a8057"
    scrapped = ("scrapped", 1, "--reason=burn_failed", f"--after-burn={burn_id}")
    assert clerk.hand_over(*scrapped)[0] == 0
    code, complaint, _ = clerk.hand_over(*scrapped)
    assert (code, "scrapped already" in complaint) == (2, True)


def test_ics_are_taken_for_no_order_that_has_ended(clerk: Clerk, office: BurnOffice) -> None:
    office.order |= {"state": "cancelled", "taken": 0}
    code, complaint, _ = clerk.hand_over("taken", 1)
    assert (code, "is cancelled" in complaint) == (2, True)
    assert letters(clerk.state_dir) == []


def test_an_order_for_a_unit_whose_ics_are_taken_is_burned_with_one_of_them_alone(
    clerk: Clerk, office: BurnOffice
) -> None:
    unit = {"family": "FJ-R1", "serial": UNIT, "id": "d5ce6e11-4d4d-59f8-aaa4-fe1ae43c0134"}
    office.order |= {"kind": "unit", "unit": unit, "quantity": 1, "taken": 1, "scrapped": 1}
    assert "no IC is in hand" in clerk.burned(f"--unit={UNIT}", code=3)["message"]
    assert clerk.hand_over("taken", 1)[0] == 0
    assert clerk.burned(f"--unit={UNIT}")["result"] == "PASS"


def test_every_ic_gets_a_number_of_its_own_and_its_checksum(clerk: Clerk, office: BurnOffice) -> None:
    office.order["serialisation"] = SERIALISATION
    for _ in range(2):
        clerk.burned()
    first, second = letters(clerk.state_dir)
    assert (first["serial_numbers"], second["serial_numbers"]) == (["FJ000100"], ["FJ000101"])
    assert first["image"]["file_sha256"] == DIGEST
    assert first["after_sha256"] == first["image"]["sha256"] != second["image"]["sha256"]
    assert len(office.asked("/v1/leases")) == 1


def test_a_number_of_a_chip_that_was_not_touched_goes_into_the_next(clerk: Clerk, office: BurnOffice) -> None:
    office.order["serialisation"] = SERIALISATION
    clerk.box.control("socket", programmer="prog", empty=True)
    clerk.burned(code=3)
    clerk.put_in()
    clerk.burned()
    assert [each["serial_numbers"] for each in letters(clerk.state_dir)] == [[], ["FJ000100"]]


def test_a_number_that_may_have_been_written_is_never_used_again(
    bench: OpenBench, state_dir: Path, office: BurnOffice
) -> None:
    office.order["serialisation"] = SERIALISATION
    clerk = Clerk(bench(time_scale=0.25), state_dir, office)
    played = clerk.burn()
    played.until_event("stage_started", stage="program")
    os.kill(played.process.pid, signal.SIGKILL)
    played.process.wait()
    clerk.put_in()
    clerk.burned()
    cut, done = letters(state_dir)
    assert (cut["result"], cut["serial_numbers"]) == ("ABORTED", ["FJ000100"])
    assert (done["result"], done["serial_numbers"]) == ("PASS", ["FJ000101"])
    for run in clerk.started:
        run.close()


def test_with_the_server_away_what_was_told_counts_until_it_expires(clerk: Clerk, office: BurnOffice) -> None:
    refused = clerk.burned(code=3, is_online=False)
    assert "is not on this station's disk" in refused["message"] and "无法连接服务器" in refused["zh"]
    clerk.burned()
    assert clerk.burned(is_online=False)["result"] == "PASS"
    now = datetime.now(UTC)
    office.order |= {"issued_at": stamp(now - timedelta(days=2)), "expires_at": stamp(now - timedelta(days=1))}
    office.order |= {"taken": 3}
    clerk.burned()
    assert "expired at" in clerk.burned(code=3, is_online=False)["message"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"state": "closed"}, "is closed: only what is approved is burned"),
        ({"target": "X99"}, "X99, which this station does not know"),
        (
            {"kind": "unit", "unit": {"family": "FJ-R1", "serial": UNIT, "id": "d5ce6e11-4d4d-59f8-aaa4-fe1ae43c0134"}},
            f"is for the IC of {UNIT}, and no unit was scanned",
        ),
    ],
    ids=["closed", "unknown target", "for a unit"],
)
def test_an_order_that_cannot_be_burned_begins_nothing(
    clerk: Clerk, office: BurnOffice, changes: dict[str, Any], problem: str
) -> None:
    office.order |= changes
    refused = clerk.burned(code=2 if "target" in changes else 3)
    assert refused["event"] == "refused" and problem in refused["message"]
    assert CHINESE.search(refused["zh"]), refused
    assert letters(clerk.state_dir) == []


def test_an_image_that_came_damaged_is_not_burned(clerk: Clerk, office: BurnOffice) -> None:
    office.image = IMAGE[:-1]
    refused = clerk.burned(code=3)
    assert "is not what the order names" in refused["message"] and "与委托单不一致" in refused["zh"]
    assert letters(clerk.state_dir) == []


def test_a_withdrawn_image_is_burned_by_no_order_and_without_one(clerk: Clerk, tmp_path: Path) -> None:
    golden = json.loads((Path(__file__).parents[3] / "fixtures/wire/v1/golden/state-orders.json").read_bytes())
    golden["withdrawn_images"][0] |= {"sha256": DIGEST, "content_sha256": DIGEST, "reason": "收音机死机"}
    clerk.state_dir.mkdir(exist_ok=True)
    (clerk.state_dir / "state.json").write_text(json.dumps(golden))
    refused = clerk.burned(code=3)
    assert "收音机死机" in refused["message"]
    image = tmp_path / "same.bin"
    image.write_bytes(IMAGE)
    words = ["burn", str(image), "--target=W25Q64JV", "--programmer=prog", "--operator=李雷", "--events"]
    ad_hoc = start_station(clerk.state_dir, [*words, f"--bench={clerk.box.bench_file}"])
    assert ad_hoc.end() == 3
    assert "收音机死机" in ad_hoc.last["message"]
    ad_hoc.close()


def test_a_socket_without_contact_is_stopped_after_three_chips(clerk: Clerk) -> None:
    clerk.box.control("socket", programmer="prog", empty=True)
    for _ in range(3):
        clerk.burned(code=3)
    assert len(letters(clerk.state_dir)) == 3
    clerk.put_in()
    assert "lost contact with 3 of the last 3 chips" in clerk.burned(code=3)["message"]
    assert len(letters(clerk.state_dir)) == 3

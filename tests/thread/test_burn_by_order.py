"""A burn order from the page that requests it to the accounts that close it: real server, station and programmer."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

from fixtures.demo.story import GOOD, Story
from tests.conftest import ROOT

MakeStage = Callable[[float], Story]
PROGRAM = bytes(range(256)) * 256
SHA256 = hashlib.sha256(PROGRAM).hexdigest()


class Writer:
    """Somebody who fills in the server's forms."""

    def __init__(self, story: Story, name: str) -> None:
        self._client = story.office.log_in(name)
        del self._client.headers["X-CSRF-Token"]

    def send(self, form: str, path: str, files: dict[str, Any] | None = None, **fields: str) -> httpx.Response:
        """The form on the page ``form``, to ``path``; fails the test unless it was taken."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', self._client.get(form).text)
        assert csrf is not None
        answer = self._client.post(path, data={"csrf": csrf[1], **fields}, files=files)
        assert answer.status_code == 303, answer.text
        return answer

    def close(self) -> None:
        self._client.close()

    def read(self, path: str) -> httpx.Response:
        return self._client.get(path)


def station(story: Story, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "station.cli", *words, "--bench", str(story.bench_file), "--operator", "李雷"]
    done = subprocess.run(
        command, cwd=ROOT, env=story.processes.environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def approved_order(engineer: Writer, supervisor: Writer) -> str:
    """Three ICs for stock of an image that was uploaded, tried and approved; the order's number."""
    upload = {"version": "1.4.2", "sha256": SHA256, "note": ""}
    engineer.send("/images/new", "/images", files={"file": ("fj-r1.bin", PROGRAM)}, **upload)
    page = f"/images/{SHA256}"
    engineer.send(page, f"{page}/tests", evidence="FJR126110001, PASS")
    supervisor.send(page, f"{page}/approvals", product="FJ-R1", board_revision="B", target="W25Q64JV", recipe="")
    form = engineer.read("/burn-orders/new").text
    approval = re.search(r'<option value="([0-9a-f-]{36})"', form)
    assert approval is not None
    made = engineer.send("/burn-orders/new", "/burn-orders", approval=approval[1], kind="stock", quantity="2")
    no = made.headers["location"].rpartition("/")[2]
    supervisor.send(f"/burn-orders/{no}", f"/burn-orders/{no}/approval")
    return no


def test_an_order_is_burned_as_it_was_approved_and_its_accounts_add_up_on_both_sides(make_stage: MakeStage) -> None:
    story = make_stage(0.0)
    engineer, supervisor = Writer(story, "demo-engineer"), Writer(story, "zhao")
    no = approved_order(engineer, supervisor)
    story.box.ask("socket", programmer="prog", unit=GOOD)
    burn = ("burn", "--order", no, "--programmer", "prog", "--events")
    assert "no IC is in hand" in station(story, *burn, code=3)
    station(story, "custody", no, "taken", "2", "--json")
    told = [json.loads(line) for line in station(story, *burn).splitlines()]
    assert told[-1]["result"] == "PASS"
    done = json.loads(station(story, "custody", no, "scrapped", "1", "--reason", "damaged", "--json"))
    assert done["account"] == {"quantity": 2, "taken": 2, "good": 1, "scrapped": 1, "returned": 0, "set_aside": 0}

    def accounts() -> str:
        return re.sub(r"<[^>]+>|\s+", " ", supervisor.read(f"/burn-orders/{no}").text)

    until = time.monotonic() + 30
    while not (burned := supervisor.read(f"/v1/letters/{told[-1]['burn_id']}")).is_success and time.monotonic() < until:
        time.sleep(0.05)
    letter = burned.json()
    assert (letter["order"], letter["after_sha256"], letter["image"]["sha256"]) == (no, SHA256, SHA256)
    while "damaged" not in accounts().lower() and "损坏" not in accounts() and time.monotonic() < until:
        time.sleep(0.05)
    supervisor.send(f"/images/{SHA256}", f"/images/{SHA256}/withdrawal", reason="no sound after 3 h")
    assert "withdrawn" in station(story, *burn, code=3)
    for person in (engineer, supervisor):
        person.close()

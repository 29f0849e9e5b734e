"""A burn order from the page that requests it to the accounts that close it: real server, station and programmer."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from fixtures.demo.orders import approve_image, order_burn
from fixtures.demo.story import GOOD, Story
from fixtures.demo.writer import Writer
from tests.conftest import ROOT

MakeStage = Callable[[float], Story]
PROGRAM = bytes(range(256)) * 256
SHA256 = hashlib.sha256(PROGRAM).hexdigest()


def station(story: Story, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "station.cli", *words, "--bench", str(story.bench_file), "--operator", "李雷"]
    done = subprocess.run(
        command, cwd=ROOT, env=story.processes.environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_an_order_is_burned_as_it_was_approved_and_its_accounts_add_up_on_both_sides(
    make_stage: MakeStage, tmp_path: Path
) -> None:
    story = make_stage(0.0)
    image = tmp_path / "fj-r1.bin"
    image.write_bytes(PROGRAM)
    engineer, supervisor = Writer(story.office, "demo-engineer"), Writer(story.office, "zhao")
    no = order_burn(engineer, supervisor, approve_image(engineer, supervisor, image), kind="stock", quantity="2")
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

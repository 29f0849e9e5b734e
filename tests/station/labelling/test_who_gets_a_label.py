"""Which runs may have a label: PASS, on its way out, with its letter in the outbox; no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from station.config.settings import Settings
from station.outbox.label_book import LabelBook
from station.outbox.label_facts import LabelFacts
from station.outbox.spool import Spool
from tests.conftest import ROOT
from tests.label_bench import label_world

GOOD, LEAKING = "FJR126110003", "FJR126110002"


@pytest.fixture
def box(bench: Callable[..., Any], tmp_path: Path) -> Any:
    return bench(world=label_world(tmp_path))


def played(box: Any, folder: Path, serial: str, purpose: str) -> dict[str, Any]:
    """The last word of a run."""
    box.control("insert", unit=serial)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FANJI_")}
    command = [sys.executable, "-m", "station.cli", "run", serial, "--bench", str(box.bench_file)]
    command += ["--product", "FJ-R1", "--operator", "王芳", "--purpose", purpose, "--tick", "all", "--events"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment | {"FANJI_STATE_DIR": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
    )
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last


def test_a_pass_on_its_way_out_may_have_a_label_and_the_run_prints_none_itself(box: Any, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "state", "", None)
    finished = played(box, settings.state_dir, GOOD, "outgoing")
    assert finished["verdict"] == "PASS", finished
    facts = LabelBook(settings.labels, LabelFacts).facts_of(finished["run_id"])
    assert facts is not None
    assert (facts.serial, facts.product, facts.is_marginal) == (GOOD, "FJ-R1", False)
    assert facts.values["firmware_version"] == "1.4.2"
    assert finished["run_id"] in Spool(settings.outbox).last_fates(5)
    assert box.control("printer", device="printer")["printed"] == []


@pytest.mark.parametrize(("serial", "purpose", "verdict"), [(LEAKING, "outgoing", "FAIL"), (GOOD, "incoming", "PASS")])
def test_a_fail_and_a_unit_that_comes_in_have_none(
    box: Any, tmp_path: Path, serial: str, purpose: str, verdict: str
) -> None:
    settings = Settings(tmp_path / "state", "", None)
    finished = played(box, settings.state_dir, serial, purpose)
    assert finished["verdict"] == verdict, finished
    assert LabelBook(settings.labels, LabelFacts).facts_of(finished["run_id"]) is None

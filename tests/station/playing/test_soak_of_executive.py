"""A fiftieth of the soak of the executive: struck at random, outputs go off, records arrive once and nothing passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.executive import TRIALS, storm
from tests.soak.executive_world import missing_of


def test_runs_that_are_struck_at_random_leave_outputs_off_and_one_record_each(tmp_path: Path) -> None:
    findings = storm(tmp_path, TRIALS // 50, seed=7, at_once=2)
    assert [f"{found.name}: {found.note}" for found in findings if not found.holds] == []
    assert sum(found.tried for found in findings if found.name == "records lost") >= 15


@pytest.mark.parametrize(
    ("event", "change"),
    [("measured", {"outcome": "FAIL"}), ("step_finished", {"outcome": "ERROR"}), ("run_started", None)],
)
def test_a_pass_without_its_evidence_is_seen(event: str, change: dict[str, str] | None) -> None:
    start = {
        "event": "run_started",
        "unit": {"serial": "FJR126110003"},
        "measurements": [{"name": "idle", "required": True}],
        "steps": [{"name": "boot"}],
    }
    events = [
        start,
        {"event": "measured", "name": "idle", "outcome": "PASS"},
        {"event": "step_finished", "step": "boot", "outcome": "PASS"},
    ]
    assert missing_of(start, events) == []
    if change is None:
        assert missing_of(start | {"unit": {"serial": "FJR126110002"}}, events) == ["a good unit"]
        return
    broken = [one | change if one["event"] == event else one for one in events]
    assert len(missing_of(start, broken)) == 1
    assert len(missing_of(start, [one for one in events if one["event"] != event])) == 1

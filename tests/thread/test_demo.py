"""The demonstration from its front door."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_the_demonstration_ends_by_itself_with_every_record_on_the_server(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fixtures.demo", "--once", "--folder", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["ok"] is True
    assert counts["verdicts"] == {"ERROR": 1, "FAIL": 1, "PASS": 1}
    assert (counts["letters"], counts["receipts"]) == (5, 5)
    assert (counts["burns"], counts["orders"], counts["ics_taken"]) == (1, 2, 3)
    assert "dark_current" in done.stderr

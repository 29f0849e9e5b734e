"""What is rehearsed is a whole run of which nothing is kept, and which nobody could take for a PASS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

CODE = """
import os, signal
from station.link.clock import SystemClock
from station.playing.rehearsal import rehearse_playing, rehearse_run
before = {number: signal.getsignal(number) for number in signal.valid_signals()}
print(*rehearse_run(SystemClock(), times=2))
rehearse_playing(SystemClock(), times=2)
assert before == {number: signal.getsignal(number) for number in signal.valid_signals()}
"""
STRUCK = """
import os, signal, threading
from station.link.clock import SystemClock
from station.playing.rehearsal import rehearse_run
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
try:
    rehearse_run(SystemClock(), times=10_000)
except KeyboardInterrupt as signal_that_came:
    print(signal_that_came)
"""


@pytest.mark.parametrize(("code", "said"), [(CODE, "ERROR ERROR"), (STRUCK, "SIGTERM")])
def test_a_rehearsal_passes_nothing_keeps_nothing_and_heeds_a_signal(tmp_path: Path, code: str, said: str) -> None:
    state_dir, folder = tmp_path / "state", tmp_path / "temporary"
    folder.mkdir()
    environment = os.environ | {"FANJI_STATE_DIR": str(state_dir), "TMPDIR": str(folder)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == said
    assert done.stderr == ""
    assert not state_dir.exists() and list(folder.iterdir()) == []

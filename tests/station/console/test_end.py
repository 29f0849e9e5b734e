"""A console that is told to end ends soon, and leaves no run behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

PROGRAM = Path(__file__).parent / "speaking_console.py"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    root = str(PROGRAM.parents[3])
    environment = os.environ | {"PYTHONPATH": root}
    started = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    with started:
        yield started
        started.kill()


def client_of(process: subprocess.Popen[str]) -> httpx.Client:
    assert process.stdout is not None
    url = process.stdout.readline().split()[1]
    return httpx.Client(base_url=url, headers={"Origin": url}, timeout=10, trust_env=False)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_console_with_its_run_while_a_page_is_open(
    process: subprocess.Popen[str], ending: signal.Signals
) -> None:
    with client_of(process) as client:
        client.post("/commands/sign-on", json={"name": "王芳"})
        client.post("/commands/start", json={"serial": "GOOD1"})
        heard: list[str] = []
        page = threading.Thread(target=listen, args=(str(client.base_url), heard))
        page.start()
        wait_until(lambda: "prompted" in "".join(heard))
        began = time.monotonic()
        process.send_signal(ending)
        process.wait(10)
        assert time.monotonic() - began < 5
        page.join(5)
    children = subprocess.run(["pgrep", "-f", "protocol_speaker.py GOOD1 "], check=False, capture_output=True)
    assert children.stdout == b""


def listen(url: str, heard: list[str]) -> None:
    try:
        with httpx.stream("GET", f"{url}/events", timeout=10, trust_env=False) as response:
            heard.extend(response.iter_text())
    except httpx.HTTPError:
        heard.append("cut")


def wait_until(is_met: object) -> None:
    assert callable(is_met)
    deadline = time.monotonic() + 10
    while not is_met():
        assert time.monotonic() < deadline
        time.sleep(0.02)

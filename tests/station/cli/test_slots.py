"""The commands at a bench of two slots: each says which it is of, and the doctor looks at all."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT, Bench
from tests.station.playing.run_process import start_station

LEFT, RIGHT = "FJR126110001", "FJR126110002"


@pytest.fixture
def box(bench: Callable[..., Bench]) -> Bench:
    started = bench("two-slots")
    started.control("insert", unit=LEFT, jig="left")
    started.control("insert", unit=RIGHT, jig="right")
    return started


def said_by_doctor(box: Bench, folder: Path) -> tuple[int, list[str]]:
    environment = {"FANJI_STATE_DIR": str(folder / "state"), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "station.cli", "doctor", "--bench", str(box.bench_file)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.splitlines()


@contextmanager
def console(box: Bench, folder: Path, slot: str) -> Iterator[httpx.Client]:
    arguments = ["console", "--bench", str(box.bench_file), "--slot", slot, "--port", "0"]
    with closing(start_station(folder / "state", arguments)) as started:
        assert started.process.stdout is not None
        url = started.process.stdout.readline().split()[1]
        try:
            with httpx.Client(base_url=url, headers={"Origin": url}, timeout=30, trust_env=False) as client:
                yield client
        finally:
            started.process.terminate()
            started.process.wait(30)


def test_the_doctor_looks_at_every_slot_and_at_what_they_share(box: Bench, tmp_path: Path) -> None:
    code, lines = said_by_doctor(box, tmp_path)
    assert code == 0
    for slot in ("left", "right"):
        assert f"ok      slot {slot:11} 5 roles, shares dmm, psu, relays with others" in lines
    assert len([line for line in lines if line.startswith("ok      FJ-R1 ")]) == 2
    assert any(line.startswith("ok      psu ") for line in lines)


def test_the_doctor_finds_an_output_of_several_slots_that_takes_one_client(box: Bench, tmp_path: Path) -> None:
    with single_client(*box.endpoint("psu")) as port:
        text = box.bench_file.read_text(encoding="utf-8")
        box.bench_file.write_text(text.replace(box.address["psu"], f"tcp://127.0.0.1:{port}"), encoding="utf-8")
        code, lines = said_by_doctor(box, tmp_path)
    assert code == 3
    (line,) = [line for line in lines if line.startswith("PROBLEM psu ")]
    assert "must answer two clients at once" in line


def test_the_page_of_a_slot_plays_in_that_slot(box: Bench, tmp_path: Path) -> None:
    with console(box, tmp_path, "right") as client:
        assert client.get("/state").json()["bench"]["slots"] == ["right"]
        assert client.post("/commands/sign-on", json={"name": "王芳"}).status_code == 204
        order = {"serial": RIGHT, "product": "FJ-R1"}
        assert client.post("/commands/start", json=order).status_code == 204
        deadline, entries = time.monotonic() + 60, []
        while not any(entry["event"] == "step_finished" for entry in entries):
            assert time.monotonic() < deadline, entries
            time.sleep(0.05)
            entries = client.get("/state").json()["runs"][0]["entries"]
        assert (entries[0]["event"], entries[0]["slot"]) == ("run_started", "right")
        assert box.control("truth", jig="right")["b_plus_v"] > 10
        assert box.control("truth", jig="left")["b_plus_v"] == 0
        assert client.post("/commands/abort", json={}).status_code == 204


def test_a_page_of_a_slot_that_there_is_not_is_refused(box: Bench, tmp_path: Path) -> None:
    arguments = ["console", "--bench", str(box.bench_file), "--port", "0", "--slot", "middle"]
    with closing(start_station(tmp_path / "state", arguments)) as started:
        assert started.end() == 2
        assert "left, right" in started.complaint()


def test_a_run_at_a_bench_of_several_slots_is_not_recorded(box: Bench, tmp_path: Path) -> None:
    arguments = ["run", LEFT, "--bench", str(box.bench_file), "--product", "FJ-R1", "--operator", "X", "--events"]
    more = ["--slot", "left", "--record", str(tmp_path / "recording")]
    with closing(start_station(tmp_path / "state", [*arguments, *more])) as started:
        assert started.end() == 2
        assert "recorded at a bench of one slot" in started.last["message"]
    assert not (tmp_path / "recording").exists()


@contextmanager
def single_client(host: str, port: int) -> Iterator[int]:
    """A port before another one, as of an instrument that hangs up on whoever comes while it has a client."""
    code = f"""
import socket, selectors
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
chooser = selectors.DefaultSelector()
chooser.register(listener, selectors.EVENT_READ)
pair = {{}}
while True:
    for key, _ in chooser.select():
        if key.fileobj is listener:
            client, _ = listener.accept()
            if pair:
                client.close()
                continue
            device = socket.create_connection(("{host}", {port}))
            pair = {{client: device, device: client}}
            for one in pair:
                chooser.register(one, selectors.EVENT_READ)
        elif key.fileobj in pair:
            data = key.fileobj.recv(65536)
            if data:
                pair[key.fileobj].sendall(data)
            else:
                for one in pair:
                    chooser.unregister(one)
                    one.close()
                pair = {{}}
"""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdout=pipe, text=True) as before:
        assert before.stdout is not None
        try:
            yield int(before.stdout.readline())
        finally:
            before.kill()

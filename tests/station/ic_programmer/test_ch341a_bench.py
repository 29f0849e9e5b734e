"""A CH341A of a bench file: the clerk's command burns through it as through any other programmer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Bench, start_bench
from tests.station.link.link_kinds import USB_BACKEND
from tests.station.playing.run_process import letters, start_station

WORLD = """
[world]
seed = 1
bench = "ch341a.bench.toml"

[devices.prog]
kind = "ch341a"
"""
BENCH = """
[bench]
name = "Burning place"
station_id = "burning-1"
slot = "table"
usb_backend = "${usb_backend}"

[programmers.prog]
driver = "ch341a"
address = "${prog}"
sockets = ["clip-1"]
level_v = 3.3
"""


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
    (tmp_path / "ch341a.bench.toml").write_text(BENCH, encoding="utf-8")
    (tmp_path / "ch341a.world.toml").write_text(WORLD, encoding="utf-8")
    started = start_bench(tmp_path / "ch341a.world.toml", tmp_path / "bench.toml", 0.0)
    started.control("socket", programmer="prog", chip="W25Q80DV")
    yield started
    started.stop()


def test_the_clerks_command_burns_through_it(box: Bench, tmp_path: Path) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(hashlib.shake_256(b"image").digest(5000))
    where = ["--target", "W25Q80DV", "--programmer", "prog", "--bench", str(box.bench_file)]
    run = start_station(tmp_path / "state", ["burn", str(image), *where, "--operator", "李雷", "--events"])
    assert run.end() == 0, run.complaint()
    run.close()
    (letter,) = letters(tmp_path / "state")
    assert letter["after_sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()
    assert (letter["programmer"]["model"], letter["result"]) == ("CH341A", "PASS")
    looked = start_station(tmp_path / "state", ["verify", str(image), *where, "--json"])
    assert looked.end() == 0, looked.complaint()
    looked.close()

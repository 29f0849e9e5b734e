"""A device with plain DFU at a bench file's dfu: the clerk's commands treat it as any other IC."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.bench.programmer import look_at_programmer
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock
from tests.conftest import Bench, start_bench
from tests.station.link.link_kinds import USB_BACKEND
from tests.station.playing.run_process import letters, start_station

WORLD = """
[world]
seed = 1
bench = "dfu.bench.toml"

[devices.unit]
kind = "firmware_slot"
serial = "00c0ffee"
"""
BENCH = """
[bench]
name = "Burning place"
station_id = "burning-1"
slot = "table"
usb_backend = "${usb_backend}"

[programmers.unit]
driver = "dfu"
address = "${unit}"
sockets = ["usb-1"]
level_v = 3.3
"""


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
    (tmp_path / "dfu.bench.toml").write_text(BENCH, encoding="utf-8")
    (tmp_path / "dfu.world.toml").write_text(WORLD, encoding="utf-8")
    started = start_bench(tmp_path / "dfu.world.toml", tmp_path / "bench.toml", 0.0)
    yield started
    started.stop()


def told(box: Bench, state: Path, *words: str) -> tuple[int, str]:
    """Exit code and what was said last, as JSON."""
    played = start_station(state, [*words, "--programmer", "unit", "--bench", str(box.bench_file)])
    try:
        code = played.end()
        return code, json.dumps(played.events[-1], ensure_ascii=False)
    finally:
        played.close()


def test_a_firmware_is_burned_compared_and_identified_through_the_clerks_commands(box: Bench, tmp_path: Path) -> None:
    image, state = tmp_path / "firmware-1.0.bin", tmp_path / "state"
    image.write_bytes(hashlib.shake_256(b"firmware").digest(3000))
    target = ("--target", "FJ-DFU1")
    code, said = told(box, state, "burn", str(image), *target, "--operator", "李雷", "--events")
    assert code == 0, said
    (letter,) = letters(state)
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    assert (letter["proof"], letter["after_sha256"], letter["target"]) == ("readback_final", digest, "FJ-DFU1")
    assert box.control("mcu", device="unit") == {"ok": True, "sha256": digest, "bytes": 3000, "uses": 1}
    assert told(box, state, "verify", str(image), *target, "--json")[0] == 0
    code, said = told(box, state, "identify", "--json")
    assert code == 0 and "FJ-DFU1" in said and "00C0FFEE" in said
    assert look_at_programmer(read_bench_file(box.bench_file), "unit", SystemClock()) == "USB bootloader 1209:0003"
    code, said = told(box, state, "erase", *target, "--yes", "FJ-DFU1", "--operator", "李雷", "--events")
    assert code != 0 and box.control("mcu", device="unit")["sha256"] == digest, said

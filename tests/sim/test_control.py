"""The bench process: its control socket, its world file's mistakes, and the tie from supply to meter."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.images import make_image
from fixtures.sim.world_file import WorldFileError, read_world
from tests.conftest import ROOT, WORLDS, Bench

Start = Callable[..., Bench]
DEMO = WORLDS / "demo.world.toml"
GOOD, BROKEN = "FJR126110003", "FJR126110001"

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"op": "explode"}, "op must be one of insert"),
    ({"op": "insert", "unit": "X"}, "unit must be one of FJR126110001"),
    ({"op": "insert", "unit": ["X"]}, "unhashable"),
    ({"op": "fault", "device": "x", "fault": "drop"}, "device must be one of psu"),
    ({"op": "fault", "device": "psu", "fault": "x"}, "fault must be one of drop"),
    ({"op": "fault", "device": "psu", "fault": "drop", "on": 1}, "on must be true or false"),
    ({"op": "fault", "device": "psu", "fault": "drop", "often": 1}, "often is no parameter"),
    ({"op": "fault", "device": "psu", "fault": "drop", "count": "two"}, "count must be like 0"),
    ({"op": "fault", "device": "prog", "fault": "stuck_bit"}, "the socket of prog is empty"),
    ({"op": "unit_fault", "unit": "FJR126110001", "fault": "x"}, "fault must be one of leaking_standby"),
    ({"op": "socket", "programmer": "x"}, "programmer must be one of prog"),
    ({"op": "socket", "programmer": "prog", "chip": "27C512"}, "chip must be one of W25Q64JV"),
    ({"op": "socket", "programmer": "prog"}, "say unit, chip or empty"),
    ({"op": "estop", "pressed": 1}, "pressed must be true or false"),
]


def scpi(bench: Bench, device: str, text: str) -> str:
    """Send ``text``; the last line that comes back, or nothing for a command."""
    with socket.create_connection(bench.endpoint(device), timeout=5) as line:
        line.sendall(text.encode() + b"\n*OPC?\n")
        answers = line.makefile()
        answer = answers.readline().strip()
        return f"{answer} {answers.readline().strip()}".strip() if "?" in text else answer


def power_up(bench: Bench, volts_v: float = 14.4) -> None:
    scpi(bench, "psu", f"INST OUT1;:APPL {volts_v},2;:OUTP ON")
    scpi(bench, "psu", f"INST OUT2;:APPL {volts_v},1;:OUTP ON")


def service(bench: Bench, request: bytes) -> bytes:
    """One request to the service port; b'' where the unit is silent."""
    path = bench.address["dut"].removeprefix("serial://").partition("?")[0]
    line = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(line, request + b"\n")
        return os.read(line, 100) if select.select([line], [], [], 0.5)[0] else b""
    finally:
        os.close(line)


def test_the_written_bench_file_has_the_addresses_and_serial_numbers_of_this_world(bench: Start) -> None:
    box = bench()
    written = tomllib.loads(box.bench_file.read_text(encoding="utf-8"))
    assert {name: row["address"] for name, row in written["instruments"].items()} == {
        name: box.address[name] for name in ("psu", "dmm", "dut")
    }
    assert written["programmers"]["prog"]["address"] == box.address["prog"]
    for name in ("psu", "dmm"):
        identity = written["instruments"][name]["identity"]
        words = scpi(box, name, "*IDN?").split(",")
        assert words[:3] == [identity["maker"], identity["model"], identity["serial"]]


def test_what_the_supply_is_set_to_is_what_the_truth_and_the_unit_say(bench: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    power_up(box)
    truth = box.truth()
    assert (truth["unit"], truth["state"]) == (GOOD, "awake")
    assert truth["outputs"]["1"]["volts_v"] == pytest.approx(14.4, abs=0.02)
    assert truth["b_plus_v"] == pytest.approx(14.4 - 0.15 * truth["outputs"]["1"]["current_a"], abs=0.02)
    assert service(box, b"GET serial") == f"OK {GOOD}\r\n".encode()


def test_the_meter_reads_at_the_unit_what_the_supply_delivers(bench: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    power_up(box)
    with socket.create_connection(box.endpoint("dmm"), timeout=5) as line:
        answers = line.makefile()
        readings = []
        for channel in (1, 3, 4, 7):
            line.sendall(f"ROUT:CLOS (@{channel})\nMEAS:VOLT:DC?\n".encode())
            readings.append(float(answers.readline()))
    truth = box.truth()
    assert readings[0] == pytest.approx(truth["b_plus_v"], abs=0.005)
    assert readings[1:3] == pytest.approx([5.02, 3.31], rel=0.01)
    assert readings[3] == pytest.approx(truth["outputs"]["1"]["current_a"] * 0.1, abs=0.0005)


def test_the_truth_says_when_an_output_was_last_changed(bench: Start) -> None:
    box = bench()
    power_up(box)
    before = time.monotonic()
    scpi(box, "psu", "INST OUT1;:OUTP OFF")
    output = box.truth()["outputs"]["1"]
    assert not output["is_on"] and output["volts_v"] == 0.0
    assert before <= output["changed_at"] <= time.monotonic()


def test_a_removed_unit_is_gone_and_has_lost_its_power(bench: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    power_up(box)
    box.control("remove")
    assert box.truth()["unit"] is None
    assert service(box, b"PING") == b""


def test_a_unit_fault_can_be_switched_while_the_unit_runs(bench: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    power_up(box)
    box.control("unit_fault", unit=GOOD, fault="phones_paired")
    assert service(box, b"GET phones") == b"OK 2\r\n"
    box.control("unit_fault", unit=GOOD, fault="phones_paired", on=False)
    assert service(box, b"GET phones") == b"OK 0\r\n"


def test_a_unit_with_a_damaged_image_lives_again_when_its_chip_is_burned_over_the_clip(bench: Start) -> None:
    box = bench()
    box.control("insert", unit=BROKEN)
    power_up(box)
    assert box.truth()["state"] == "dead"
    box.control("socket", programmer="prog", unit=BROKEN)
    image = make_image("1.4.1")
    _burn(box, image[0x2000:0x3000], 0x2000)
    scpi(box, "psu", "INST OUT2;:OUTP OFF;:OUTP ON")
    assert box.truth()["state"] == "awake"
    assert service(box, b"GET firmware") == b"OK 1.4.1\r\n"


def test_a_socket_holds_a_units_chip_a_loose_one_or_none(bench: Start) -> None:
    box = bench()
    box.control("socket", programmer="prog", unit=GOOD)
    first = box.truth()["sockets"]["prog"]
    assert (first["holds"], first["chip"]) == (GOOD, "W25Q64JV")
    box.control("socket", programmer="prog", chip="W25X05")
    assert box.truth()["sockets"]["prog"]["chip"] == "W25X05"
    box.control("socket", programmer="prog", empty=True)
    assert box.truth()["sockets"]["prog"] == {"holds": "", "chip": None}


def test_a_request_that_cannot_be_done_says_why_and_the_next_is_served(bench: Start) -> None:
    box = bench()
    for request, problem in REFUSED:
        answer = box.request(**request)
        assert not answer["ok"] and problem in answer["problem"], request
    assert box.truth()["ok"]


def test_a_stuck_bit_outside_the_chip_is_refused(bench: Start) -> None:
    box = bench()
    box.control("socket", programmer="prog", chip="W25X05")
    answer = box.request("fault", device="prog", fault="stuck_bit", address="10000")
    assert answer == {"ok": False, "problem": "address must be below 0x10000"}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('kind = "hmp4040"', 'kind = "hmp4041"', "devices.psu.kind"),
        ('port = "pty"', 'port = "parallel"', "devices.dut.port"),
        ("seed = 20261", 'seed = "x"', "world.seed"),
        ("time_scale = 1.0", "time_scale = -1", "world.time_scale"),
        ("faults = []", 'faults = ["sad"]', "units.FJR126110003.faults"),
        ('name = "fanji-clip"', 'name = "a name that is much too long"', "devices.prog.name"),
        ("[wiring]", "[wirings]", "wirings"),
        ("acc = 2", "acc = 2\ngnd = 3", "wiring.gnd"),
        ("baud = 115200", "baud = 1.5", "devices.dut.baud"),
        ("[world]", "[world", "file"),
    ],
)
def test_a_mistake_in_a_world_file_names_the_file_and_the_field(tmp_path: Path, old: str, new: str, field: str) -> None:
    file = tmp_path / "bad.world.toml"
    text = DEMO.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WorldFileError) as caught:
        read_world(file)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{file}: {field}: ")


def test_the_command_reports_a_wrong_world_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fixtures.sim", "--world", str(tmp_path / "none.toml")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1 and "none.toml: file:" in ended.stderr


def _burn(box: Bench, data: bytes, start: int) -> None:
    """Erase one sector and write ``data`` page by page over the wire."""

    def spi(write: bytes) -> bytes:
        return b"\x13" + len(write).to_bytes(3, "little") + bytes(3) + write

    commands = spi(b"\x06") + spi(b"\x20" + start.to_bytes(3, "big"))
    for offset in range(0, len(data), 256):
        commands += spi(b"\x06") + spi(b"\x02" + (start + offset).to_bytes(3, "big") + data[offset : offset + 256])
    with socket.create_connection(box.endpoint("prog"), timeout=5) as line:
        line.sendall(commands)
        expected = 2 + 2 * (len(data) // 256)
        answer = b""
        while len(answer) < expected:
            answer += line.recv(4096)
    assert answer == b"\x06" * expected


def test_a_planted_figure_holds_until_it_is_taken_back(bench: Start) -> None:
    box = bench()
    box.control("insert", unit=GOOD)
    power_up(box)
    assert scpi(box, "dmm", "SENS:FUNC 'VOLT';:ROUT:CLOS (@3);:READ?") != ""
    drawn = float(scpi(box, "dmm", "READ?").split()[0])
    box.control("plant", unit=GOOD, trait="rail_5v_v", value=4.5)
    assert float(scpi(box, "dmm", "READ?").split()[0]) == pytest.approx(4.5, abs=0.001)
    box.control("plant", unit=GOOD, trait="rail_5v_v", value=None)
    assert float(scpi(box, "dmm", "READ?").split()[0]) == pytest.approx(drawn, abs=0.001)


@pytest.mark.parametrize(
    ("trait", "value"), [("rail_9v_v", 9.0), ("serial", 1.0), ("rail_5v_v", "high"), ("rail_5v_v", True)]
)
def test_only_a_figure_with_a_tolerance_can_be_planted(bench: Start, trait: str, value: object) -> None:
    assert not bench().request("plant", unit=GOOD, trait=trait, value=value)["ok"]

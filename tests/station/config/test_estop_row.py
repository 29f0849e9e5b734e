"""The emergency stop of a bench file: a line of its own, and one place on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.config.bench_file import read_bench_file
from station.config.estop_row import EstopRow
from station.model.errors import ConfigError

BENCH = """
[bench]
name = "Bench"
station_id = "bench-1"
slot = "slot-1"

[instruments.dut]
driver = "fj_service_port"
address = "serial:///dev/ttyUSB0?baud=115200"
"""


def estop_of(tmp_path: Path, table: str) -> EstopRow | None:
    file = tmp_path / "bench.toml"
    file.write_text(BENCH + table, encoding="utf-8")
    return read_bench_file(file).estop


def test_a_bench_without_an_e_stop_has_none(tmp_path: Path) -> None:
    assert estop_of(tmp_path, "") is None


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        ('address = "serial:///dev/ttyUSB1?baud=9600"\ninput = 1', "input 1 at serial:///dev/ttyUSB1?baud=9600"),
        ('address = "tcp://10.0.0.5:4001"\ninput = 8', "input 8 at tcp://10.0.0.5:4001"),
        ('address = "rfc2217://10.0.0.5:4001?baud=9600"\nline = "dsr"', "DSR at rfc2217://10.0.0.5:4001?baud=9600"),
    ],
)
def test_it_says_where_its_contact_is(tmp_path: Path, table: str, shown: str) -> None:
    assert str(estop_of(tmp_path, f"[estop]\n{table}\n")) == shown


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('address = "tcp://10.0.0.5:4001"', "either input or line"),
        ('address = "serial:///dev/ttyUSB1"\ninput = 1\nline = "cts"', "either input or line"),
        ('address = "tcp://10.0.0.5:4001"\nline = "cts"', "a TCP port has no modem lines"),
        ('address = "serial:///dev/ttyUSB1"\nline = "rts"', "rts"),
        ('address = "serial:///dev/ttyUSB1"\ninput = 0', "inputs count from 1"),
        ('address = "serial:///dev/ttyUSB0?baud=9600"\ninput = 1', "dut has the same address"),
        ('address = "can://socketcan/can0?send=0x7A0&receive=0x7A8"\ninput = 1', "is read over tcp"),
        ('address = "what"\ninput = 1', "what"),
        ('address = "tcp://10.0.0.5:4001"\ninput = 1\npolarity = "open"', "polarity"),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused(tmp_path: Path, table: str, problem: str) -> None:
    with pytest.raises(ConfigError, match="estop") as refused:
        estop_of(tmp_path, f"[estop]\n{table}\n")
    assert problem in str(refused.value)


def test_a_serial_port_that_only_one_slot_could_open_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bench.toml"
    table = '[estop]\naddress = "serial:///dev/ttyUSB1"\n'
    several = BENCH.replace('slot = "slot-1"\n', "").replace("ttyUSB0", "ttyUSB2") + "".join(
        f'[slots.{name}.roles.dut]\ninstrument = "dut"\n' for name in ("left", "right")
    )
    file.write_text(several + table + "input = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="2 slots cannot open one serial port"):
        read_bench_file(file)
    file.write_text(several + table + 'line = "cts"\n', encoding="utf-8")
    assert read_bench_file(file).estop is not None

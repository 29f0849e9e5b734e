"""An instrument whose calibration is over is refused by name; on the day itself it may still be used."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from station.bench import check_calibration
from station.config.bench_file import read_bench_file
from station.model.errors import CalibrationOver

DUE = date(2026, 11, 1)
LATER = timedelta(days=30)
BENCH = f"""
[bench]
name = "B"
station_id = "b"
slot = "s"
[instruments.psu]
driver = "hmp4040"
address = "tcp://127.0.0.1:1"
calibration_due = {DUE}
[instruments.dmm]
driver = "34461a"
address = "tcp://127.0.0.1:3"
[instruments.matrix]
driver = "modbus_relays_48"
address = "tcp://127.0.0.1:4"
calibration_due = {DUE + LATER}
[instruments.card]
driver = "pcm_stream"
address = "tcp://127.0.0.1:5"
[instruments.sine]
driver = "k33511b"
address = "tcp://127.0.0.1:6"
calibration_due = {DUE + LATER}
[instruments.dut]
driver = "fj_service_port"
address = "tcp://127.0.0.1:2"
[roles.supply]
instrument = "psu"
channel = 1
[roles.meter]
instrument = "dmm"
points = {{ b_plus = 33 }}
relays = "matrix"
[roles.audio]
instrument = "card"
points = {{ front_left = 1 }}
generator = "sine"
[roles.dut]
instrument = "dut"
"""


def check(folder: Path, day: date, roles: tuple[str, ...] = ("supply", "dut"), purpose: str = "outgoing") -> None:
    file = folder / "b.toml"
    file.write_text(BENCH, encoding="utf-8")
    check_calibration(read_bench_file(file), roles, purpose, day)


def test_it_may_be_used_until_the_end_of_the_day_it_is_due(tmp_path: Path) -> None:
    check(tmp_path, DUE)


def test_the_day_after_it_is_refused_with_name_date_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CalibrationOver, match=r"psu: calibration was due on 2026-11-01: have it calibrated.*b\.toml"):
        check(tmp_path, DUE + timedelta(days=1))


def test_an_instrument_that_the_plan_does_not_use_stops_nobody(tmp_path: Path) -> None:
    check(tmp_path, DUE + timedelta(days=1), roles=("dut",))


def test_a_debug_run_may_use_it(tmp_path: Path) -> None:
    check(tmp_path, DUE + timedelta(days=1), purpose="debug")


@pytest.mark.parametrize(("role", "late"), [("meter", "matrix"), ("audio", "sine")])
def test_the_relays_and_the_generator_of_a_role_count_as_well(tmp_path: Path, role: str, late: str) -> None:
    check(tmp_path, DUE + LATER, roles=(role,))
    with pytest.raises(CalibrationOver, match=rf"{late}: calibration was due on"):
        check(tmp_path, DUE + LATER + timedelta(days=1), roles=(role,))

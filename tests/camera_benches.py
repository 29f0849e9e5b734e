"""A bench with a camera above a navigation unit that has booted, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from station.bench import open_bench
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock
from station.model.roles import HeadUnit, Supply
from tests.conftest import Bench, start_bench

UNIT = "FJN726110003"
CAMERA = "cam"
COILS = ["illumination", "reverse", *[""] * 5, *(f"wheel_{ohm}" for ohm in (120, 330, 680, 1500, 3300, 6800, 2200)), ""]
COILS += [f"key_{number}" for number in range(1, 7)]
COILS += ["touch_centre", "touch_top_left", "touch_top_right", "touch_bottom_left", "touch_bottom_right", ""]
COILS += ["touch_top_centre", "touch_left_centre", "touch_right_centre", "touch_bottom_centre", "wheel_short"]
"""Coil 1 and those after it, as the data sheet of the jig has them."""
POINTS = ", ".join(f"{name} = {coil}" for coil, name in enumerate(COILS, 1) if name)


def camera_box(folder: Path, **options: float) -> Bench:
    """Started, on a modelled clock; ``options`` are the camera's."""
    world, template = folder / "camera.world.toml", folder / "camera.template.toml"
    given = "\n".join(f"{key} = {value}" for key, value in options.items())
    world.write_text(
        f"""[world]
bench = "{template.name}"
[devices.psu]
kind = "hmp4040"
serial = "103781"
[devices.dut]
kind = "service_port"
port = "pty"
[devices.relays]
kind = "modbus_relays"
port = "pty"
coils = 48
[devices.{CAMERA}]
kind = "ppm_camera"
{given}
[units.{UNIT}]
product = "FJ-N7"
""",
        encoding="utf-8",
    )
    template.write_text(
        f"""[bench]
name = "Bench with a camera"
station_id = "bench-1"
slot = "slot-1"
[instruments.psu]
driver = "hmp4040"
address = "${{psu}}"
identity = {{ maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "103781" }}
[instruments.dut]
driver = "fj_service_port"
address = "${{dut}}"
[instruments.{CAMERA}]
driver = "ppm_camera"
address = "${{{CAMERA}}}"
[instruments.relays]
driver = "modbus_relays_48"
address = "${{relays}}"
[roles.relays]
instrument = "relays"
points = {{ {POINTS} }}
[roles.supply]
instrument = "psu"
channel = 1
[roles.acc]
instrument = "psu"
channel = 2
[roles.dut]
instrument = "dut"
[roles.camera]
instrument = "{CAMERA}"
[make_safe]
order = ["relays", "acc", "supply"]
""",
        encoding="utf-8",
    )
    return start_bench(world, folder / "camera.bench.toml", None)


@contextmanager
def booted(box: Bench) -> Iterator[HeadUnit]:
    """Insert the unit, switch it on and wait until it has booted; its service port."""
    box.control("insert", unit=UNIT)
    opened = open_bench(read_bench_file(box.bench_file), SystemClock(), ("supply", "acc", "dut"))
    try:
        for name in ("supply", "acc"):
            supply = cast("Supply", opened.roles[name])
            supply.set(14.4, 3.0)
            supply.switch_on()
        box.control("advance", seconds=4.0)
        dut = cast("HeadUnit", opened.roles["dut"])
        assert dut.is_ready()
        yield dut
    finally:
        opened.close()

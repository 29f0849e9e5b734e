"""Roles straight on a simulated unit in its jig, without wires, and a way to play one step with them.

Waiting moves the world's clock; what the real relays and the real camera take is moved as well.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from fixtures.sim.camera_traits import CameraTraits
from fixtures.sim.ppm_camera import HEADER, PpmCamera, seen_in
from station.model.errors import DutError
from station.model.reading import TextReading
from station.model.roles import Picture
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.runner.step import Step
from tests.sim.awake_unit import Jig
from tests.station.runner.bench_pieces import (
    SAFE,
    START,
    ListedJournal,
    MadeSafe,
    TickingOperator,
    plan_of,
    row,
    start_of,
)

RELAY_S = 0.02
PICTURE_S = 0.13
"""Four beats of 30 a second."""
COILS: Mapping[str, int] = {
    "illumination": 1,
    "reverse": 2,
    **{f"wheel_{ohm}": coil for coil, ohm in enumerate((120, 330, 680, 1500, 3300, 6800, 2200), 8)},
    **{f"key_{number}": 15 + number for number in range(1, 7)},
    "touch_centre": 22,
    "touch_top_left": 23,
    "touch_top_right": 24,
    "touch_bottom_left": 25,
    "touch_bottom_right": 26,
    "touch_top_centre": 28,
    "touch_left_centre": 29,
    "touch_right_centre": 30,
    "touch_bottom_centre": 31,
    "wheel_short": 32,
}
CONDITIONS = {"longest_report": (0.5, "s"), "pixel_pitch": (0.19, "mm"), "pixel_threshold": (0.5, "1")} | {
    "longest_camera": (4.0, "s"),
    "screen_width": (800.0, "px"),
    "screen_height": (480.0, "px"),
}
LIMITS = {
    "keys": row("keys", "one_of", expected=["HOME BACK NAV AUDIO PHONE MUTE", "POWER SOURCE UP DOWN MENU MUTE"]),
    "wheel_keys": row("wheel_keys", "equals", expected=["mute volume_up volume_down next previous phone"]),
    "wheel_gap": row("wheel_gap", "equals", expected=["none"]),
    "wheel_short": row("wheel_short", "equals", expected=["none"]),
    "illumination": row("illumination", "equals", expected=["1"]),
    "touch_error": row("touch_error", "at_most", unit="mm", high=3.0),
    "dark_lines": row("dark_lines", "at_most", unit="1", high=0.0),
    "dark_pixels": row("dark_pixels", "at_most", unit="1", high=3.0),
    "adjacent_dark_pixels": row("adjacent_dark_pixels", "at_most", unit="1", high=0.0),
    "bright_pixels": row("bright_pixels", "at_most", unit="1", high=0.0),
    "uniformity": row("uniformity", "at_least", unit="1", low=0.75),
    "are_colours_right": row("are_colours_right", "is_true"),
    "dimming_ratio": row("dimming_ratio", "between", unit="1", low=0.2, high=0.6),
    "camera_delay": row("camera_delay", "at_most", unit="s", high=1.0),
    "are_colour_bars_right": row("are_colour_bars_right", "is_true"),
    "camera_leaves": row("camera_leaves", "at_most", unit="s", high=1.0),
}


@dataclass
class JigClock:
    """The world's clock as a station.model.clock.Clock."""

    jig: Jig

    def now(self) -> float:
        return self.jig.world.now()

    def utc(self) -> datetime:
        return START + timedelta(seconds=self.now())

    def wait(self, seconds: float) -> None:
        self.jig.wait(max(seconds, 0.0))


@dataclass
class JigUnit:
    """A station.model.roles.HeadUnit."""

    jig: Jig

    def is_ready(self) -> bool:
        return self.jig.ask("PING") == "OK"

    def uptime_s(self) -> float:
        return int(self.jig.get("uptime")) / 1000

    def read(self, item: str) -> TextReading:
        return TextReading(self.jig.get(item), "dut", START)

    def write(self, item: str, value: str) -> None:
        if self.jig.ask(f"SET {item} {value}") != "OK" or self.jig.get(item) != value:
            raise DutError(f"{item} is not {value}")

    def act(self, action: str) -> None:
        assert self.jig.ask(f"DO {action}") == "OK"


@dataclass
class JigRelays:
    """A station.model.roles.Relays; ``history`` are the names in the order in which they were closed."""

    jig: Jig
    history: list[str] = field(default_factory=list)

    def close(self, *names: str) -> None:
        self.history += names
        self.jig.close(*(COILS[name] for name in names))
        self.jig.wait(RELAY_S)

    def open(self, *names: str) -> None:
        self.jig.open(*(COILS[name] for name in names or COILS))
        self.jig.wait(RELAY_S)


class JigCamera:
    """A station.model.roles.Camera."""

    def __init__(self, jig: Jig, **traits: float) -> None:
        self._jig = jig
        self._camera = PpmCamera(seen_in(jig.world), CameraTraits(**traits), jig.clock, random.Random(1))  # noqa: S311

    def take(self) -> Picture:
        self._jig.wait(PICTURE_S)
        rgb = self._camera.expose()[len(HEADER) :]
        return Picture(800, 480, rgb, "cam", START)


def limits_of(*steps: Step) -> str:
    """Conditions and limits of ``steps`` as TOML."""
    used = {name: CONDITIONS[name] for step in steps for name in step.declaration.uses}
    conditions = (
        f'[conditions.{name}]\nvalue = {value}\nunit = "{unit}"\nsource = "this test"\n'
        for name, (value, unit) in used.items()
    )
    return "".join([*conditions, *(LIMITS[name] for step in steps for name in step.declaration.measures)])


def outcome(tmp_path: Path, jig: Jig, step: Step, **roles: object) -> tuple[dict[str, object], str, str]:
    """The values measured, the step's outcome and its message; ``roles`` are used instead of those of the jig."""
    plan = plan_of(tmp_path, [step], limits_of(step))
    clock, journal = JigClock(jig), ListedJournal()
    made = {"dut": JigUnit(jig), "relays": JigRelays(jig), "camera": JigCamera(jig)} | roles
    scene = Scene({role: made[role] for role in step.roles}, {}, TickingOperator(), clock)
    play(plan, scene, start_of(plan), journal)
    record = record_of([*journal.entries, MadeSafe(SAFE, START)], START + timedelta(hours=1))
    (told,) = record.steps
    return {each.limit.name: each.value for each in record.measurements}, told.outcome, told.message

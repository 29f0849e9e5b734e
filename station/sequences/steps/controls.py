"""Controls: keys, steering-wheel keys, the illumination line, touch; each as the unit itself reports it.

Relays move the plungers and connect the resistors. What they are named for and where the plungers on the screen land:
docs/fj-head-units.md, "Screen, keys, touch" and "Jig". What was reported before is told from what is reported because
of the relay: counters must count, a level must come and go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from station.model.clock import Clock
from station.model.errors import DutError
from station.model.reading import Reading, TextReading
from station.model.roles import HeadUnit, Relays
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps.relay_lines import closed

POLL_S = 0.02
SILENT = "-"
NO_KEY = "none"
KEYS = tuple(f"key_{number}" for number in range(1, 7))
WHEEL = ("wheel_120", "wheel_330", "wheel_680", "wheel_1500", "wheel_3300", "wheel_6800")
WHEEL_GAP = "wheel_2200"
WHEEL_SHORT = "wheel_short"
TOUCHES: Mapping[str, tuple[int, int]] = {
    "touch_centre": (400, 240),
    "touch_top_left": (40, 40),
    "touch_top_right": (760, 40),
    "touch_bottom_left": (40, 440),
    "touch_bottom_right": (760, 440),
    "touch_top_centre": (400, 40),
    "touch_left_centre": (40, 240),
    "touch_right_centre": (760, 240),
    "touch_bottom_centre": (400, 440),
}
"""Where each plunger lands, in pixels."""


@step(zh="按键", en="Keys", deadline_s=30, uses={"longest_report": "s"}, measures={"keys": ""})
def keys(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """What the unit names when plunger after plunger comes down; ``-`` where it names nothing.

    A key that counts more than once for one press is shown with how often, as ``MENU(2)``.
    """
    named = []
    for plunger in KEYS:
        before = dut.read("key")
        with closed(relays, plunger):
            after = _awaited(dut, "key", _differs_from(before.value), clock, conditions)
        (_, counted_before), (name, counted) = _counted(before), _counted(after)
        presses = counted - counted_before
        named.append(SILENT if presses == 0 else name if presses == 1 else f"{name}({presses})")
    measure("keys", TextReading(" ".join(named), after.instrument, after.taken_at))


@step(
    zh="方向盘按键",
    en="Steering-wheel keys",
    deadline_s=30,
    uses={"longest_report": "s"},
    measures={"wheel_keys": "", "wheel_gap": "", "wheel_short": ""},
)
def wheel(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The key of each resistor; a resistance between two keys and a line at ground are none of them.

    None is what is said for as long as a report may take. That an open line is none is seen before each resistor.
    """
    codes = []
    for resistor in WHEEL:
        _require_no_key(dut, clock, conditions)
        with closed(relays, resistor):
            found = _awaited(dut, "wheel", _differs_from(NO_KEY), clock, conditions)
        codes.append(found.value)
    measure("wheel_keys", TextReading(" ".join(codes), found.instrument, found.taken_at))
    for name, relay in (("wheel_gap", WHEEL_GAP), ("wheel_short", WHEEL_SHORT)):
        _require_no_key(dut, clock, conditions)
        with closed(relays, relay):
            measure(name, _awaited(dut, "wheel", _differs_from(NO_KEY), clock, conditions))


@step(zh="照明线", en="Illumination line", deadline_s=15, uses={"longest_report": "s"}, measures={"illumination": ""})
def illumination(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """What the unit says of the line while it is at B+; a unit that says so without it is wrong."""
    before = dut.read("illumination")
    if before.value != "0":
        raise DutError(f"the unit says illumination is {before.value!r} while the line is open")
    with closed(relays, "illumination"):
        measure("illumination", _awaited(dut, "illumination", _differs_from("0"), clock, conditions))


@step(
    zh="触摸",
    en="Touch",
    deadline_s=30,
    uses={"longest_report": "s", "pixel_pitch": "mm"},
    measures={"touch_error": "mm"},
)
def touch(relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The largest distance of a reported touch from where its plunger lands; ``pixel_pitch`` is a pixel's side."""
    distances = {}
    for plunger, (x, y) in TOUCHES.items():
        before = dut.read("touch")
        with closed(relays, plunger):
            after = _awaited(dut, "touch", _differs_from(before.value), clock, conditions)
        if after.value == before.value:
            raise DutError(f"the unit reports no touch for {plunger}")
        found_x, found_y = _place(after)
        distances[plunger] = math.hypot(found_x - x, found_y - y) * conditions["pixel_pitch"]
    worst = max(distances, key=lambda plunger: distances[plunger])
    raw = f"{distances[worst]:.3f} at {worst}"
    measure("touch_error", Reading(distances[worst], "mm", after.instrument, raw, after.taken_at))


def _awaited(
    dut: HeadUnit, item: str, is_news: Callable[[str], bool], clock: Clock, conditions: Conditions
) -> TextReading:
    """The first value of ``item`` that is news, or the last one after ``longest_report``."""
    deadline = clock.now() + conditions["longest_report"]
    reading = dut.read(item)
    while not is_news(reading.value) and clock.now() < deadline:
        clock.wait(POLL_S)
        reading = dut.read(item)
    return reading


def _differs_from(old: str) -> Callable[[str], bool]:
    return lambda value: value != old


def _require_no_key(dut: HeadUnit, clock: Clock, conditions: Conditions) -> None:
    found = _awaited(dut, "wheel", lambda value: value == NO_KEY, clock, conditions)
    if found.value != NO_KEY:
        raise DutError(f"the unit says wheel is {found.value!r} while the line is open")


def _counted(reading: TextReading) -> tuple[str, int]:
    """``MENU 3``."""
    name, _, count = reading.value.rpartition(" ")
    if not name or not count.isdecimal():
        raise DutError(f"the unit answers {reading.value!r} to GET key: not a key and a count")
    return name, int(count)


def _place(reading: TextReading) -> tuple[int, int]:
    """``401 238 7``."""
    words = reading.value.split(" ")
    if len(words) != 3 or not all(word.isdecimal() for word in words):
        raise DutError(f"the unit answers {reading.value!r} to GET touch: not a place and a count")
    return int(words[0]), int(words[1])

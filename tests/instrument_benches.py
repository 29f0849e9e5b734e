"""Every driver of an instrument as a row, to be tried on a bench in a box with every fault that a line can have.

A row says how the instrument stands in world and bench file, what is done to its role before the fault, and what is
then asked of it. Beside it stands a supply, whose first output feeds B+ with 12 V.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from station.model.reading import Reading
from tests.relay_benches import METERS
from tests.relay_benches import SERIAL as METER_SERIAL
from tests.supply_benches import FEEDS, IDENTITIES, PSU, SERIAL

INSTRUMENT, HELPER = "it", "helper"
HELPER_TERMINAL, HELPER_SERIAL = 5, "103781"
FEED_V = 12.0
UNIT, JIG, USB_LOAD_COIL = "FJR526110001", "jig", 4
DRAWN_A = 0.7
"""FJ-R5's USB port gives 5.02 V +-0.8 % behind 0.12 ohm: docs/fj-head-units.md, "Electrical behaviour"."""
TIMEOUT_S = 0.12
"""What the drivers under test may take for an answer."""

Question = Callable[[Any], None]
"""Asks the role; returns where the answer was right, raises the driver's error, or fails the test for a wrong value."""


def _nothing(_: Any) -> None:
    """The role is asked as it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """One driver.

    ``role`` are the keys of its role's table in the bench file, ``device`` further keys of its table in the world file.
    ``is_on_usb_port`` puts an awake unit into the jig and its USB port onto the instrument.
    ``longest_s`` is what a question may take when nothing answers, by the driver's own deadlines.
    """

    driver: str
    questions: tuple[Question, ...]
    identity: tuple[str, str, str] | None = None
    role: str = ""
    kind: str = ""
    device: str = ""
    arrange: Question = _nothing
    is_in_safe_order: bool = False
    is_on_usb_port: bool = False
    longest_s: float = 2 * TIMEOUT_S

    def __str__(self) -> str:
        return self.driver


def reads(value: float, tolerance: float, ask: Callable[[Any], Reading]) -> Question:
    """A question whose right answer is ``value``."""

    def question(role: Any) -> None:
        reading = ask(role)
        assert not reading.is_overload and reading.value == pytest.approx(value, abs=tolerance), reading

    return question


def obeys(command: Callable[[Any], None]) -> Question:
    """A command that its driver proves by reading back."""
    return command


def _supply(model: str, **more: Any) -> Row:
    channel = next(feed.channel for feed in FEEDS.get(model, FEEDS["dp832"]) if feed.instrument == PSU)

    def switch_on(output: Any) -> None:
        output.set(FEED_V, 0.5)
        output.switch_on()

    return Row(
        model,
        (reads(FEED_V, 0.06, lambda output: output.read_v()), reads(0.0, 0.06, lambda output: output.read_a())),
        (*IDENTITIES[model], SERIAL),
        f"channel = {channel}",
        arrange=switch_on,
        is_in_safe_order=True,
        **more,
    )


def _meter(model: str) -> Row:
    """Its input is wired to B+; 12 V and 100 V are two ranges of each."""
    asked = (reads(FEED_V, 0.02, lambda role: role.read_v("b_plus", 12.0)),)
    asked += (reads(FEED_V, 0.2, lambda role: role.read_v("b_plus", 150.0)),)
    identity = (*METERS[model], METER_SERIAL)
    return Row(model, asked, identity, "points = { b_plus = 1 }", device="point = 1")


def _load(model: str, identity: tuple[str, str]) -> Row:
    """On a USB port: its volts are no other answer's, and what it draws makes them fall."""
    drawn = reads(DRAWN_A, 0.02, lambda load: load.read_a())
    asked = (reads(5.02 - 0.12 * DRAWN_A, 0.06, lambda load: load.read_v()), drawn)
    more = {"arrange": lambda load: load.draw(DRAWN_A), "is_in_safe_order": True, "is_on_usb_port": True}
    return Row(model, asked, (*identity, "SN1"), **more)


def _generator(model: str) -> Row:
    asked = (obeys(lambda rf: rf.tune(98e6, 60.0)), obeys(lambda rf: rf.switch_off()))
    return Row(model, asked, ("Rohde&Schwarz", model.upper(), "SN1"), is_in_safe_order=True)


ROWS: tuple[Row, ...] = (
    *(_supply(model) for model in ("hmp4040", "e36312a", "dp832", "spd3303x", "spd1168x", "it6322a", "it6832a")),
    _supply("gpd3303s", device='port = "pty"', longest_s=1.2),
    *(_meter(model) for model in ("34461a", "sdm3055", "dm3058e")),
    Row(
        "dmm6500",
        (
            reads(FEED_V, 0.02, lambda role: role.read_v("b_plus", 12.0)),
            reads(0.0, 0.02, lambda role: role.read_v("acc", 12.0)),
        ),
        ("KEITHLEY INSTRUMENTS", "MODEL DMM6500", "SN1"),
        "points = { b_plus = 1, acc = 2 }",
    ),
    _load("dl3021", ("RIGOL TECHNOLOGIES", "DL3021")),
    _load("it8511a", ("ITECH Ltd.", "IT8511A+")),
    _generator("smb100a"),
    _generator("sml01"),
    Row(
        "modbus_relays_48",
        (obeys(lambda relays: relays.close("reverse")), obeys(lambda relays: relays.open())),
        role="points = { illumination = 1, reverse = 2 }",
        kind="modbus_relays",
        device='port = "pty"',
        is_in_safe_order=True,
    ),
)
"""One of each driver; other models are rows of the same phrases."""

BY_DRIVER: Mapping[str, Row] = {row.driver: row for row in ROWS}


JIG_DEVICES = f"""[devices.{JIG}]
kind = "modbus_relays"
port = "tcp"
[units.{UNIT}]
product = "FJ-R5"
"""
JIG_ROLES = f"""[instruments.{JIG}]
driver = "modbus_relays_48"
address = "${{{JIG}}}"
[roles.{JIG}]
instrument = "{JIG}"
points = {{ usb_load = {USB_LOAD_COIL} }}
[roles.acc]
instrument = "{HELPER}"
channel = 2
"""


def instrument_world(folder: Path, row: Row, is_on_usb: bool = False) -> Path:
    """Write the world and its bench template into ``folder``; the world's path. Its link may be a USB device."""
    serial = row.identity[2] if row.identity else "0"
    world = folder / "instrument.world.toml"
    world.write_text(
        f"""[world]
seed = 20261
bench = "instrument.template.toml"
[wiring]
b_plus = {HELPER_TERMINAL}
acc = {HELPER_TERMINAL + 1}
[devices.{INSTRUMENT}]
kind = "{row.kind or row.driver}"
serial = "{serial}"
{row.device}
[devices.{HELPER}]
kind = "hmp4040"
serial = "{HELPER_SERIAL}"
first_terminal = {HELPER_TERMINAL}
{JIG_DEVICES if row.is_on_usb_port else ""}""",
        encoding="utf-8",
    )
    (folder / "instrument.template.toml").write_text(_bench(row, is_on_usb), encoding="utf-8")
    return world


def _bench(row: Row, is_on_usb: bool) -> str:
    identity = ""
    if row.identity:
        maker, model, serial = row.identity
        identity = f'identity = {{ maker = "{maker}", model = "{model}", serial = "{serial}" }}'
    order = [INSTRUMENT, HELPER] if row.is_in_safe_order else [HELPER]
    order += [JIG, "acc"] if row.is_on_usb_port else []
    backend = 'usb_backend = "${usb_backend}"' if is_on_usb else ""
    return f"""[bench]
name = "Bench with {row.driver}"
station_id = "bench-1"
{backend}
slot = "slot-1"
[instruments.{INSTRUMENT}]
driver = "{row.driver}"
address = "${{{INSTRUMENT}}}"
{identity}
[instruments.{HELPER}]
driver = "hmp4040"
address = "${{{HELPER}}}"
identity = {{ maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "{HELPER_SERIAL}" }}
[roles.{INSTRUMENT}]
instrument = "{INSTRUMENT}"
{row.role}
[roles.{HELPER}]
instrument = "{HELPER}"
channel = 1
{JIG_ROLES if row.is_on_usb_port else ""}[make_safe]
order = {order}
"""

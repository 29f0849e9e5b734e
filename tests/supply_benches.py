"""Benches for FJ-R1 with every supply: which channel of which model feeds B+ and ACC, as world and bench files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SERIAL = "SN:4711"
UNIT = "FJR126110003"
PSU, HELPER = "psu", "psu2"
HELPER_TERMINAL = 5
IDENTITIES: Mapping[str, tuple[str, str]] = {
    "hmp4040": ("ROHDE&SCHWARZ", "HMP4040"),
    "e36312a": ("Keysight Technologies", "E36312A"),
    "e36313a": ("Keysight Technologies", "E36313A"),
    "dp832": ("RIGOL TECHNOLOGIES", "DP832"),
    "dp821": ("RIGOL TECHNOLOGIES", "DP821"),
    "spd3303x": ("Siglent Technologies", "SPD3303X"),
    "spd1168x": ("Siglent Technologies", "SPD1168X"),
    "it6302": ("ITECH Ltd.", "IT6302"),
    "it6322a": ("ITECH Ltd.", "IT6322A"),
    "it6831a": ("ITECH Ltd.", "IT6831A"),
    "it6832a": ("ITECH Ltd.", "IT6832A"),
    "gpd3303s": ("GW INSTEK", "GPD-3303S"),
}


@dataclass(frozen=True, slots=True)
class Feed:
    """Instrument and channel of one role."""

    instrument: str
    channel: int

    @property
    def terminal(self) -> int:
        return self.channel if self.instrument == PSU else HELPER_TERMINAL + self.channel - 1


BOTH = (Feed(PSU, 1), Feed(PSU, 2))
ONLY_SUPPLY = (Feed(PSU, 1), Feed(HELPER, 2))
FEEDS: Mapping[str, tuple[Feed, Feed]] = {
    "e36312a": (Feed(HELPER, 1), Feed(PSU, 2)),  # 25 V, 1 A: enough for ACC, too little for B+
    "e36313a": (Feed(HELPER, 1), Feed(PSU, 3)),
    "dp832": BOTH,
    "dp821": (Feed(HELPER, 1), Feed(PSU, 1)),  # 60 V, 1 A
    "spd3303x": BOTH,
    "spd1168x": ONLY_SUPPLY,  # it has one output
    "it6302": BOTH,
    "it6322a": BOTH,
    "it6831a": ONLY_SUPPLY,
    "it6832a": ONLY_SUPPLY,
    "gpd3303s": ONLY_SUPPLY,  # its outputs share a switch
}
"""B+ and ACC of each model under test; ``HELPER`` is an HMP4040."""


def supply_world(folder: Path, model: str, feeds: tuple[Feed, Feed] | None = None) -> Path:
    """Write the world and its bench template into ``folder``; the world's path."""
    supply, acc = feeds or FEEDS[model]
    port = 'port = "pty"\nbaud = 115200' if model == "gpd3303s" else 'port = "tcp"'
    world = folder / f"{model}.world.toml"
    world.write_text(
        f"""[world]
seed = 20261
bench = "{model}.template.toml"
[wiring]
b_plus = {supply.terminal}
acc = {acc.terminal}
[devices.{PSU}]
kind = "{model}"
serial = "{SERIAL}"
{port}
[devices.{HELPER}]
kind = "hmp4040"
serial = "103781"
first_terminal = {HELPER_TERMINAL}
[devices.dmm]
kind = "dmm6500"
serial = "04431029"
[devices.dut]
kind = "service_port"
port = "pty"
[units.{UNIT}]
product = "FJ-R1"
firmware = "1.4.2"
""",
        encoding="utf-8",
    )
    _write_bench(folder / f"{model}.template.toml", model, supply, acc)
    return world


def _write_bench(file: Path, model: str, supply: Feed, acc: Feed) -> None:
    maker, name = IDENTITIES[model]
    file.write_text(
        f"""[bench]
name = "Bench with {name}"
station_id = "bench-1"
slot = "slot-1"
[instruments.{PSU}]
driver = "{model}"
address = "${{{PSU}}}"
identity = {{ maker = "{maker}", model = "{name}", serial = "{SERIAL}" }}
[instruments.{HELPER}]
driver = "hmp4040"
address = "${{{HELPER}}}"
identity = {{ maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "103781" }}
[instruments.dmm]
driver = "dmm6500"
address = "${{dmm}}"
identity = {{ maker = "KEITHLEY INSTRUMENTS", model = "MODEL DMM6500", serial = "04431029" }}
[instruments.dut]
driver = "fj_service_port"
address = "${{dut}}"
[roles.supply]
instrument = "{supply.instrument}"
channel = {supply.channel}
[roles.acc]
instrument = "{acc.instrument}"
channel = {acc.channel}
[roles.meter]
instrument = "dmm"
points = {{ b_plus = 1, acc = 2, rail_5v = 3, rail_3v3 = 4, amp_remote = 5, speaker_offset = 6, shunt = 7 }}
[roles.current]
instrument = "dmm"
shunt = {{ channel = 7, resistance_ohm = 0.1, highest_a = 10.0 }}
[roles.dut]
instrument = "dut"
[make_safe]
order = ["acc", "supply"]
""",
        encoding="utf-8",
    )

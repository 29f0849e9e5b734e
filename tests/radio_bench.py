"""A bench for tuner and GNSS: supply, analyser, RF generator and NMEA output, as world and bench files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

RADIO, NAVIGATION = "FJR526110007", "FJN726110007"
GENERATOR, RECEIVER = "generator", "receiver"
GENERATOR_SERIAL = "1406.6000k02/101234"
PATH_LOSS_DB = 6.3
MAKERS: Mapping[str, tuple[str, str]] = {"smb100a": ("Rohde&Schwarz", "SMB100A"), "sml01": ("ROHDE&SCHWARZ", "SML01")}


def radio_world(
    folder: Path, generator: str = "smb100a", path_loss_db: float = PATH_LOSS_DB, has_coder: bool = True
) -> Path:
    """Write the world and its bench template into ``folder``; the world's path."""
    world = folder / f"{generator}.world.toml"
    world.write_text(
        f"""[world]
seed = 20264
bench = "{generator}.template.toml"
[wiring]
b_plus = 1
acc = 2
[devices.psu]
kind = "hmp4040"
serial = "103781"
[devices.dut]
kind = "service_port"
port = "pty"
[devices.analyser]
kind = "u8903b"
serial = "MY5800001"
[devices.{GENERATOR}]
kind = "{generator}"
serial = "{GENERATOR_SERIAL}"
path_loss_db = {PATH_LOSS_DB}
has_coder = {str(has_coder).lower()}
[devices.{RECEIVER}]
kind = "nmea_port"
[units.{RADIO}]
product = "FJ-R5"
[units.{NAVIGATION}]
product = "FJ-N7"
""",
        encoding="utf-8",
    )
    maker, model = MAKERS[generator]
    (folder / f"{generator}.template.toml").write_text(
        f"""[bench]
name = "Bench for radios"
station_id = "bench-1"
slot = "slot-1"
[instruments.psu]
driver = "hmp4040"
address = "${{psu}}"
identity = {{ maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "103781" }}
[instruments.dut]
driver = "fj_service_port"
address = "${{dut}}"
[instruments.analyser]
driver = "u8903b"
address = "${{analyser}}"
identity = {{ maker = "Keysight Technologies", model = "U8903B", serial = "MY5800001" }}
[instruments.{GENERATOR}]
driver = "{generator}"
address = "${{{GENERATOR}}}"
identity = {{ maker = "{maker}", model = "{model}", serial = "{GENERATOR_SERIAL}" }}
[instruments.{RECEIVER}]
driver = "nmea0183"
address = "${{{RECEIVER}}}"
[roles.supply]
instrument = "psu"
channel = 1
[roles.acc]
instrument = "psu"
channel = 2
[roles.dut]
instrument = "dut"
[roles.audio]
instrument = "analyser"
points = {{ front_left = 1, front_right = 2, rear_left = 3, rear_right = 4 }}
[roles.rf]
instrument = "{GENERATOR}"
path_loss_db = {path_loss_db}
[roles.gnss]
instrument = "{RECEIVER}"
[make_safe]
order = ["rf", "audio", "acc", "supply"]
""",
        encoding="utf-8",
    )
    return world

"""A bench for the sound of FJ-R5: supply, service port and one analyser or another, as world and bench files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SERIAL = "FJR526110003"
SEED = 20263
POINTS = "{ front_left = 1, front_right = 2, rear_left = 3, rear_right = 4 }"
ANALYSER = "analyser"

DEVICES: Mapping[str, str] = {
    "u8903b": '[devices.analyser]\nkind = "u8903b"\nserial = "MY5800001"\n',
    "pcm_stream": """[devices.analyser]
kind = "pcm_stream"
[devices.awg]
kind = "k33511b"
serial = "MY52301259"
""",
}
INSTRUMENTS: Mapping[str, str] = {
    "u8903b": """[instruments.analyser]
driver = "u8903b"
address = "${analyser}"
identity = { maker = "Keysight Technologies", model = "U8903B", serial = "MY5800001" }
[roles.audio]
instrument = "analyser"
points = POINTS
""",
    "pcm_stream": """[instruments.analyser]
driver = "pcm_stream"
address = "${analyser}"
[instruments.awg]
driver = "k33511b"
address = "${awg}"
identity = { maker = "Agilent Technologies", model = "33511B", serial = "MY52301259" }
[roles.audio]
instrument = "analyser"
points = POINTS
samples = { rate_hz = 48000, format = "s24le", full_scale_v = [20.0, 20.0, 20.0, 20.0] }
generator = "awg"
""",
}


def audio_world(folder: Path, kind: str = "u8903b", faults: str = "") -> Path:
    """Write the world and its bench template into ``folder``; the world's path."""
    world = folder / f"{kind}.world.toml"
    world.write_text(
        f"""[world]
seed = {SEED}
bench = "{kind}.template.toml"
[wiring]
b_plus = 1
acc = 2
[devices.psu]
kind = "hmp4040"
serial = "103781"
[devices.dut]
kind = "service_port"
port = "pty"
{DEVICES[kind]}
[units.{SERIAL}]
product = "FJ-R5"
firmware = "3.0.1"
faults = [{faults}]
""",
        encoding="utf-8",
    )
    (folder / f"{kind}.template.toml").write_text(
        f"""[bench]
name = "Bench for sound"
station_id = "bench-1"
slot = "slot-1"
[instruments.psu]
driver = "hmp4040"
address = "${{psu}}"
identity = {{ maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "103781" }}
[instruments.dut]
driver = "fj_service_port"
address = "${{dut}}"
[roles.supply]
instrument = "psu"
channel = 1
[roles.acc]
instrument = "psu"
channel = 2
[roles.dut]
instrument = "dut"
[make_safe]
order = ["acc", "supply"]
{INSTRUMENTS[kind].replace("POINTS", POINTS)}""",
        encoding="utf-8",
    )
    return world

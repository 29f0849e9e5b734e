"""A bench for the sound of FJ-R5: supply, service port and one analyser or another, as world and bench files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SERIAL = "FJR526110003"
SEED = 20263
POINTS = "{ front_left = 1, front_right = 2, rear_left = 3, rear_right = 4 }"

U8903B_DEVICE = '[devices.analyser]\nkind = "u8903b"\nserial = "MY5800001"\n'
CARD_DEVICE = '[devices.card]\nkind = "pcm_stream"\n'
AWG_DEVICE = '[devices.awg]\nkind = "k33511b"\nserial = "MY52301259"\n'
U8903B = """[instruments.analyser]
driver = "u8903b"
address = "${analyser}"
identity = { maker = "Keysight Technologies", model = "U8903B", serial = "MY5800001" }
"""
CARD = """[instruments.card]
driver = "pcm_stream"
address = "${card}"
"""
AWG = """[instruments.awg]
driver = "k33511b"
address = "${awg}"
identity = { maker = "Agilent Technologies", model = "33511B", serial = "MY52301259" }
"""
SAMPLES = 'samples = { rate_hz = 48000, format = "s24le", full_scale_v = [20.0, 20.0, 20.0, 20.0] }'
AUDIO_BY_U8903B = f'[roles.audio]\ninstrument = "analyser"\npoints = {POINTS}\n'


def audio_by_card(generator: str, role: str = "audio") -> str:
    """The role of a sound card with the sine of ``generator``."""
    return f'[roles.{role}]\ninstrument = "card"\npoints = {POINTS}\n{SAMPLES}\ngenerator = "{generator}"\n'


DEVICES: Mapping[str, str] = {
    "u8903b": U8903B_DEVICE,
    "pcm_stream": CARD_DEVICE + AWG_DEVICE,
    "both": U8903B_DEVICE + CARD_DEVICE + "full_scale_v = 5.0\n",
}
INSTRUMENTS: Mapping[str, str] = {
    "u8903b": U8903B + AUDIO_BY_U8903B,
    "pcm_stream": CARD + AWG + audio_by_card("awg"),
    "both": U8903B + CARD + AUDIO_BY_U8903B + audio_by_card("analyser", "card_audio").replace("20.0", "5.0"),
}
SAFE_ORDERS: Mapping[str, str] = {
    "u8903b": '["audio", "acc", "supply"]',
    "pcm_stream": '["audio", "acc", "supply"]',
    "both": '["audio", "card_audio", "acc", "supply"]',
}
"""``both`` hear the same unit, and the sound card borrows the analyser's generator."""


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
order = {SAFE_ORDERS[kind]}
{INSTRUMENTS[kind]}""",
        encoding="utf-8",
    )
    return world

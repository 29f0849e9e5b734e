"""How long a USB serial adapter holds back what does not fill a packet: Linux tells it and lets it be lowered.

Source: Linux, drivers/usb/serial/ftdi_sio.c (latency_timer in milliseconds, 1 to 255; 16 unless somebody sets it).
Other drivers, and other systems, have no such file.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

SYSTEM = Path("/sys")
LOWEST_MS = 1


class AdapterLatency(msgspec.Struct, frozen=True):
    """What was found at ``file``; ``problem`` says why it could not be lowered, empty where it is low."""

    file: Path
    found_ms: int
    now_ms: int
    problem: str


def lower_latency(port: str, system: Path = SYSTEM) -> AdapterLatency | None:
    """Set the timer of the adapter behind ``port`` to 1 ms where it is longer; None where it has none."""
    file = system / "bus/usb-serial/devices" / Path(port).resolve().name / "latency_timer"
    try:
        found_ms = int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    if found_ms <= LOWEST_MS:
        return AdapterLatency(file, found_ms, found_ms, "")
    try:
        file.write_text(f"{LOWEST_MS}\n", encoding="ascii")
        now_ms = int(file.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        return AdapterLatency(file, found_ms, found_ms, str(error))
    return AdapterLatency(file, found_ms, now_ms, "" if now_ms <= LOWEST_MS else "the driver keeps its own")

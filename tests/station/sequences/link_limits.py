"""Conditions and limits for the steps of the links and of packing, and a way to play one step alone."""

from __future__ import annotations

from pathlib import Path

from station.runner.step import Step
from tests.station.runner.bench_pieces import plan_of, played, row

CONDITIONS = {
    "longest_bluetooth": (3.0, "s"),
    "longest_media": (2.0, "s"),
    "usb_current": (1.0, "A"),
    "usb_high_current": (1.5, "A"),
    "usb_current_tolerance": (0.1, "A"),
    "usb_settled": (0.01, "V"),
    "longest_restart": (3.0, "s"),
    "empty_pan": (2.0, "g"),
    "cn0_satellites": (4.0, "1"),
    "longest_fix": (60.0, "s"),
    "longest_diagnosis": (2.0, "s"),
    "longest_scan": (60.0, "s"),
    "longest_weighing": (10.0, "s"),
}
LIMITS = {
    "bluetooth_address": row("bluetooth_address", "matches", expected=["4C4A47[0-9A-F]{6}"]),
    "bluetooth_rssi": row("bluetooth_rssi", "at_least", unit="dBm", low=-70.0),
    "usb_storage": row("usb_storage", "equals", expected=["storage 16"]),
    "usb_current_1a": row("usb_current_1a", "between", unit="A", low=0.9, high=1.1),
    "usb_current_1a5": row("usb_current_1a5", "between", unit="A", low=1.4, high=1.6),
    "usb_voltage_1a": row("usb_voltage_1a", "at_least", unit="V", low=4.75),
    "usb_voltage_1a5": row("usb_voltage_1a5", "at_least", unit="V", low=4.75),
    "sd_card": row("sd_card", "equals", expected=["card 32"]),
    "gnss_cn0": row("gnss_cn0", "at_least", unit="dBHz", low=38.0),
    "gnss_first_fix": row("gnss_first_fix", "at_most", unit="s", high=50.0),
    "antenna_open": row("antenna_open", "equals", expected=["open"]),
    "antenna_short": row("antenna_short", "equals", expected=["short"]),
    "label_serial": row("label_serial", "same_as", expected=["scanned_serial"]),
    "kit_weight": row("kit_weight", "between", unit="g", low=407.0, high=417.0),
}


def outcome(
    tmp_path: Path, step: Step, says: dict[str, str] | None = None, **roles: object
) -> tuple[dict[str, object], str, str]:
    """The values measured, the step's outcome and its message; ``says`` is what the operator answers."""
    used = {name: CONDITIONS[name] for name in step.declaration.uses}
    body = "".join(
        f'[conditions.{name}]\nvalue = {value}\nunit = "{unit}"\nsource = "this test"\n'
        for name, (value, unit) in used.items()
    )
    body += "".join(LIMITS[name] for name in step.declaration.measures)
    _, record = played(plan_of(tmp_path, [step], body), says=says, **roles)
    (told,) = record.steps
    return {each.limit.name: each.value for each in record.measurements}, told.outcome, told.message

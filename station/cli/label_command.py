"""``fanji-station label ID``: prints the label of a run that passed, or of an IC, or prints it again."""

from __future__ import annotations

import sys

import msgspec

from station.cli.arguments import Typed
from station.cli.exits import Exit, of_refusal
from station.config.bench_file import read_bench_file
from station.config.settings import read_settings
from station.labelling import LabelTold, print_ic_label, print_run_label
from station.link.clock import SystemClock
from station.model.errors import StationError


def print_label(typed: Typed) -> Exit:
    """Print one label; exit code 0 only where it came out."""
    try:
        bench, settings = read_bench_file(typed.bench), read_settings()
        print_one = print_ic_label if typed.ic else print_run_label
        told = print_one(typed.run_id, typed.number, bench, settings, SystemClock())
    except StationError as error:
        told = LabelTold(typed.run_id, 0, "failed", str(error))
        _say(told, typed.events)
        return of_refusal(error)
    _say(told, typed.events)
    return Exit.PASS if told.state == "printed" else Exit.ERROR


def _say(told: LabelTold, is_event: bool) -> None:
    if is_event:
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    elif told.state == "printed":
        sys.stdout.write(f"label {told.number} printed\n")
    else:
        sys.stderr.write(f"label not printed: {told.problem}\n")

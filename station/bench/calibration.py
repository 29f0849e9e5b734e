"""No run with an instrument whose calibration is over: what it says would be no evidence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from station.bench.casting import instruments_of
from station.config.bench_file import BenchFile
from station.model.errors import CalibrationOver

UNBOUND = "debug"
"""Runs of this purpose prove nothing, so they may be played with any instrument."""


def check_calibration(bench: BenchFile, roles: Collection[str], purpose: str, today: date) -> None:
    """Raise CalibrationOver for the first instrument of ``roles`` whose due date is before ``today``.

    Relays and generators of a role count: what is read is no better than what they let through, or play. On the day
    itself it may still be used. An instrument without a date is not under calibration; the record says so.
    """
    if purpose == UNBOUND:
        return
    for name in dict.fromkeys(name for role in roles for name in instruments_of(bench.roles[role])):
        due = bench.instruments[name].calibration_due
        if due is not None and due < today:
            problem = f"calibration was due on {due}: have it calibrated, then write the new date into {bench.file}"
            raise CalibrationOver(name, problem)

"""What a station must have besides its bench: room and a way to write, a clock that is right, what the server said."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from station.config.settings import Settings
from station.gates.selftest_result import GOOD, NOTE, PROBLEM, SelftestCheck
from station.model.errors import StationError
from station.outbox.gate_state import issued_at_of, read_gate_state
from station.outbox.spool import Spool

LEAST_FREE_BYTES = 500 * 10**6
"""A run's record has about 20 KB, recordings of a long one some MB. Estimate."""
CLOCK_TOLERANCE_S = 300
"""The server finds a discrepancy in letters that are 600 s ahead of its clock."""


def check_disk(settings: Settings, at: datetime) -> Iterator[SelftestCheck]:
    """Disk, outbox, snapshot and clock; raises nothing of the station's."""
    yield _room(settings.state_dir)
    yield _outbox(settings)
    yield _snapshot(settings.cached_state, at)
    yield _clock(settings.cached_state)


def _room(folder: Path) -> SelftestCheck:
    probe = folder / f"selftest.{os.getpid()}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        with probe.open("wb") as file:
            file.write(b"fanji")
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
    except OSError as error:
        return SelftestCheck("disk", PROBLEM, f"{folder}: {error.strerror}")
    detail = f"{free / 10**9:.1f} GB free in {folder}"
    return SelftestCheck("disk", GOOD if free >= LEAST_FREE_BYTES else PROBLEM, detail)


def _outbox(settings: Settings) -> SelftestCheck:
    spool = Spool(settings.outbox)
    try:
        waiting, aside = spool.waiting_count(), len(spool.all_set_aside())
    except StationError as error:
        return SelftestCheck("outbox", PROBLEM, str(error))
    detail = f"can be written, {waiting} letters wait"
    return SelftestCheck("outbox", NOTE if aside else GOOD, detail + (f", {aside} are set aside" if aside else ""))


def _snapshot(path: Path, at: datetime) -> SelftestCheck:
    state = read_gate_state(path, at)
    problem = state.plans.problem or state.holds.problem or state.routes.problem or state.golden_units.problem
    if problem:
        return SelftestCheck("snapshot", PROBLEM, f"cannot be read: {problem}; run `fanji-station flush`")
    if not state.is_there:
        return SelftestCheck("snapshot", NOTE, "none was ever received from a server")
    age = f"{state.age_s / 3600:.1f} h old" if state.age_s is not None else "of an age that it does not say"
    expired = ", expired: gates rest on it no longer" if state.is_expired else ""
    return SelftestCheck("snapshot", NOTE if expired else GOOD, f"version {state.version}, {age}{expired}")


def _clock(path: Path) -> SelftestCheck:
    """The server's time against this clock's in the moment when the snapshot was received."""
    issued_at = issued_at_of(path)
    if issued_at is None:
        return SelftestCheck("clock", NOTE, "not compared: no snapshot says what time it is at the server")
    try:
        received_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        return SelftestCheck("clock", PROBLEM, f"{path}: {error.strerror}")
    ahead_s = (received_at - issued_at).total_seconds()
    detail = f"{abs(ahead_s):.1f} s {'ahead of' if ahead_s >= 0 else 'behind'} the server's when it was last heard"
    return SelftestCheck("clock", GOOD if abs(ahead_s) <= CLOCK_TOLERANCE_S else PROBLEM, detail)

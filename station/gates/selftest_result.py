"""What the last self-test of a bench found, as it is kept on the station's disk."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import msgspec

from station.config.settings import Settings
from station.model.errors import StorageError

GOOD, PROBLEM, NOTE = "ok", "problem", "note"


class SelftestCheck(msgspec.Struct, frozen=True):
    """One thing that was looked at; ``mark`` is ok, problem, or note for what could not or need not be looked at."""

    name: str
    mark: str
    detail: str


class SelftestResult(msgspec.Struct, frozen=True):
    """A whole self-test of a bench as its file stood."""

    station_id: str
    bench_sha256: str
    at: datetime
    seconds: float
    checks: tuple[SelftestCheck, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing was found that needs a person; a test that looked at nothing is not good."""
        return bool(self.checks) and all(check.mark != PROBLEM for check in self.checks)


def selftest_file(settings: Settings, station_id: str) -> Path:
    """Where the last result of a bench is kept."""
    return settings.state_dir / "selftest" / f"{station_id}.json"


def keep_selftest(settings: Settings, result: SelftestResult) -> Path:
    """Put ``result`` in the place of the last one, durably; raises StorageError."""
    path = selftest_file(settings, result.station_id)
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
    return path


def last_selftest(settings: Settings, station_id: str) -> SelftestResult | None:
    """The last result; None where there is none that can be read."""
    try:
        result = msgspec.json.decode(selftest_file(settings, station_id).read_bytes(), type=SelftestResult)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return result if result.at.tzinfo is not None else None

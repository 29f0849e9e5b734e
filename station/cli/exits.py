"""Exit codes of the station's commands."""

from __future__ import annotations

from enum import IntEnum

from station.model.errors import GateClosed, InstrumentError, ServerError, StationError, StorageError


class Exit(IntEnum):
    """PASS and success 0 · FAIL 1 · wrong use or a wrong file 2 · ERROR, or nothing was begun 3 · ABORTED 4."""

    PASS = 0
    FAIL = 1
    USAGE = 2
    ERROR = 3
    ABORTED = 4


def of_refusal(error: StationError) -> Exit:
    """The exit code where ``error`` came up before anything was begun: a disk, server or gate is no wrong use."""
    return Exit.ERROR if isinstance(error, StorageError | ServerError | InstrumentError | GateClosed) else Exit.USAGE


def of_verdict(verdict: str) -> Exit:
    """The exit code for a verdict."""
    return Exit[verdict]

"""The server's last snapshot, kept on this disk: what the station may rely on while the server is away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from station.model.errors import ServerError
from station.model.ids import canonical_serial, unit_id
from station.model.run_record import UnitRef
from station.outbox.gate_state import check_gate_parts, read_gate_state
from station.outbox.operators import checked_roster
from station.outbox.snapshot_file import parsed
from station.system.durable_file import write_whole

RENEW_AFTER_S = 3600
"""A snapshot without a change is fetched again after this time, so that its age says when the server was heard."""
SOON_OVER = timedelta(days=1)


class SerialRule(msgspec.Struct, frozen=True):
    """A canonical serial that matches ``pattern`` as a whole is of ``family`` and ``product``."""

    family: str
    product: str
    pattern: str


class StationState(msgspec.Struct, frozen=True):
    """A snapshot; the fields are those of fixtures/wire/v1/state.schema.json."""

    schema: str
    version: int
    expires_at: datetime
    serial_rules: Sequence[SerialRule]


class StateCache(msgspec.Struct, frozen=True):
    """The file that holds the snapshot."""

    path: Path

    def version(self) -> int | None:
        """The version on this disk, None where there is none that can be read."""
        state = self._stored()
        return state.version if state else None

    def known_at(self, at: datetime) -> int | None:
        """The version that the server need not send again, None where it had better: soon over, old, or damaged."""
        state, gates = self._stored(), read_gate_state(self.path, at)
        if state is None or gates.is_damaged or at + SOON_OVER >= state.expires_at:
            return None
        return None if gates.age_s is not None and gates.age_s > RENEW_AFTER_S else state.version

    def valid_at(self, at: datetime) -> StationState | None:
        """The snapshot, None where there is none or it has expired."""
        state = self._stored()
        return state if state and at < state.expires_at else None

    def store(self, body: bytes) -> StationState:
        """Check and keep a snapshot as the server sent it; raises ServerError for one that cannot be used.

        Raises StorageError where it cannot be kept.
        """
        state = _parsed(body)
        check_gate_parts(body)
        checked_roster(body)
        write_whole(self.path, body, is_private=True)  # it holds the hashes of PINs
        return state

    def _stored(self) -> StationState | None:
        try:
            return parsed(self.path, _parsed)
        except (OSError, ServerError):
            return None


def unit_of(text: str, state: StationState | None) -> UnitRef:
    """The unit with the serial number ``text``: its family by the first rule that matches, else empty (provisional).

    Raises OperatorError for a serial number that cannot be used.
    """
    serial = canonical_serial(text)
    rules = state.serial_rules if state else ()
    family = next((rule.family for rule in rules if re.fullmatch(rule.pattern, serial)), "")
    return UnitRef(family, serial, unit_id(family, serial))


def products_of(serial: str, state: StationState | None) -> Sequence[str]:
    """Every product that a rule calls this canonical serial number."""
    rules = state.serial_rules if state else ()
    return [rule.product for rule in rules if re.fullmatch(rule.pattern, serial)]


def _parsed(body: bytes) -> StationState:
    try:
        state = msgspec.json.decode(body, type=StationState)
        for rule in state.serial_rules:
            re.compile(rule.pattern)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the server's snapshot cannot be read: {error}") from None
    except re.error as error:
        raise ServerError(f"the server's snapshot holds a bad pattern: {error}") from None
    if state.schema != "fanji/state/1":
        raise ServerError(f"the server's snapshot is {state.schema!r}, this station reads fanji/state/1")
    if state.expires_at.tzinfo is None:
        raise ServerError("the server's snapshot has an expiry without a zone")
    return state

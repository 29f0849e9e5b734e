"""A burn comes on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.burns.evidence import result_findings
from server.burns.sheet import pack_sheet
from server.burns.tables import burn, burn_sheet
from server.db.pending import PendingRows, Row
from server.units.event import NewEvent
from server.units.flows import Finding, Receiving, UnitName
from server.wire.burn import BurnLetter
from server.wire.decode import to_datetime
from server.wire.ids import canonical_serial, order_id, unit_id


@dataclass(frozen=True, slots=True)
class PreparedBurn:
    """A burn letter with everything that can be worked out before its transaction; ``name`` is None without a unit."""

    letter: BurnLetter
    key: str
    name: UnitName | None
    findings: tuple[Finding, ...]
    sheet: bytes


def prepare_burn(letter: BurnLetter) -> PreparedBurn:
    """Compress and judge: all that needs no database."""
    name = _unit_name(letter)
    key = name.unit_id if name else order_id(letter.order) if letter.order else letter.id
    findings = (*_unit_findings(letter, name), *result_findings(letter))
    return PreparedBurn(letter, key, name, findings, pack_sheet(letter))


def keep_burn(pending: PendingRows, prepared: PreparedBurn, receiving: Receiving, has_discrepancy: bool) -> None:
    """The burn's rows, for the caller's transaction."""
    pending.add(burn, _burn_row(prepared, receiving, has_discrepancy))
    pending.add(burn_sheet, {"unit_id": prepared.key, "burn_id": prepared.letter.id, "sheet": prepared.sheet})


def burn_event(prepared: PreparedBurn, case_id: str | None, discrepancies: int) -> NewEvent:
    """What the unit's timeline shows of the burn."""
    letter = prepared.letter
    payload: dict[str, object] = {
        "result": letter.result,
        "kind": letter.kind,
        "order": letter.order,
        "target": letter.target,
        "image": letter.image.name,
        "image_version": letter.image.version,
        "image_sha256": letter.image.sha256,
        "proof": letter.proof,
        "programmer": letter.programmer.name,
        "socket": letter.programmer.socket,
        "is_marginal": letter.marginal,
        "failure": letter.failure.message if letter.failure else None,
        "discrepancies": discrepancies,
        "finished_at": letter.finished_at,
    }
    return NewEvent(
        id=letter.id,
        kind="burned",
        at=to_datetime(letter.started_at),
        actor=letter.operator,
        payload=payload,
        station_id=letter.station_id,
        case_id=case_id,
    )


def _burn_row(prepared: PreparedBurn, receiving: Receiving, has_discrepancy: bool) -> Row:
    letter = prepared.letter
    return {
        "unit_id": prepared.key,
        "id": letter.id,
        "site": receiving.site,
        "serial": prepared.name.serial if prepared.name else None,
        "kind": letter.kind,
        "order_no": letter.order,
        "station_id": letter.station_id,
        "programmer": letter.programmer.name,
        "programmer_model": letter.programmer.model,
        "socket": letter.programmer.socket,
        "target": letter.target,
        "jedec": letter.identity.jedec,
        "unique_id": letter.identity.unique_id,
        "image_name": letter.image.name,
        "image_version": letter.image.version,
        "image_sha256": letter.image.sha256,
        "image_size_bytes": letter.image.size_bytes,
        "before_sha256": letter.before_sha256,
        "after_sha256": letter.after_sha256,
        "proof": letter.proof,
        "operator": letter.operator,
        "started_at": to_datetime(letter.started_at),
        "finished_at": to_datetime(letter.finished_at),
        "received_at": receiving.received_at,
        "retries": letter.retries,
        "result": letter.result,
        "is_marginal": letter.marginal,
        "has_discrepancy": has_discrepancy,
        "failure_kind": letter.failure.kind if letter.failure else None,
        "failure_message": letter.failure.message if letter.failure else None,
        "case_id": receiving.case_id,
        "letter_sha256": receiving.letter_sha256,
        "file_sha256": letter.image.file_sha256 or "",
    }


def _unit_name(letter: BurnLetter) -> UnitName | None:
    if letter.unit is None:
        return None
    serial = canonical_serial(letter.unit.serial)
    return UnitName(unit_id(letter.unit.family, serial), letter.unit.family, serial)


def _unit_findings(letter: BurnLetter, name: UnitName | None) -> Iterator[Finding]:
    if letter.unit is not None and name is not None:
        yield from name.findings(letter.unit)

"""From a burn's journal to its one record: the same function after a good end and after a kill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from station.model.burn_record import BurnRecord, BurnStage, ChipIdentity
from station.model.errors import Failure, StorageError
from station.playing.burn_entries import BurnConcluded, BurnEntry, BurnStarted, StageBegun, StageEnded

CUT_OFF = "the station lost power or was killed in the middle of the burn: the chip's content is not known"


def burn_record_of(entries: Sequence[BurnEntry], ended_at: datetime) -> BurnRecord:
    """The burn that ``entries`` tell of; one that was cut off is ABORTED. Raises StorageError where none had begun."""
    if not entries or not isinstance(entries[0], BurnStarted):
        raise StorageError("journal", "does not begin with the start of a burn")
    start = entries[0]
    stages = _stages(entries, ended_at)
    end = next((entry for entry in entries if isinstance(entry, BurnConcluded)), None) or _cut_off(stages, ended_at)
    programmer = start.programmer
    return BurnRecord(
        id=start.burn_id,
        kind=start.kind,
        order=start.order,
        unit=start.unit,
        operator=start.operator,
        programmer=type(programmer)(programmer.name, end.programmer_model, programmer.socket),
        target=start.target,
        identity=end.identity,
        image=start.image,
        before_sha256=end.before_sha256,
        after_sha256=end.after_sha256,
        regions=end.regions,
        serial_numbers=start.serial_numbers if _is_begun(stages) else (),
        proof=end.proof,
        bench_sha256=start.bench_sha256,
        started_at=start.at,
        finished_at=end.at,
        stages=stages,
        retries=end.retries,
        result=end.result,
        is_marginal=end.is_marginal,
        failure=end.failure,
    )


def _is_begun(stages: Sequence[BurnStage]) -> bool:
    """Whether a byte may have been written: until then its numbers are free for another IC."""
    return any(stage.name == "program" for stage in stages)


def _stages(entries: Sequence[BurnEntry], ended_at: datetime) -> tuple[BurnStage, ...]:
    """Every stage that ended, then the one that was cut off."""
    ended = [
        BurnStage(entry.stage, entry.started_at, entry.at, entry.outcome, entry.bytes_moved, entry.message)
        for entry in entries
        if isinstance(entry, StageEnded)
    ]
    names = {stage.name for stage in ended}
    cut = [entry for entry in entries if isinstance(entry, StageBegun) and entry.stage not in names]
    return (*ended, *(BurnStage(entry.stage, entry.at, ended_at, "ABORTED", 0, CUT_OFF) for entry in cut))


def _cut_off(stages: Sequence[BurnStage], ended_at: datetime) -> BurnConcluded:
    return BurnConcluded(
        at=ended_at,
        result="ABORTED",
        failure=Failure("station", "", CUT_OFF, stages[-1].name if stages else None, ended_at),
        programmer_model="",
        identity=ChipIdentity("", "", ""),
        before_sha256="",
        after_sha256="",
        regions=(),
        proof="none",
        retries=0,
        is_marginal=False,
    )

"""Burns one image into one chip and proves it by reading all of it back; knows only the role SpiBus."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from station.ic_programmer.image import Image
from station.ic_programmer.job import (
    Backup,
    BackupRead,
    BurnEvent,
    BurnJob,
    BurnOutcome,
    StageFinished,
    StageProgress,
    StageStarted,
)
from station.ic_programmer.nor import SpiNor
from station.ic_programmer.plan import BurnPlan, Span, make_plan, span_of
from station.model.burn_record import BurnStage, ChipIdentity
from station.model.clock import Clock
from station.model.errors import (
    ContactError,
    Failure,
    OperatorError,
    StationError,
    TargetError,
    VerifyError,
    WrongChip,
    failure_of,
)
from station.model.roles import SpiBus

MARGINAL_ERASE = 0.5
"""An erase that takes more than this part of its maximum passes, but is marked."""

Note = Callable[[BurnEvent], None]
IsAborted = Callable[[], bool]


class _Aborted(Exception):
    """The operator stopped it."""


def burn(job: BurnJob, bus: SpiBus, clock: Clock, note: Note, is_aborted: IsAborted = lambda: False) -> BurnOutcome:
    """Play the stages of ``STAGES``; every StationError ends it and is in the outcome, never raised.

    ``is_aborted`` is asked between transfers. PASS means that every byte of the plan's span was read back from the
    chip and is what was wanted. A chip that is bad, wrong or protected is FAIL; the station, the programmer or the
    contact is ERROR.
    """
    return _Burn(job, bus, clock, note, is_aborted).play()


@dataclass
class _Findings:
    """What has been learned so far; it is on record however the burn ends."""

    programmer_model: str = ""
    identity: ChipIdentity = field(default_factory=lambda: ChipIdentity("", "", ""))
    backup: Backup | None = None
    before_sha256: str = ""
    after_sha256: str = ""
    plan: BurnPlan | None = None
    is_read_back: bool = False


@dataclass
class _Stage:
    """The stage that is being played."""

    name: str
    started_at: datetime
    total: int
    moved: int = 0


class _Burn:
    def __init__(self, job: BurnJob, bus: SpiBus, clock: Clock, note: Note, is_aborted: IsAborted) -> None:
        self._job = job
        self._bus = bus
        self._clock = clock
        self._note = note
        self._is_aborted = is_aborted
        self._nor = SpiNor(bus, job.target, clock)
        self._found = _Findings()
        self._stages: list[BurnStage] = []

    def play(self) -> BurnOutcome:
        started_at = self._clock.utc()
        result, failure = "PASS", None
        try:
            self._play_stages()
        except _Aborted:
            result = "ABORTED"
            failure = Failure("operator", "", "stopped by the operator", self._last_stage(), self._clock.utc())
        except StationError as error:
            result = _result_of(error)
            failure = failure_of(error, self._last_stage(), self._clock.utc())
        return self._outcome(result, failure, started_at)

    def _play_stages(self) -> None:
        job, found = self._job, self._found
        with self._stage("contact"):
            if job.target.not_burned:
                raise OperatorError(f"a {job.target.name} cannot be burned here: {job.target.not_burned}")
            found.programmer_model = self._bus.describe()
            jedec = self._nor.read_jedec()
            self._nor.require_steady_reading()
        with self._stage("identify"):
            found.identity = ChipIdentity(jedec, "", "")
            if jedec != job.target.jedec:
                raise WrongChip(f"the chip says {jedec}, a {job.target.name} says {job.target.jedec}")
            found.identity = self._nor.read_identity(jedec)
            self._nor.require_unprotected()
            target = self._nor.learn_layout()
        span = span_of(job.image, target)
        with self._stage("backup", span.length):
            old = self._read(span)
            found.backup = Backup(span.start, old, hashlib.sha256(old).hexdigest())
            found.before_sha256 = _image_sha256(job.image, span, old)
            self._note(BackupRead(found.backup))
        with self._stage("plan"):
            plan = found.plan = make_plan(job.image, target, span, old)
        with self._stage("erase", sum(kind.size_bytes for kind, _ in plan.erases)):
            self._erase(plan)
        with self._stage("program", len(plan.pages) * target.page_bytes):
            self._nor.program(plan.pages, self._progress)
        with self._stage("read_back", span.length):
            self._read_back(plan)

    def _read(self, span: Span) -> bytes:
        content = self._nor.read(span.start, span.length, self._progress)
        self._require_contact()
        return content

    def _erase(self, plan: BurnPlan) -> None:
        done = 0
        for kind, address in plan.erases:
            self._nor.erase(kind, address)
            done += kind.size_bytes
            self._progress(done)

    def _read_back(self, plan: BurnPlan) -> None:
        """Read everything again and compare; a difference that another reading does not show is bad contact."""
        content = self._read(plan.span)
        self._found.is_read_back = True
        self._found.after_sha256 = _image_sha256(self._job.image, plan.span, content)
        if content == plan.wanted:
            return
        step = self._nor.target.page_bytes
        offset = next(o for o in range(0, len(content), step) if content[o : o + step] != plan.wanted[o : o + step])
        page = self._nor.read(plan.span.start + offset, step, lambda _: None)
        wanted = plan.wanted[offset : offset + step]
        if page == wanted:
            problem = f"page 0x{plan.span.start + offset:06X} reads differently each time: reseat the chip or the clip"
            raise ContactError(self._bus.describe(), problem)
        bad = next(index for index in range(step) if page[index] != wanted[index])
        raise VerifyError(address=plan.span.start + offset + bad, expected=wanted[bad], found=page[bad])

    def _require_contact(self) -> None:
        """What was read counts only if the same chip still answers: a lost contact reads as blank."""
        jedec = self._nor.read_jedec()
        if jedec != self._job.target.jedec:
            raise ContactError(self._bus.describe(), f"the chip now says {jedec}: reseat it and start again")

    def _progress(self, done: int) -> None:
        stage = self._current
        stage.moved = min(done, stage.total)
        self._note(StageProgress(stage.name, stage.moved, stage.total))
        if self._is_aborted():
            raise _Aborted

    @contextmanager
    def _stage(self, name: str, total: int = 0) -> Iterator[None]:
        """Say that it starts and how it ends; whatever ends it is on record."""
        self._current = _Stage(name, self._clock.utc(), total)
        self._note(StageStarted(name, self._current.started_at, total))
        outcome, message = "ERROR", ""
        try:
            if self._is_aborted():
                raise _Aborted
            yield
            outcome = "PASS"
        except _Aborted:
            outcome, message = "ABORTED", "stopped by the operator"
            raise
        except StationError as error:
            outcome, message = _result_of(error), str(error)
            raise
        finally:
            stage = self._current
            record = BurnStage(name, stage.started_at, self._clock.utc(), outcome, stage.moved, message)
            self._stages.append(record)
            self._note(StageFinished(record))

    def _last_stage(self) -> str | None:
        return self._stages[-1].name if self._stages else None

    def _outcome(self, result: str, failure: Failure | None, started_at: datetime) -> BurnOutcome:
        found = self._found
        return BurnOutcome(
            result=result,
            failure=failure,
            programmer_model=found.programmer_model,
            identity=found.identity,
            backup=found.backup,
            before_sha256=found.before_sha256,
            after_sha256=found.after_sha256,
            regions=found.plan.regions if found.plan else (),
            proof="readback_final" if found.is_read_back else "none",
            stages=tuple(self._stages),
            retries=self._nor.late_programs,
            is_marginal=result == "PASS" and self._nor.slowest_erase > MARGINAL_ERASE,
            started_at=started_at,
            finished_at=self._clock.utc(),
        )


def _result_of(error: StationError) -> str:
    return "FAIL" if isinstance(error, TargetError | VerifyError) else "ERROR"


def _image_sha256(image: Image, span: Span, content: bytes) -> str:
    digest = hashlib.sha256()
    for segment in image.segments:
        digest.update(content[segment.start - span.start : segment.end - span.start])
    return digest.hexdigest()

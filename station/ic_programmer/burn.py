"""Burns one image into one chip and proves it by reading all of it back; knows only what every chip can do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from station.ic_programmer.chip import Blind, BurnableChip, Protectable, ReadBehind, Stretch
from station.ic_programmer.image import Image
from station.ic_programmer.job import (
    PROTECT,
    UNPROTECT,
    Backup,
    BackupRead,
    BurnJob,
    BurnOutcome,
)
from station.ic_programmer.memory import Memory
from station.ic_programmer.plan import BurnPlan, Span, make_plan, span_of, unlike, unread
from station.ic_programmer.proof import Proof, first_difference, judged, merged
from station.ic_programmer.protection import require_settable
from station.ic_programmer.stages import IsAborted, Note, Stages
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import (
    ContactError,
    Failure,
    OperatorError,
    ProtectedError,
)

MARGINAL_ERASE = 0.5
"""An erase that takes more than this part of its maximum passes, but is marked."""


def burn(
    job: BurnJob, chip: BurnableChip, clock: Clock, note: Note, is_aborted: IsAborted = lambda: False
) -> BurnOutcome:
    """Play the stages of ``stages_of``; every StationError ends it and is in the outcome, never raised.

    ``is_aborted`` is asked between transfers. PASS means that every byte of the plan's span was read back from the
    chip and is what was wanted, unless the chip is blind and the job accepts that. A chip that is bad, wrong or
    protected is FAIL; the station, the programmer or the contact is ERROR.
    """
    return _Burn(job, chip, clock, note, is_aborted).play()


@dataclass
class _Findings:
    """What has been learned so far; it is on record however the burn ends."""

    programmer_model: str = ""
    identity: ChipIdentity = field(default_factory=lambda: ChipIdentity("", "", ""))
    backup: Backup | None = None
    before_sha256: str = ""
    after_sha256: str = ""
    plan: BurnPlan | None = None
    proof: str = "none"


class _Burn:
    def __init__(self, job: BurnJob, chip: BurnableChip, clock: Clock, note: Note, is_aborted: IsAborted) -> None:
        self._job = job
        self._chip = chip
        self._clock = clock
        self._note = note
        self._stages = Stages(clock, note, is_aborted)
        self._found = _Findings()

    def play(self) -> BurnOutcome:
        started_at = self._clock.utc()
        result, failure = self._stages.play(self._play_stages)
        return self._outcome(result, failure, started_at)

    def _play_stages(self) -> None:
        job, found, chip, stages = self._job, self._found, self._chip, self._stages
        with stages.stage("contact"):
            if job.target.not_burned:
                raise OperatorError(f"a {job.target.name} cannot be burned here: {job.target.not_burned}")
            require_settable(job.target, job.options.protection)
            guarded = self._guarded()
            found.programmer_model = chip.describe()
            found.identity = chip.contact()
            found.programmer_model = chip.describe()  # some tell only then who they are
            self._require_contact()
        if guarded is not None and job.options.is_unprotecting:
            with stages.stage(UNPROTECT):
                stages.remark(guarded.unprotect(job.options.erases_all_to_unlock) or "no protection was set")
        with stages.stage("identify"):
            found.identity = chip.identify()
            memory = chip.learn_memory()
            is_blind = self._is_blind()
            span, options = span_of(job.image, memory), job.options
        has_backup = options.has_backup and not (is_blind and self._gives_nothing())
        with stages.stage("backup", span.length if has_backup else 0):
            old = self._back_up(span) if has_backup else None
        with stages.stage("plan"):
            before = unread(job.image, memory, span, options.is_said_blank) if old is None else old
            before = unlike(job.image, span, before) if options.erases_all_blocks else before
            plan = found.plan = make_plan(job.image, memory, span, before)
        with stages.stage("erase", sum(kind.size_bytes for kind, _ in plan.erases)):
            chip.erase(plan.erases, self._stages.progress)
        unsure = self._unsure(plan, old is not None)
        with stages.stage("blank_check", sum(length for _, length in unsure)), judged(chip):
            self._check_blank(unsure, memory)
        if is_blind:
            self._program_blind(plan)
        else:
            self._program(plan, memory.page_bytes, old)
        if guarded is not None and job.options.protection:
            with stages.stage(PROTECT):
                stages.remark(guarded.protect(job.options.protection))

    def _require_contact(self) -> None:
        """Raises ContactError for one that is not steady at the first try, where the job asks for that."""
        if self._job.options.needs_steady_contact and self._chip.wear().is_unsteady:
            problem = (
                "the contact reads steadily at a lower clock or the second time only: clean it, and reseat the chip"
            )
            raise ContactError(self._chip.describe(), problem)

    def _guarded(self) -> Protectable | None:
        """The chip as one whose protection is changed, where the job wants that; raises OperatorError if it is none."""
        options, chip = self._job.options, self._chip
        if not options.is_unprotecting and not options.protection:
            return None
        if not isinstance(chip, Protectable):
            raise OperatorError(
                f"the protection of a {self._job.target.name} is neither set nor taken away at this programmer"
            )
        return chip

    def _is_blind(self) -> bool:
        """Whether nothing will prove the burn; raises OperatorError where the job does not accept that."""
        is_blind = isinstance(self._chip, Blind) and self._chip.is_blind()
        if is_blind and not self._job.options.accepts_no_proof:
            raise OperatorError("nothing can be read from this device once it is burned, and the recipe asks for proof")
        return is_blind

    def _gives_nothing(self) -> bool:
        """Whether it cannot be read before it is burned either."""
        try:
            self._chip.require_readable()
        except ProtectedError:
            return True
        return False

    def _back_up(self, span: Span) -> bytes:
        old, found = self._chip.read(span.start, span.length, self._stages.progress), self._found
        found.backup = Backup(span.start, old, hashlib.sha256(old).hexdigest())
        found.before_sha256 = _image_sha256(self._job.image, span, old)
        self._note(BackupRead(found.backup))
        return old

    def _unsure(self, plan: BurnPlan, is_known: bool) -> tuple[Stretch, ...]:
        """What must be blank before it is programmed, and nobody has read so."""
        if not self._job.options.has_blank_check:
            return ()
        if not is_known and (plan.erases or self._job.options.is_said_blank):
            return ((plan.span.start, plan.span.length),)
        return merged((address, kind.size_bytes) for kind, address in plan.erases)

    def _check_blank(self, stretches: Sequence[Stretch], memory: Memory) -> None:
        done = 0
        for start, length in stretches:
            content = self._chip.read(start, length, partial(self._further, done))
            done += length
            blank = bytes((memory.erased,)) * length
            if content != blank:
                raise first_difference(start, content, blank, memory.page_bytes)

    def _program_blind(self, plan: BurnPlan) -> None:
        """Program what nobody can read afterwards: the proof is none."""
        with self._stages.stage("program", sum(len(content) for _, content in plan.pages)):
            self._chip.program(plan.pages, self._stages.progress)
            self._stages.remark("nothing can be read from this device: there is no proof")

    def _program(self, plan: BurnPlan, page_bytes: int, old: bytes | None) -> None:
        """Program and prove: by a reading of its own at the end, or by what is read behind the programming."""
        chip, span, found = self._chip, plan.span, self._found
        behind = chip if isinstance(chip, ReadBehind) and not self._job.options.has_final_read_back else None
        proof = Proof(plan, page_bytes, old if behind else None)
        stages = self._stages
        with stages.stage("program", sum(len(content) for _, content in plan.pages)), judged(chip):
            if behind is None:
                chip.program(plan.pages, self._stages.progress)
            else:
                behind.program_and_read(
                    plan.pages, proof.unread, self._stages.progress, partial(self._read_behind, proof)
                )
        with stages.stage("read_back", 0 if behind else span.length), judged(chip):
            if behind is None:
                content = chip.read(span.start, span.length, self._stages.progress)
                found.proof = "readback_final"
                found.after_sha256 = _image_sha256(self._job.image, span, content)
                proof.take(span.start, content)
            found.after_sha256 = _image_sha256(self._job.image, span, proof.finish(chip.describe()))
            found.proof = "readback_interleaved" if behind else "readback_final"

    def _read_behind(self, proof: Proof, address: int, content: bytes) -> None:
        proof.take(address, content)
        self._stages.further(0)

    def _further(self, before: int, done: int) -> None:
        self._stages.progress(before + done)

    def _outcome(self, result: str, failure: Failure | None, started_at: datetime) -> BurnOutcome:
        found, wear = self._found, self._chip.wear()
        return BurnOutcome(
            result=result,
            failure=failure,
            programmer_model=found.programmer_model,
            identity=found.identity,
            backup=found.backup,
            before_sha256=found.before_sha256,
            after_sha256=found.after_sha256,
            regions=found.plan.regions if found.plan else (),
            proof=found.proof,
            stages=tuple(self._stages.ended),
            retries=wear.retries,
            is_marginal=result == "PASS"
            and (wear.is_unsteady or wear.slowest_erase > MARGINAL_ERASE or found.proof == "none"),
            started_at=started_at,
            finished_at=self._clock.utc(),
        )


def _image_sha256(image: Image, span: Span, content: bytes) -> str:
    digest = hashlib.sha256()
    for segment in image.segments:
        digest.update(content[segment.start - span.start : segment.end - span.start])
    return digest.hexdigest()

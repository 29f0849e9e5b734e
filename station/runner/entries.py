"""What a run leaves in its journal and tells those who watch it: one JSON line each."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from station.model.errors import Failure
from station.model.gate import GateNote
from station.model.limit import Comparator, Limit, Value
from station.model.roles import ChecklistItem, Choice
from station.model.run_record import Accessory, PlanRef, SafeAction, UnitRef


class PlannedStep(msgspec.Struct, frozen=True):
    """A step that this run has to play, where ``only_if`` names values without which it may be skipped."""

    name: str
    zh: str
    en: str
    only_if: dict[str, str | bool] = {}


class PlannedMeasurement(msgspec.Struct, frozen=True):
    """A measurement that this run has to bring, with its limit."""

    name: str
    step: str
    zh: str
    en: str
    unit: str
    comparator: Comparator
    low: float | None
    high: float | None
    expected: tuple[str, ...]
    required: bool
    source: str
    marginal: float | None = None

    def limit(self) -> Limit:
        """The limit as the judge takes it."""
        return Limit(
            self.name,
            self.unit,
            self.comparator,
            self.low,
            self.high,
            self.expected,
            self.required,
            self.source,
            self.marginal,
        )


class RunStarted(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="run_started"):
    """The first entry: everything that judging needs, so that a journal can be closed without its plan."""

    run_id: str
    at: datetime
    unit: UnitRef
    is_provisional: bool
    product: str
    plan: PlanRef
    purpose: str
    attempt: int
    slot: str
    operator: str
    cached_state_version: int | None
    station_id: str
    bench_sha256: str
    steps: tuple[PlannedStep, ...]
    measurements: tuple[PlannedMeasurement, ...]
    accessories: tuple[ChecklistItem, ...]
    gates: tuple[GateNote, ...] = ()


class StepWaiting(msgspec.Struct, frozen=True, tag_field="event", tag="step_waiting"):
    """A step is to begin as soon as the slot ``holder`` gives back the instrument ``resource``."""

    step: str
    resource: str
    holder: str


class StepStarted(msgspec.Struct, frozen=True, tag_field="event", tag="step_started"):
    """A step begins; it is killed ``deadline_s`` later. ``attempt`` counts from 1."""

    step: str
    at: datetime
    deadline_s: float
    attempt: int = 1


class Measured(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="measured"):
    """One value; None where there was none that can be compared."""

    step: str
    name: str
    value: Value
    unit: str
    outcome: str
    instrument: str
    cal_due: date | None
    retries: int
    taken_at: datetime
    is_marginal: bool = False


class TracePoints(msgspec.Struct, frozen=True, tag_field="event", tag="trace"):
    """Further points of a curve."""

    step: str
    name: str
    x_unit: str
    y_unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class Prompted(msgspec.Struct, frozen=True, tag_field="event", tag="prompted"):
    """The operator is asked to tick ``items``."""

    prompt_id: str
    kind: str
    zh: str
    en: str
    items: tuple[ChecklistItem, ...]


class ConfirmAsked(msgspec.Struct, frozen=True, tag_field="event", tag="confirm_asked"):
    """The operator is asked whether a statement is so."""

    prompt_id: str
    zh: str
    en: str


class EnterAsked(msgspec.Struct, frozen=True, tag_field="event", tag="enter_asked"):
    """The operator is asked for a number in ``unit``."""

    prompt_id: str
    zh: str
    en: str
    unit: str


class ChooseAsked(msgspec.Struct, frozen=True, tag_field="event", tag="choose_asked"):
    """The operator is asked for one of ``options``."""

    prompt_id: str
    zh: str
    en: str
    options: tuple[Choice, ...]


class PhotoAsked(msgspec.Struct, frozen=True, tag_field="event", tag="photo_asked"):
    """The operator is asked for a photo."""

    prompt_id: str
    zh: str
    en: str


class Answered(msgspec.Struct, frozen=True, tag_field="event", tag="answered"):
    """What the operator ticked (every item comes back) or ``said``: yes or no, a number, an option, a photo."""

    prompt_id: str
    accessories: tuple[Accessory, ...] = ()
    said: bool | str | None = None


class StepRetried(msgspec.Struct, frozen=True, tag_field="event", tag="step_retried"):
    """An attempt at a step came to nothing and the step is played again; what was measured in it is not the step's."""

    step: str
    at: datetime
    outcome: str
    message: str


class StepFinished(msgspec.Struct, frozen=True, tag_field="event", tag="step_finished"):
    """A step's end; SKIPPED steps have no start."""

    step: str
    at: datetime
    outcome: str
    message: str


class RunStopped(msgspec.Struct, frozen=True, tag_field="event", tag="run_stopped"):
    """The run ended before its plan did; ``verdict`` is ABORTED or ERROR."""

    verdict: str
    failure: Failure


class MadeSafe(msgspec.Struct, frozen=True, tag_field="event", tag="made_safe"):
    """The outputs were switched off over fresh links."""

    actions: tuple[SafeAction, ...]
    at: datetime


Prompt = Prompted | ConfirmAsked | EnterAsked | ChooseAsked | PhotoAsked
"""What is put to the operator; it is open until it is answered or its step has ended."""
Progress = StepWaiting | StepStarted | Measured | TracePoints | Prompt | Answered | StepRetried | StepFinished
"""What is written of a step."""
Entry = RunStarted | Progress | RunStopped | MadeSafe

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)


def encode_entry(entry: Entry) -> bytes:
    """One line with its LF."""
    return _encoder.encode(entry) + b"\n"


def decode_entry(line: bytes) -> Entry:
    """The entry in ``line``; raises msgspec.DecodeError where it is none."""
    return _decoder.decode(line)

"""The process that opens the bench and plays; it can be killed at any moment."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from station.bench import OpenBench, open_bench, slot_leases
from station.model.clock import Clock
from station.model.errors import OperatorError, PlanError, StationError, StorageError
from station.model.ids import new_id
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import MAX_CHOICES, OPERATOR, ChecklistItem, Choice
from station.model.run_record import Accessory
from station.playing.answers import number_of
from station.playing.events import Answer, Choose, Confirm, Enter, Lines, PhotoTaken, Refused, decode_answer
from station.playing.order import RunOrder
from station.playing.photos import kept_photo
from station.runner.cut import Cut
from station.runner.entries import (
    Answered,
    ChooseAsked,
    ConfirmAsked,
    EnterAsked,
    Entry,
    PhotoAsked,
    Prompt,
    Prompted,
    decode_entry,
    encode_entry,
)
from station.runner.journal import Journal
from station.runner.play import Scene, play
from station.system import is_readable, read_some, write_all
from station.system.spare_thread import SpareThread

AnswerT = TypeVar("AnswerT", Answer, Confirm, Enter, Choose, PhotoTaken)

LOOK_EVERY_S = 0.2
"""How soon a prompt is given up when the run has ended for another reason."""

NO_RUN = 3
"""Exit code of a child that could not open the bench, or cannot write what happens."""


class ToldJournal:
    """Writes every entry to the journal first, then tells the supervisor; one entry at a time, in one order."""

    def __init__(self, journal: Journal[Entry], telling: int) -> None:
        self._journal = journal
        self._telling = telling
        self._turn = threading.Lock()
        self._is_closed = False

    def write(self, entry: Entry, is_durable: bool = False) -> None:
        with self._turn:
            if self._is_closed:
                raise StorageError("journal", "the run is over, and this step was cut off")
            line = encode_entry(entry)
            self._journal.append(line, is_durable)
            write_all(self._telling, line)

    def close(self) -> None:
        """Close the journal; a step that was cut off and still works can write no more.

        The supervisor puts its end on the disk, while this process ends.
        """
        with self._turn:
            self._is_closed = True
            self._journal.close(is_durable=False)


class PromptedOperator:
    """The operator at the other end of two pipes; a station.model.roles.Operator."""

    def __init__(self, sink: ToldJournal, answers: int, clock: Clock, cut: Cut, photos: Path) -> None:
        self._sink = sink
        self._photos = photos
        self._answers = answers
        self._lines = Lines()
        self._clock = clock
        self._cut = cut

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        """Every item, ticked or not."""
        answer = self._ask(Prompted(self._new_id(), "checklist", zh, en, tuple(items)), Answer)
        ticked = tuple(Accessory(item.name, item.name in answer.present) for item in items)
        self._sink.write(Answered(answer.prompt_id, ticked))
        return ticked

    def confirm(self, zh: str, en: str) -> Statement:
        """What the operator saw or heard."""
        answer = self._ask(ConfirmAsked(self._new_id(), zh, en), Confirm)
        self._sink.write(Answered(answer.prompt_id, said=answer.is_so))
        return Statement(answer.is_so, OPERATOR, self._clock.utc())

    def enter(self, zh: str, en: str, unit: str) -> Reading:
        """What the operator read off; the supervisor lets only numbers through."""
        answer = self._ask(EnterAsked(self._new_id(), zh, en, unit), Enter)
        self._sink.write(Answered(answer.prompt_id, said=answer.text))
        return Reading(number_of(answer.text), unit, OPERATOR, answer.text, self._clock.utc())

    def choose(self, zh: str, en: str, options: Sequence[Choice]) -> TextReading:
        """The name of the option that the operator chose; raises PlanError where there are not 2 to 9."""
        if not 2 <= len(options) <= MAX_CHOICES:
            raise PlanError(f"{en!r} offers {len(options)} options: 2 to {MAX_CHOICES} can be chosen from")
        answer = self._ask(ChooseAsked(self._new_id(), zh, en, tuple(options)), Choose)
        self._sink.write(Answered(answer.prompt_id, said=answer.option))
        return TextReading(answer.option, OPERATOR, self._clock.utc())

    def photograph(self, zh: str, en: str) -> TextReading:
        """Digest and size of the photo, read from the disk once more; raises OperatorError where it is gone."""
        answer = self._ask(PhotoAsked(self._new_id(), zh, en), PhotoTaken)
        photo = kept_photo(self._photos, answer.sha256)
        self._sink.write(Answered(answer.prompt_id, said=photo.value))
        return TextReading(photo.value, OPERATOR, self._clock.utc())

    def _new_id(self) -> str:
        return new_id(self._clock.utc())

    def _ask(self, prompt: Prompt, kind: type[AnswerT]) -> AnswerT:
        """Wait until this very prompt is answered; raises OperatorError where nobody can answer any more.

        Raises CutOff where the run has ended meanwhile.
        """
        self._sink.write(prompt)
        while chunk := self._read():
            for line in self._lines.take(chunk):
                answer = decode_answer(line)
                if isinstance(answer, kind) and answer.prompt_id == prompt.prompt_id:
                    return answer
        raise OperatorError("nobody is there to answer")

    def _read(self) -> bytes:
        while not is_readable(self._answers, LOOK_EVERY_S):
            self._cut.check()
        return read_some(self._answers)


def play_order(order: RunOrder, telling: int, answers: int, spare: SpareThread | None = None) -> int:
    """Open the bench and play; gives the exit code. What a step's own code raises is noted, then ends this process.

    The journal is synced on the ``spare`` thread, where there is one.
    """
    clock = order.clock
    try:
        leases = slot_leases(order.settings, order.bench)
        bench = open_bench(order.bench, clock, tuple(order.plan.roles()), leases, is_checked=True)  # before the order
    except StationError as error:
        write_all(telling, msgspec.json.encode(Refused.by(error)) + b"\n")
        return NO_RUN
    cut_off: frozenset[str] = frozenset()
    try:
        sink = ToldJournal(Journal(order.journal, decode_entry, spare), telling)
        try:
            cut_off = _play(order, bench, sink, answers)
        finally:
            sink.close()
    except StorageError as error:
        write_all(telling, msgspec.json.encode(Refused.by(error)) + b"\n")
        return NO_RUN
    finally:
        if not cut_off:  # what is still at work with a link is not waited for: it ends with this process
            bench.close()
    return 0


def _play(order: RunOrder, bench: OpenBench, sink: ToldJournal, answers: int) -> frozenset[str]:
    clock = order.clock
    cut = Cut()
    operator = PromptedOperator(sink, answers, clock, cut, order.settings.attachments)
    scene = Scene(bench.roles, bench.cal_due, operator, order.steps_clock(), bench.resources, bench.lender)
    start = msgspec.structs.replace(order.start, at=clock.utc())
    return play(order.plan, scene, start, sink, cut)

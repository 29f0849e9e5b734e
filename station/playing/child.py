"""The process that opens the bench and plays; it can be killed at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from station.bench import OpenBench, open_bench
from station.model.clock import Clock
from station.model.errors import OperatorError, StationError, StorageError, failure_of
from station.model.ids import new_id
from station.model.roles import ChecklistItem
from station.model.run_record import Accessory
from station.playing.events import Lines, Refused, decode_answer
from station.playing.order import RunOrder
from station.playing.posix import read_some, write_all
from station.runner.entries import Answered, Entry, Prompted, RunStopped, decode_entry, encode_entry
from station.runner.journal import Journal
from station.runner.play import Scene, play

NO_RUN = 3
"""Exit code of a child that could not open the bench, or cannot write what happens."""


@dataclass(frozen=True, slots=True)
class ToldJournal:
    """Writes every entry to the journal first, then tells the supervisor."""

    journal: Journal[Entry]
    telling: int

    def write(self, entry: Entry, is_durable: bool = False) -> None:
        self.journal.write(entry, is_durable)
        write_all(self.telling, encode_entry(entry))


class PromptedOperator:
    """The operator at the other end of two pipes; a station.model.roles.Operator."""

    def __init__(self, sink: ToldJournal, answers: int, clock: Clock) -> None:
        self._sink = sink
        self._answers = answers
        self._lines = Lines()
        self._clock = clock

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        """Ask, and wait until this very prompt is answered; raises OperatorError where nobody can answer any more."""
        prompt_id = new_id(self._clock.utc())
        self._sink.write(Prompted(prompt_id, "checklist", zh, en, tuple(items)))
        while chunk := read_some(self._answers):
            for line in self._lines.take(chunk):
                answer = decode_answer(line)
                if answer.prompt_id == prompt_id:
                    ticked = tuple(Accessory(item.name, item.name in answer.present) for item in items)
                    self._sink.write(Answered(prompt_id, ticked))
                    return ticked
        raise OperatorError("nobody is there to answer")


def play_order(order: RunOrder, telling: int, answers: int) -> int:
    """Open the bench and play; gives the exit code. What a step's own code raises is noted, then ends this process."""
    clock = order.clock
    try:
        bench = open_bench(order.bench, clock, tuple(order.plan.roles()))
    except StationError as error:
        write_all(telling, msgspec.json.encode(Refused.by(error)) + b"\n")
        return NO_RUN
    try:
        journal = Journal(order.journal, decode_entry)
        try:
            _play(order, bench, ToldJournal(journal, telling), answers)
        finally:
            journal.close()
    except StorageError as error:
        write_all(telling, msgspec.json.encode(Refused.by(error)) + b"\n")
        return NO_RUN
    finally:
        bench.close()
    return 0


def _play(order: RunOrder, bench: OpenBench, sink: ToldJournal, answers: int) -> None:
    clock = order.clock
    scene = Scene(bench.roles, bench.cal_due, PromptedOperator(sink, answers, clock), clock)
    start = msgspec.structs.replace(order.start, at=clock.utc())
    try:
        play(order.plan, scene, start, sink)
    except BaseException as error:
        sink.write(RunStopped("ERROR", failure_of(error, None, clock.utc())), is_durable=True)
        raise

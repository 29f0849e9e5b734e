"""The supervisor: lets a child play under a guard, keeps its deadlines, and closes the run when the child is dead."""

from __future__ import annotations

import logging
import selectors
from collections.abc import Callable

import msgspec

from station.model.clock import Clock
from station.model.errors import OperatorError, StorageError
from station.playing.answers import fitting
from station.playing.closing import Closing, stopped
from station.playing.ending import Ending
from station.playing.estop_watch import EstopWatch
from station.playing.events import Abort, AnyAnswer, Command, Lines, Refused, RunFinished, Watcher
from station.playing.family import Family, nothing
from station.playing.order import RunOrder, numbered_again, slot_lock
from station.playing.pending import Pending
from station.playing.recover import recover_runs
from station.playing.telling import Telling
from station.playing.tick import Tick, unasked
from station.runner.entries import Entry, MadeSafe, Prompt, RunStopped
from station.runner.journal import make_folder
from station.system import (
    StopSignals,
    close_all,
    kill,
    read_some,
    selector,
    take_lock,
    wait_for,
    write_all,
)
from station.system.database import held_open
from station.system.spare_thread import SpareThread

logger = logging.getLogger(__name__)

_told: msgspec.json.Decoder[Entry | Refused] = msgspec.json.Decoder(Entry | Refused)


def supervise(
    order: RunOrder,
    watcher: Watcher,
    tick: Tick = Tick.ASK,
    has_program: bool = False,
    signals: StopSignals | None = None,
    waiting: Family | None = None,
    settle: Callable[[], None] = nothing,
) -> RunFinished | Refused:
    """Play ``order`` to its end, whatever happens; the result was given to ``watcher`` too.

    ``has_program``: the watcher speaks for a program that may answer what ``tick`` cannot. ``signals`` are those of a
    process that plays one run after the other. ``waiting`` is a family that was forked before and knows this order.
    Before anything is told or begun, ``settle`` may make another program of this one.
    Raises StorageError where the record cannot be kept; the journal then holds it until the next start.
    """
    lock = take_lock(slot_lock(order.settings, order.bench.station_id, order.bench.slot))
    if lock is None:
        settle()
        busy = Refused.by(OperatorError(f"another run is using {order.bench.slot}: wait until it has ended"))
        watcher.hear(busy)
        return busy
    try:
        signals = signals or StopSignals()
        if recover_runs(order, settle):
            order = numbered_again(order)
        with Telling(watcher, signals) as told:
            supervisor = _Supervisor(order, told, signals, tick, has_program)
            settle()
            with _family(order, waiting) as family:
                result = supervisor.run(family, lock)
    finally:
        close_all(lock)
    return result


def _family(order: RunOrder, waiting: Family | None) -> Family:
    """The one that waits; another one where there is none, or where one of its processes was killed meanwhile."""
    if waiting is not None:
        if waiting.is_whole:
            return waiting
        logger.warning("a process that was to play was killed while it waited: others are started")
        waiting.dismiss()
    return Family(lambda start: order)


class _Supervisor:
    """One run: the processes, what stops it, and since when it waits for what."""

    def __init__(self, order: RunOrder, watcher: Telling, signals: StopSignals, tick: Tick, has_program: bool) -> None:
        self._order = order
        self._tick = tick
        self._has_program = has_program
        self._clock: Clock = order.clock
        self._watcher = watcher
        self._signals = signals
        self._selector = selector()
        self._closing = Closing.of(order)
        self._stop: RunStopped | None = None
        self._refused: Refused | None = None
        self._pending = Pending(self._clock)
        self._estop = EstopWatch(order.bench.estop, order.clock)
        self._lines = Lines()
        self._child = 0
        self._answers: int | None = None
        self._prompt: Prompt | None = None

    def run(self, family: Family, lock: int) -> RunFinished | Refused:
        """Have the family play it, and close it; ``lock`` is the slot's."""
        self._child, self._answers = family.child, family.answers
        refused = self._estop.begin(family.leave)
        if refused is not None:
            self._watcher.hear(refused)
            return refused
        settings = self._order.settings
        make_folder(settings.journals)
        family.begin(self._order.start, lock)
        self._watcher.start()
        with SpareThread("journal to disk") as disk, held_open(settings.outbox, settings.history, begins_log=True):
            self._follow(family.telling, family.guard_alive)
            ending = self._closing.prepare(disk)  # the child has written its last; it takes a while to be gone
            self._explain_end(wait_for(self._child))
            self._estop.end()
            close_all(family.telling)
            self._end_answers()
            try:
                result = self._close(ending)
            except StorageError:  # the outputs are off, and the guard has no other disk
                family.release_guard()
                raise
            family.release_guard()
        return result

    def _explain_end(self, how: str) -> None:
        """``how`` is empty where the child ended by itself; what it could not write down is said for it."""
        if self._stop is None and self._refused is not None:
            self._stop = stopped("ERROR", self._refused.kind, self._refused.message, None, self._clock)
        elif self._stop is None and how:
            self._stop = stopped("ERROR", "station", f"the process that played the run ended: {how}", None, self._clock)

    def _close(self, ending: Ending) -> RunFinished | Refused:
        """Close the run and tell of it; one that never began leaves nothing behind."""
        if ending.may_have_begun:
            return self._closing.close(self._stop, self._tell_end, ending)
        self._order.journal.unlink(missing_ok=True)
        refused = self._refused
        if refused is None:
            refused = Refused("station", self._stop.failure.message if self._stop else "the bench was not opened")
        self._closing.note_refusal(refused)
        self._watcher.hear(refused)
        return refused

    def _tell_end(self, event: MadeSafe | RunFinished) -> None:
        self._watcher.hear(event)
        if isinstance(event, RunFinished):
            self._watcher.let_tell()  # what follows is nobody's to wait for

    def _follow(self, telling: int, guard_alive: int) -> None:
        """Attend to everything until the child has closed its end."""
        is_playing = True

        def take_told() -> None:
            nonlocal is_playing
            is_playing = self._take_told(telling)

        def guard_died() -> None:
            self._selector.unregister(guard_alive)
            self._end("ABORTED", "station", "the guard ended, the run cannot go on unguarded")

        self._attend(telling, take_told)
        self._attend(guard_alive, guard_died)
        self._attend(self._signals.fileno(), self._take_signal)
        self._attend_watcher()
        self._attend_estop()
        while is_playing:
            first = self._pending.first()
            until = min(first.deadline, self._estop.deadline)
            remaining = None if self._stop else max(0.0, until - self._clock.now())
            for key, _ in self._selector.select(remaining):
                key.data()
            self._heed_estop()
            first = self._pending.first()
            if self._stop is None and self._clock.now() >= first.deadline:
                self._end("ERROR", "station", f"{first.what} took longer than its deadline", first.step)
        self._selector.close()

    def _attend_estop(self) -> None:
        descriptor = self._estop.fileno()
        if descriptor is not None:
            self._attend(descriptor, self._heed_estop)

    def _heed_estop(self) -> None:
        """What the e-stop's watch says ends the run, and so does what it does not say."""
        stop = self._estop.take()
        if stop is not None and self._stop is None:
            self._stop = stop
            self._watcher.hear(stop)
            kill(self._child)

    def _attend(self, descriptor: int, act: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, act)

    def _attend_watcher(self) -> None:
        """Listen to the watcher as long as commands can come."""
        descriptor = self._watcher.fileno()
        if descriptor is None:
            self._leave_unattended()
            return

        def take_commands() -> None:
            for command in self._watcher.commands():
                self._obey(command)
            if self._watcher.fileno() is None:
                self._selector.unregister(descriptor)
                self._leave_unattended()

        self._attend(descriptor, take_commands)

    def _obey(self, command: Command) -> None:
        match command:
            case Abort():
                self._end("ABORTED", "operator", "stopped by the operator")
            case _:
                self._answer(command)

    def _answer(self, answer: AnyAnswer) -> None:
        """Pass on the answer to the open prompt, and of it what was asked: no more than the child's pipe can hold.

        The prompt is told again where it asks for a number and none was typed, or for a photo and none was kept.
        """
        if self._answers is None or self._prompt is None:
            return
        try:
            fit = fitting(self._prompt, answer, self._order.settings.attachments)
        except OperatorError as error:
            logger.info("asked again: %s", error)
            self._watcher.hear(self._prompt)
            return
        if fit is not None:
            self._prompt = None
            write_all(self._answers, msgspec.json.encode(fit) + b"\n")

    def _answer_unasked(self, prompt: Prompt) -> None:
        """Answer as ``--tick`` says; what it cannot know is left to a program that listens, or refused."""
        answer = unasked(prompt, self._tick)
        if answer is not None:
            self._answer(answer)
        elif not self._has_program:
            problem = f"--tick {self._tick} answers lists and yes or no, not this: {prompt.en}"
            self._end("ABORTED", OperatorError.kind, problem)

    def _leave_unattended(self) -> None:
        self._has_program = False
        if self._tick is Tick.ASK:
            self._end_answers()
        elif self._prompt is not None:
            self._answer_unasked(self._prompt)

    def _end_answers(self) -> None:
        """Nobody can answer any more: a step that asks ends, one that does not goes on."""
        if self._answers is not None:
            close_all(self._answers)
            self._answers = None

    def _take_signal(self) -> None:
        name = self._signals.take()
        if name == "SIGINT":
            self._end("ABORTED", "operator", "stopped by the operator (Ctrl-C)")
        elif name:
            self._end("ABORTED", "station", f"the station's program was stopped ({name})")

    def _take_told(self, telling: int) -> bool:
        """Take what the child tells; False when it has ended."""
        chunk = read_some(telling)
        for line in self._lines.take(chunk):
            told = _told.decode(line)
            if isinstance(told, Refused):
                self._refused = told
            else:
                self._note(told)
        return bool(chunk)

    def _note(self, entry: Entry) -> None:
        self._pending.take(entry)
        self._watcher.hear(entry)
        if isinstance(entry, Prompt):
            self._prompt = entry
            if self._tick is not Tick.ASK:
                self._answer_unasked(entry)

    def _end(self, verdict: str, kind: str, message: str, step: str | None = None) -> None:
        """Kill the child; the first reason is the run's."""
        if self._stop is None:
            self._stop = stopped(verdict, kind, message, step, self._clock)
            self._watcher.hear(self._stop)
        kill(self._child)

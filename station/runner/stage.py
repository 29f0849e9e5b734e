"""Where steps are played: those that may be under way together each on a thread, one alone on the caller's own."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from station.config.limits_file import SCANNED_SERIAL
from station.model.errors import DutError, OperatorError, StationError, failure_of
from station.model.limit import Value
from station.runner.agenda import Agenda, Task
from station.runner.attempt import Attempt, EntrySink, Scene
from station.runner.entries import RunStopped, StepFinished, StepStarted
from station.runner.plan import Plan


class Stage:
    """Plays tasks of one plan and remembers what was begun and what stopped it."""

    def __init__(self, plan: Plan, scene: Scene, journal: EntrySink, scanned_serial: str) -> None:
        self._plan = plan
        self._scene = scene
        self._journal = journal
        self._taken: dict[str, Value] = {SCANNED_SERIAL: scanned_serial}
        self._steps = {step.name: step for step in plan.steps}
        self._turn = threading.Condition()
        self._under_way: set[str] = set()
        self._is_cut = False
        self._crash: BaseException | None = None
        self.begun: set[str] = set()
        self.stopper = ""

    @property
    def under_way(self) -> frozenset[str]:
        """The steps that have begun and not ended."""
        with self._turn:
            return frozenset(self._under_way)

    def play(self, tasks: Sequence[Task]) -> None:
        """Play ``tasks``; returns when all have ended, or at once when something has stopped the run.

        After a failed step that stops the plan nothing begins any more, and what is under way is played to its end.
        After an error the steps that are still under way are cut off: they work on until their process ends. Raises
        what a step's own code raised.
        """
        agenda = Agenda(tasks)
        while not self._is_cut and (begun := self._begin(agenda)):
            if len(begun) == 1:  # nothing can begin beside it: no thread needs to be free for that
                self._play(agenda, begun[0])
                continue
            for task in begun:
                self._start(agenda, task)
            with self._turn:
                self._turn.wait_for(lambda: self._is_cut or not agenda.running)
        if self._crash is not None:
            raise self._crash

    def _begin(self, agenda: Agenda) -> list[Task]:
        with self._turn:
            begun = [] if self.stopper else agenda.begin()
            names = [task.name for task in begun]
            self.begun.update(names)
            self._under_way.update(names)
            return begun

    def _start(self, agenda: Agenda, task: Task) -> None:
        threading.Thread(target=self._work, args=(agenda, task), name=f"step {task.name}", daemon=True).start()

    def _work(self, agenda: Agenda, task: Task) -> None:
        """Play ``task``, then what may begin because it has ended: the first here, others on threads of their own."""
        following = [task]
        while following:
            self._play(agenda, following[0])
            following = self._begin(agenda)
            for other in following[1:]:
                self._start(agenda, other)

    def _play(self, agenda: Agenda, task: Task) -> None:
        try:
            self._play_step(task.name)
        except BaseException as error:  # noqa: BLE001  # raised again by ``play``, on the thread that can end the process
            self._stop(RunStopped("ERROR", failure_of(error, task.name, self._scene.clock.utc())), error)
        with self._turn:
            agenda.end(task.name)
            self._under_way.discard(task.name)
            self._turn.notify_all()

    def _play_step(self, name: str) -> None:
        step, clock = self._steps[name], self._scene.clock
        declared = step.declaration
        attempt = Attempt(self._plan, step, self._scene, self._journal, self._taken)
        self._journal.write(StepStarted(name, clock.utc(), declared.deadline_s), is_durable=declared.energises)
        try:
            attempt.call()
        except DutError as error:
            outcome, message = "FAIL", str(error)
        except StationError as error:
            outcome = "ABORTED" if isinstance(error, OperatorError) else "ERROR"
            self._journal.write(StepFinished(name, clock.utc(), outcome, str(error)))
            self._stop(RunStopped(outcome, failure_of(error, name, clock.utc())))
            return
        else:
            outcome, message = attempt.outcome, attempt.message
        self._journal.write(StepFinished(name, clock.utc(), outcome, message))
        if outcome != "PASS" and declared.stops_on_fail:
            self.stopper = self.stopper or name

    def _stop(self, stop: RunStopped, crash: BaseException | None = None) -> None:
        """Note why the run stops, before anybody can see that it does; the first reason is the run's."""
        with self._turn:
            if self._is_cut:
                return
            self.stopper = stop.failure.step or ""
            self._crash = crash
            try:
                self._journal.write(stop, is_durable=True)
            except StationError as error:  # the disk is the greater trouble
                self._crash = error
            self._is_cut = True

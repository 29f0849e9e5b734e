"""Where steps are played: those that may be under way together each on a thread, one alone on the caller's own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from station.config.limits_file import SCANNED_SERIAL
from station.model.errors import StationError, StorageError, failure_of
from station.runner.agenda import Agenda, Task
from station.runner.attempt import Scene
from station.runner.cut import Cut
from station.runner.entries import RunStopped, StepFinished
from station.runner.loan import NOTHING_SHARED
from station.runner.plan import Plan
from station.runner.sampling import Samplers
from station.runner.sink import EntrySink
from station.runner.step import Step
from station.runner.turn import Ground, play_turn

PATIENCE_S = 1.0
"""How long steps that were cut off may take to end, so that the last steps can be played. Estimate: ten polls."""


class Stage:
    """Plays tasks of one plan and remembers what was begun and what stopped it."""

    def __init__(
        self, plan: Plan, scene: Scene, journal: EntrySink, sink: EntrySink, scanned_serial: str, cut: Cut
    ) -> None:
        """``cut`` is made when something stops the run, for the steps at work, which write into ``sink``."""
        self._scene = scene
        self._journal = journal
        self._ground = Ground(plan, scene, journal, sink, {SCANNED_SERIAL: scanned_serial}, cut)
        self._steps = {step.name: step for step in plan.steps}
        self._samplers = Samplers(self._ground) if any(step.watch for step in plan.steps) else None
        if self._samplers is not None:
            self._steps |= {step.name: step for step in self._samplers.steps()}
        self._is_free = None if scene.lender is NOTHING_SHARED else self._could_be_lent
        self._turn = threading.Condition()
        self._under_way: set[str] = set()
        self._cut = cut
        self._begun: set[str] = set()
        self._stopper = ""
        self.crash: BaseException | None = None

    @property
    def under_way(self) -> frozenset[str]:
        """The steps that have begun and not ended."""
        with self._turn:
            return frozenset(self._under_way)

    def play(self, tasks: Sequence[Task]) -> None:
        """Play ``tasks``; returns when all have ended, or at once when something has stopped the run.

        After a failed step that stops the plan nothing begins any more, and what is under way is played to its end.
        After an error the steps that are still under way are cut off: they may work on until their process ends. What a
        step's own code raised is left in ``crash``.
        """
        with self._watched():
            self._play_all(Agenda(tasks))

    def _watched(self) -> AbstractContextManager[None]:
        return nullcontext() if self._samplers is None else self._samplers.at_work(self._stop)

    def _play_all(self, agenda: Agenda) -> None:
        begun = self._begin(agenda)
        while begun and not self._cut.is_made:
            if len(begun) == 1 and self._samplers is None:  # nothing goes on beside it, and nobody could cut it off
                begun = self._play(agenda, begun[0])
                continue
            for task in begun:
                self._start(agenda, task)
            with self._turn:
                self._turn.wait_for(lambda: self._cut.is_made or not agenda.running)
            begun = self._begin(agenda)

    def play_last(self, names: Sequence[str]) -> None:
        """Play these steps one after the other, whatever stopped the others and whatever comes of each.

        Steps that were cut off are given some time to end; while one is still at work, none of these is played.
        """
        with self._turn:
            self._turn.wait_for(lambda: not self._under_way, PATIENCE_S if names else 0)
            still = ", ".join(sorted(self._under_way))
        for name in names:
            self._cut.heal()
            if still:
                self._skip(name, f"not played while {still} is still at work")
            elif not isinstance(self.crash, StorageError):  # nothing can be written down any more
                self._play_one(name)

    def skip_rest(self, names: Sequence[str]) -> None:
        """Note that those of ``names`` that were not begun will not be."""
        for name in names:
            if name not in self._begun:
                self._skip(name, f"not played after {self._stopper}")

    def _skip(self, name: str, why: str) -> None:
        self._journal.write(StepFinished(name, self._scene.clock.utc(), "SKIPPED", why))

    def _begin(self, agenda: Agenda) -> list[Task]:
        with self._turn:
            begun = [] if self._stopper else agenda.begin(self._is_free)
            names = [task.name for task in begun]
            self._begun.update(names)
            self._under_way.update(names)
            return begun

    def _could_be_lent(self, task: Task) -> bool:
        return self._scene.lender.is_free(self._steps[task.name].roles)

    def _start(self, agenda: Agenda, task: Task) -> None:
        threading.Thread(target=self._work, args=(agenda, task), name=f"step {task.name}", daemon=True).start()

    def _work(self, agenda: Agenda, task: Task) -> None:
        """Play ``task``, then what may begin because it has ended: the first here, others on threads of their own."""
        following = [task]
        while following:
            following = self._play(agenda, following[0])
            for other in following[1:]:
                self._start(agenda, other)

    def _play(self, agenda: Agenda, task: Task) -> list[Task]:
        """Play ``task``; gives what has begun because it has ended."""
        self._play_one(task.name)
        with self._turn:
            agenda.end(task.name)
            self._under_way.discard(task.name)
            self._turn.notify_all()
            return self._begin(agenda)

    def _play_one(self, name: str) -> None:
        step, clock = self._steps[name], self._scene.clock
        try:
            with self._beside(step):
                turn = play_turn(step, self._ground)
        except BaseException as error:  # noqa: BLE001  # raised again on the thread that can end the process
            self._stop(RunStopped("ERROR", failure_of(error, name, clock.utc())), error)
            return
        if isinstance(turn, RunStopped):
            self._stop(turn)
        elif turn not in ("PASS", "SKIPPED") and (
            step.declaration.stops_on_fail or step.declaration.section == "setup"
        ):
            with self._turn:
                self._stopper = self._stopper or name

    def _beside(self, step: Step) -> AbstractContextManager[None]:
        """While a monitor uses what ``step`` does, it waits."""
        return nullcontext() if self._samplers is None else self._samplers.beside(step)

    def _stop(self, stop: RunStopped, crash: BaseException | None = None) -> None:
        """Note why the run stops, before anybody can see that it does; the first reason is the run's."""
        with self._turn:
            if self._cut.was_made:
                return
            self._stopper = self._stopper or stop.failure.step or ""
            self.crash = crash
            try:
                self._journal.write(stop, is_durable=True)
            except StationError as error:  # the disk is the greater trouble
                self.crash = error
            self._cut.make()
            self._turn.notify_all()

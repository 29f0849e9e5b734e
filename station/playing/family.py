"""The guard and the child of one run: forked here, they hold nothing until the run is given to them."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType

from station.playing.child import play_order
from station.playing.closing import Closing
from station.playing.guard import stand_guard
from station.playing.handing import NO, PROCESS_ID, QUESTION, YES, brief, hand_over, take_over
from station.playing.order import RunOrder
from station.runner.entries import RunStarted
from station.system import (
    Pipe,
    close_all,
    fork,
    is_readable,
    kill,
    leave_session,
    read_some,
    wait_for,
    write_all,
)
from station.system.spare_thread import SpareThread

OrderOf = Callable[[RunStarted], RunOrder]
"""Gives, in guard and child, what is to be played, from how the supervisor says that it starts."""

PATIENCE_S = 2.0
"""How long one that prepares itself, or looks at files, may go on."""


def nothing() -> None:
    """What is done beforehand, unless something else is asked for."""


class Family:
    """Both wait until ``begin``, and end with the process that forked them; as a context it leaves none that waits.

    ``telling`` is what the child tells, ``answers`` what it is answered; ``guard_alive`` ends with the guard.
    """

    def __init__(
        self,
        order_of: OrderOf,
        guard_prepares: Callable[[], None] = nothing,
        child_prepares: Callable[[], None] = nothing,
        is_current: Callable[[], bool] = bool,
    ) -> None:
        """Each may prepare itself before it waits; the guard can be asked whether what was loaded ``is_current``."""
        hello, alive, guard = Pipe.new(), Pipe.new(), Pipe.passing()

        def guard_body() -> int:
            close_all(guard.writing, alive.reading, hello.writing)
            leave_session()
            guard_prepares()

            def asked() -> None:
                write_all(alive.writing, YES if is_current() else NO)

            return stand_guard(lambda start: Closing.of(order_of(start)), guard.reading, hello.reading, asked)

        self._guard = fork(guard_body)
        close_all(guard.reading, alive.writing, hello.reading)
        telling, answers = Pipe.new(), Pipe.passing()

        def child_body() -> int:
            close_all(guard.writing, alive.reading, telling.reading, answers.writing)
            if not write_all(hello.writing, PROCESS_ID.pack(os.getpid())):
                return 1
            child_prepares()
            spare = SpareThread("journal syncer")
            handed = take_over(answers.reading)
            if handed is None:
                return 0
            code = play_order(order_of(handed[0]), telling.writing, answers.reading, spare)
            close_all(telling.writing)  # the supervisor need not wait for the end of the process to read the journal
            spare.end()  # a process ends no sooner than its last thread
            return code

        self.child = fork(child_body)
        close_all(hello.writing, telling.writing, answers.reading)
        self.telling, self.answers, self.guard_alive = telling.reading, answers.writing, alive.reading
        self._closed = guard.writing
        self._is_waiting = True

    def __enter__(self) -> Family:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A family that has begun is left to its guard, whatever went wrong here."""
        self.dismiss()

    @property
    def is_whole(self) -> bool:
        """Whether both wait."""
        return self._is_waiting and not is_readable(self.telling) and not is_readable(self.guard_alive)

    def ask(self) -> None:
        """Have the guard look whether what was loaded is what the disk says, while something else is done here."""
        write_all(self._closed, QUESTION)

    def answer(self) -> bool | None:
        """What it has found; None where it was killed, or does not say."""
        if not is_readable(self.guard_alive, PATIENCE_S):
            return None
        return {YES: True, NO: False}.get(read_some(self.guard_alive, 1))

    def begin(self, start: RunStarted, lock: int) -> None:
        """Give them the run, and a share of the slot's ``lock``: the guard first, so that no child plays unguarded."""
        self._is_waiting = False
        body = brief(start)
        if hand_over(self._closed, body, lock):
            hand_over(self.answers, body, lock)

    def leave(self) -> None:
        """In another process that was forked from the supervisor: the family is not its own."""
        close_all(self.telling, self.answers, self.guard_alive, self._closed)

    def dismiss(self) -> None:
        """End both where they still wait: they hold nothing, and are killed where they do not end by themselves."""
        if not self._is_waiting:
            return
        self._is_waiting = False
        close_all(self.answers, self._closed)
        for end in (self.telling, self.guard_alive):
            is_readable(end, PATIENCE_S)
            close_all(end)
        for process in (self.child, self._guard):
            kill(process)
            wait_for(process)

    def release_guard(self) -> None:
        """Tell the guard of a run that has begun that it was closed, and wait for its end."""
        write_all(self._closed, b"\n")
        close_all(self._closed, self.guard_alive)
        wait_for(self._guard)

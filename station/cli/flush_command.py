"""``fanji-station flush``: sends what waits, once or until stopped."""

from __future__ import annotations

import sys

from station.cli.exits import Exit
from station.config.settings import Settings, read_settings, read_token
from station.link.clock import SystemClock
from station.model.clock import Clock
from station.model.errors import ConfigError, ServerError, StationError
from station.outbox.courier import Courier, Pauses, Round
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache
from station.outbox.turn import courier_turn

LOOK_EVERY_S = 0.1
"""How often the outbox is looked into: some 50 us a time."""


def flush_outbox(is_following: bool, ask_every_s: float) -> Exit:
    """Carry letters; the exit code is PASS only if none waits and none was set aside.

    Every ``ask_every_s`` the server is asked for its snapshot: a hold must not come late.
    """
    try:
        settings = read_settings()
        if not settings.server_url:
            raise ConfigError("environment", 0, "FANJI_SERVER_URL", "is not set: letters wait on this disk")
        token = read_token(settings)
        with courier_turn(settings.outbox) as is_ours:
            if not is_ours:
                _say("another courier is at work on this outbox")
                return Exit.ERROR
            with Courier(Spool(settings.outbox), settings.server_url, token, SystemClock()) as courier:
                return _Flush(settings, courier, SystemClock(), ask_every_s).work(is_following)
    except StationError as error:
        _say(str(error))
        return Exit.USAGE if isinstance(error, ConfigError) else Exit.ERROR
    except KeyboardInterrupt:  # the way to end following; anything else was not brought to its end
        return Exit.PASS if is_following else Exit.ABORTED


class _Flush:
    def __init__(self, settings: Settings, courier: Courier, clock: Clock, ask_every_s: float) -> None:
        self._ask_every_s = ask_every_s
        self._spool = Spool(settings.outbox)
        self._cache = StateCache(settings.cached_state)
        self._courier = courier
        self._clock = clock
        self._next_ask = clock.now()
        self._said: list[str] = []

    def work(self, is_following: bool) -> Exit:
        """One round, or rounds with pauses until a signal ends the process: a letter is never lost by that."""
        done = self._round()
        pauses = Pauses()
        while is_following:
            self._clock.wait(pauses.after(done) or LOOK_EVERY_S)
            done = self._round()
        waiting = self._spool.waiting_count()
        _say(f"{done.delivered} delivered, {done.set_aside} set aside, {waiting} waiting")
        return Exit.PASS if not waiting and not self._spool.all_set_aside() else Exit.ERROR

    def _round(self) -> Round:
        """Letters first, then the snapshot; a problem is told once, until there is another or none."""
        done = self._courier.carry() if self._spool.waiting_count() else Round()
        if self._clock.now() >= self._next_ask and not done.problems:
            self._next_ask = self._clock.now() + self._ask_every_s
            try:
                snapshot = self._courier.fetch_state(self._cache.known_at(self._clock.utc()))
                if snapshot is not None:
                    self._cache.store(snapshot)
            except ServerError as error:
                done.problems.append(str(error))
                self._next_ask = self._clock.now()
        if done.problems != self._said:
            for problem in done.problems:
                _say(problem)
            self._said = done.problems
        return done


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")

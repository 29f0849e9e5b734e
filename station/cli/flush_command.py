"""``fanji-station flush``: sends what waits, once or until stopped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

from station.cli.exits import Exit
from station.config.settings import read_settings, read_token
from station.link.clock import SystemClock
from station.model.clock import Clock
from station.model.errors import ConfigError, ServerError, StationError
from station.outbox.attachment_post import AttachmentPost
from station.outbox.courier import Courier, Pauses, Round
from station.outbox.news import News, refresh
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache
from station.outbox.turn import courier_turn

LOOK_EVERY_S = 0.1
"""How often the outbox is looked into: some 50 us a time."""


def flush_outbox(is_following: bool, ask_every_s: float) -> Exit:
    """Carry letters; the exit code is PASS only if none waits and none was set aside.

    While it follows, the server's snapshot is kept up to date too: a hold must not come late. ``ask_every_s`` is the
    pause where the server is away or does not wait for news.
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

            def connect() -> Courier:
                return Courier(Spool(settings.outbox), settings.server_url, token, SystemClock())

            cache, clock = StateCache(settings.cached_state), SystemClock()
            with connect() as courier:
                flush = _Flush(Spool(settings.outbox), settings.attachments, courier, cache, clock)
                return flush.follow(News(connect, cache, clock, ask_every_s)) if is_following else flush.once()
    except StationError as error:
        _say(str(error))
        return Exit.USAGE if isinstance(error, ConfigError) else Exit.ERROR
    except KeyboardInterrupt:  # the way to end following; anything else was not brought to its end
        return Exit.PASS if is_following else Exit.ABORTED


class _Flush:
    def __init__(self, spool: Spool, photos: Path, courier: Courier, cache: StateCache, clock: Clock) -> None:
        self._spool = spool
        self._photos = spool.attachments(photos)
        self._photo_post = AttachmentPost(self._photos, clock)
        self._courier = courier
        self._cache = cache
        self._clock = clock
        self._said: list[str] = []

    def once(self) -> Exit:
        """One round and one look at the server's snapshot."""
        done = self._carry()
        if not done.problems:
            try:
                refresh(self._courier, self._cache, self._clock)
            except ServerError as error:
                done.problems.append(str(error))
        self._tell(done.problems + [self._photo_post.problem] * bool(self._photo_post.problem))
        waiting = self._spool.waiting_count() + self._photos.waiting_count()
        _say(f"{done.delivered} delivered, {done.set_aside} set aside, {waiting} waiting")
        is_all_taken = not self._spool.all_set_aside() and not self._photos.all_refused()
        return Exit.PASS if not waiting and is_all_taken else Exit.ERROR

    def follow(self, news: News) -> NoReturn:
        """Rounds with pauses until a signal ends the process: a letter is never lost by that."""
        news.start()
        pauses = Pauses()
        while True:
            done = self._carry()
            photo_problem = self._photo_post.problem
            self._tell(done.problems or [one for one in (news.problem, photo_problem) if one])
            self._clock.wait(pauses.after(done) or LOOK_EVERY_S)

    def _carry(self) -> Round:
        """Letters first; a photo that is not taken is told apart, and delays none. Once, every problem is told."""
        done = self._courier.carry() if self._spool.waiting_count() else Round()
        if len(done.problems) == done.set_aside and self._photo_post.is_due():
            photos = self._photo_post.carry(self._courier)
            done.delivered += photos.delivered
            done.set_aside += photos.set_aside
            done.problems += photos.problems[: photos.set_aside]
        return done

    def _tell(self, problems: list[str]) -> None:
        """A problem is told once, until there is another or none."""
        if problems != self._said:
            for problem in problems:
                _say(problem)
            self._said = problems


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")

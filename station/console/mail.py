"""Carries waiting letters to the server while the console runs, and tells the page how that goes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from station.config.settings import Settings, read_token
from station.console.board import Letters
from station.model.clock import Clock
from station.model.errors import ConfigError, ServerError, StorageError
from station.outbox.attachment_post import AttachmentPost
from station.outbox.courier import Courier, Pauses, Round
from station.outbox.news import News
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache
from station.outbox.turn import courier_turn

LOOK_EVERY_S = 1.0
"""How often the outbox is looked at; a run ends in another process."""
ASK_EVERY_S = 5.0
"""The pause before a server that does not wait for news is asked again, and before another courier's turn is."""

SHOWN_FATES = 50
"""Of how many letters the page is told what became of them."""


class Mail(threading.Thread):
    """A thread of its own: it blocks on the network and on the disk. ``note`` is called on this thread."""

    def __init__(self, settings: Settings, clock: Clock, note: Callable[[Letters], None]) -> None:
        super().__init__(name="courier", daemon=True)
        self._settings = settings
        self._clock = clock
        self._note = note
        self._spool = Spool(settings.outbox)
        self._photos = self._spool.attachments(settings.attachments)
        self._photo_post = AttachmentPost(self._photos, clock)
        self._news = News(self._connect, StateCache(settings.cached_state), clock, ASK_EVERY_S)
        self._pauses = Pauses()
        self._stopping = threading.Event()
        self._next_try = self._next_turn = clock.now()
        self._letters = Letters(server_url=settings.server_url)

    def stop(self) -> None:
        """End after the letter that is on its way."""
        self._stopping.set()
        self._news.stop()

    def run(self) -> None:
        """Look, carry, tell, until stopped; the server's snapshot is kept up to date meanwhile."""
        if self._settings.server_url:
            self._news.start()
        while not self._stopping.is_set():
            try:
                self._look()
            except StorageError as error:
                self._letters = msgspec.structs.replace(self._letters, problem=str(error))
            self._note(self._letters)
            self._stopping.wait(LOOK_EVERY_S)

    def _look(self) -> None:
        waiting = self._spool.waiting_count() > 0
        now = self._clock.now()
        if self._settings.server_url and now >= self._next_try:
            has_photos = self._photo_post.is_due()
            if waiting or has_photos or now >= self._next_turn:
                self._take_turn(waiting, has_photos)
        self._letters = msgspec.structs.replace(
            self._letters,
            waiting=self._spool.waiting_count() + self._photos.waiting_count(),
            set_aside=len(self._spool.all_set_aside()) + len(self._photos.all_refused()),
            fates=dict(self._spool.last_fates(SHOWN_FATES)),
        )

    def _take_turn(self, has_letters: bool, has_photos: bool) -> None:
        """One round, unless another process is at work on this outbox."""
        with courier_turn(self._settings.outbox) as is_ours:
            done = self._carry(has_letters, has_photos) if is_ours else Round()
        self._next_try = self._clock.now() + (self._pauses.after(done) if is_ours else ASK_EVERY_S)
        self._next_turn = self._clock.now() + (ASK_EVERY_S if self._news.has_answered else 0.0)
        is_taken = len(done.problems) == done.set_aside
        is_known = is_ours and (has_letters or self._news.has_answered or not is_taken)
        self._letters = msgspec.structs.replace(
            self._letters,
            is_carried_elsewhere=not is_ours,
            is_reachable=is_taken if is_known else None,
            problem=self._photo_post.problem if is_taken else done.problems[-1],
        )

    def _carry(self, has_letters: bool, has_photos: bool) -> Round:
        """What waits, letters first; every problem of letters is in the round, that of the news too."""
        done = Round()
        try:
            if has_letters or has_photos:
                with self._connect() as courier:
                    done = courier.carry() if has_letters else Round()
                    if has_photos and len(done.problems) == done.set_aside:
                        self._photo_post.carry(courier)
        except (ServerError, ConfigError) as error:
            done.problems.append(str(error))
        if not done.problems and self._news.problem:
            done.problems.append(self._news.problem)
        return done

    def _connect(self) -> Courier:
        return Courier(self._spool, self._settings.server_url, read_token(self._settings), self._clock)

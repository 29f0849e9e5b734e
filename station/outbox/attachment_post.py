"""Sends photos behind the letters, with pauses of its own: what is wrong with a photo delays no letter."""

from __future__ import annotations

import logging

from station.model.clock import Clock
from station.outbox.answers import Fate
from station.outbox.attachments import NOT_HERE, Attachment, Attachments
from station.outbox.courier import Courier, Pauses, Round

logger = logging.getLogger(__name__)


class AttachmentPost:
    """Used by the one courier of an outbox; ``problem`` is what was wrong the last time."""

    def __init__(self, attachments: Attachments, clock: Clock) -> None:
        self._attachments = attachments
        self._clock = clock
        self._pauses = Pauses()
        self._next_try = clock.now()
        self.problem = ""

    def is_due(self) -> bool:
        """Whether a photo waits, and the last trouble is long enough ago."""
        return self._clock.now() >= self._next_try and self._attachments.waiting_count() > 0

    def carry(self, courier: Courier) -> Round:
        """One round over all that wait, the oldest first; ends where the server takes none. Raises StorageError."""
        done, number = Round(), 0
        while (one := self._attachments.next_waiting(number)) is not None:
            number = one.number
            if not self._deal_with(one, courier, done):
                break
        self.problem = done.problems[-1] if len(done.problems) > done.set_aside else ""
        self._next_try = self._clock.now() + self._pauses.after(done)
        return done

    def _deal_with(self, one: Attachment, courier: Courier, done: Round) -> bool:
        """Whether the next one may be taken by the server."""
        found = self._attachments.content(one.sha256)
        if found is None:
            self._set_aside(one, NOT_HERE, "it is not on this station's disk, or is damaged", done)
            return True
        content, media_type = found
        answer = courier.put(f"/v1/attachments/{one.sha256}", content, media_type, one.sha256, done)
        if answer.fate is Fate.DELIVERED:
            self._attachments.settle(one.sha256, answer.receipt, "", self._clock.utc())
            done.delivered += 1
        elif answer.fate is Fate.SET_ASIDE:
            self._set_aside(one, answer.receipt, answer.problem, done)
        else:
            done.problems.append(_said(one, answer.problem))
        return answer.fate is not Fate.KEPT

    def _set_aside(self, one: Attachment, receipt: str, problem: str, done: Round) -> None:
        self._attachments.settle(one.sha256, receipt, problem, self._clock.utc())
        logger.warning("%s", _said(one, problem))
        done.set_aside += 1
        done.problems.append(_said(one, problem))


def _said(one: Attachment, problem: str) -> str:
    return f"photo {one.sha256[:12]} of run {one.run_id}: {problem}"

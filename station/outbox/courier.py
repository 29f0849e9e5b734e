"""The courier: carries letters to the server, oldest first, and never loses one on the way."""

from __future__ import annotations

import logging
import secrets
import ssl
from dataclasses import dataclass, field
from types import TracebackType

import httpx

from station.model.clock import Clock
from station.model.errors import ServerError
from station.outbox.answers import Answer, Fate, read_answer
from station.outbox.spool import Letter, Spool

logger = logging.getLogger(__name__)

MAX_KEPT_IN_A_ROW = 3
"""After so many letters the server failed on, one more is tried, the last: is it the letters, or the server?"""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
ANSWER_S, CONNECT_S = 30.0, 5.0


@dataclass(slots=True)
class Round:
    """What one round achieved; ``problems`` say who must act, ``pause_s`` what the server asked to wait."""

    delivered: int = 0
    set_aside: int = 0
    problems: list[str] = field(default_factory=list)
    pause_s: float = 0.0


class Courier:
    """Sends over one connection; close it, or use it as a context."""

    def __init__(self, spool: Spool, server_url: str, token: str, clock: Clock) -> None:
        self._spool = spool
        self._clock = clock
        # the system's certificates, and no proxy from the environment: the token is for the server alone
        self._client = httpx.Client(
            base_url=server_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            verify=ssl.create_default_context(),
            trust_env=False,
        )

    def __enter__(self) -> Courier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def carry(self) -> Round:
        """One round over all waiting letters; ends early where the server takes none."""
        done = Round()
        number, kept_in_a_row = 0, 0
        while letters := self._spool.waiting(beyond=number, count=1):
            number = letters[0].number
            answer = self._deal_with(letters[0], done)
            kept_in_a_row = kept_in_a_row + 1 if answer.fate is Fate.KEPT else 0
            if answer.concerns_all:
                break
            if kept_in_a_row == MAX_KEPT_IN_A_ROW:
                if not self._takes_the_last(number, done):
                    break
                kept_in_a_row = 0
        return done

    def _takes_the_last(self, number: int, done: Round) -> bool:
        """Whether the server takes the last letter behind ``number``, so that the trouble is with others."""
        last = self._spool.last_waiting()
        return last is not None and last.number > number and self._deal_with(last, done).fate is not Fate.KEPT

    def _deal_with(self, letter: Letter, done: Round) -> Answer:
        answer = self.put(f"/v1/{letter.kind}/{letter.id}", letter.body, "application/json", letter.sha256, done)
        self._settle(letter, answer, done)
        return answer

    def fetch_state(self, since: int | None, wait_s: float = 0.0) -> bytes | None:
        """The server's snapshot for this station, None where nothing changed since version ``since``.

        The server may wait up to ``wait_s`` for a change.
        """
        parameters = {} if since is None else {"since": str(since)}
        if wait_s and since is not None:
            parameters["wait_s"] = f"{wait_s:g}"
        timeout = httpx.Timeout(ANSWER_S + wait_s, connect=CONNECT_S)
        try:
            response = self._client.get("/v1/stations/me/state", params=parameters, timeout=timeout)
        except httpx.HTTPError as error:
            raise ServerError(_no_answer(error)) from None
        if response.status_code == 304:
            return None
        if response.status_code != 200:
            raise ServerError(read_answer(response.status_code, b"", "").problem)
        return response.content

    def put(self, path: str, body: bytes, media_type: str, sha256: str, done: Round) -> Answer:
        """Send ``body`` with digest ``sha256``; how long the server asks to wait is put into ``done``."""
        headers = {"Content-Type": media_type}
        try:
            response = self._client.put(path, content=body, headers=headers)
        except httpx.HTTPError as error:
            return Answer(Fate.KEPT, "", _no_answer(error), concerns_all=True)
        pause = response.headers.get("Retry-After", "")
        done.pause_s = max(done.pause_s, float(pause) if pause.isdecimal() else 0.0)
        return read_answer(response.status_code, response.content, sha256)

    def _settle(self, letter: Letter, answer: Answer, done: Round) -> None:
        if answer.fate is Fate.DELIVERED:
            self._spool.deliver(letter.id, answer.receipt, self._clock.utc())
            done.delivered += 1
            return
        problem = f"letter {letter.seq} ({letter.id}): {answer.problem}"
        if answer.fate is Fate.SET_ASIDE:
            self._spool.set_aside(letter.id, answer.receipt, answer.problem, self._clock.utc())
            done.set_aside += 1
        logger.warning("%s", problem)
        done.problems.append(problem)


class Pauses:
    """How long to wait after each round that met a problem: doubled each time, with jitter, as the server asks."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S
        self._random = secrets.SystemRandom()

    def after(self, done: Round) -> float:
        """Seconds until the next round; 0 where the round met no problem that waiting can mend."""
        if len(done.problems) == done.set_aside:
            self._next_s = FIRST_PAUSE_S
            return 0.0
        pause = self._random.uniform(self._next_s / 2, self._next_s)
        self._next_s = min(self._next_s * 2, LONGEST_PAUSE_S)
        return max(pause, min(done.pause_s, LONGEST_PAUSE_S))


def _no_answer(error: httpx.HTTPError) -> str:
    return f"no answer from the server ({error or type(error).__name__}): whoever runs server or network must look"

"""An instrument that speaks SCPI over a text link: what is common to all models.

Sources: IEEE 488.2-1992 (10.14 *IDN?, 10.10 *ESE, 10.11 *ESE?), SCPI-1999 vol. 2, 21.8 (SYSTem:ERRor[:NEXT]?), vol. 1,
7.2.1 (9.9E37 is infinity, 9.91E37 is not a number).
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Sequence

import msgspec

from station.config.bench_file import Identity
from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import CommandRefused, InstrumentError
from station.model.reading import Reading

log = logging.getLogger(__name__)

MAX_ERRORS = 32
OVERLOAD = 9.9e37

_NUMBER = re.compile(r"\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?|NAN|INF(?:INITY)?)\s*", re.IGNORECASE | re.ASCII)

_ESE_ANSWER = re.compile(rb"(?m:^)\+?(\d+)\r?\n")

Draw = Callable[[int], int]
"""Gives a whole number below another: ``Link.draw``."""


def sentinels(draw: Draw, *before: bytes, numbers: Sequence[int] = range(255)) -> tuple[Challenge, Challenge]:
    """Two different ones of ``numbers`` through *ESE, which changes nothing while no service request is used."""
    first = draw(len(numbers))
    then = (first + 1 + draw(len(numbers) - 1)) % len(numbers)
    return _sentinel(before, numbers[first]), _sentinel(before, numbers[then])


def _sentinel(before: tuple[bytes, ...], number: int) -> Challenge:
    said = b"%d" % number
    return Challenge((*before, b"*ESE %b\n" % said, b"*ESE?\n"), _ESE_ANSWER, said)


class Dialect(msgspec.Struct, frozen=True):
    """Where families differ from the standard.

    ``error`` finds number and text in the answer to ``SYST:ERR?``; no value of the family may match it.
    ``challenges`` gives what proves a link in step; ``pause_s`` is kept after each command that has no answer.
    """

    error: re.Pattern[str] = re.compile(r"\s*([+-]?\d+)\s*,\s*\"(.*)\"\s*")
    challenges: Callable[[Draw], tuple[Challenge, Challenge]] = sentinels
    pause_s: float = 0.0


STANDARD = Dialect()


class ScpiInstrument:
    """Commands and queries of one instrument, each group proved by an empty error queue.

    The answer to ``SYST:ERR?`` has a form that no value has. Because it follows each value, an answer that is late or
    was sent twice is found out before the value is used.
    """

    def __init__(self, link: Link, clock: Clock, timeout_s: float, dialect: Dialect = STANDARD) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s
        self._dialect = dialect

    @property
    def name(self) -> str:
        """The bench file's name of the instrument."""
        return self._link.name

    def begin(self) -> Identity:
        """Synchronise, forget the errors of whoever was here before, and ask who answers."""
        with self._link.hold():
            self._synchronise()
            return self.identity()

    def identity(self) -> Identity:
        """The first three fields of ``*IDN?``; raises InstrumentError where there are not four."""
        answer = self.ask("*IDN?")
        fields = [field.strip() for field in answer.split(",")]
        if len(fields) < 4:
            raise InstrumentError(self.name, f"answer {answer!r} to *IDN? has not four fields")
        return Identity(fields[0], fields[1], fields[2])

    def act(self, *messages: str) -> None:
        """Send a group of commands; raises CommandRefused with what the instrument put in its error queue."""
        with self._link.hold():
            self._synchronise()
            self._send(messages)
            self._prove(messages)

    def ask(self, query: str, *before: str) -> str:
        """The answer to ``query``, sent after the commands ``before``."""
        with self._link.hold():
            self._synchronise()
            self._send(before)
            answer = self._query(query)
            self._prove((*before, query))
            return answer

    def ask_block(self, query: str, *before: str) -> bytes:
        """The bytes of the definite-length block (IEEE 488.2, 8.7.9) that answers ``query``."""
        with self._link.hold():
            self._synchronise()
            self._send(before)
            answer = self._link.query_block(query.encode("ascii") + b"\n", _block_length, self._timeout_s)
            if not answer.startswith(b"#") or not answer.endswith(b"\n"):
                raise self._link.distrust(f"answer {answer[:40]!r} to {query} is no block")
            self._prove((*before, query))
            return answer[2 + int(answer[1:2]) : -1]

    def ask_number(self, query: str, unit: str, *before: str) -> Reading:
        """The number that answers ``query``; 9.9E37 and what is not a number are overload, never a value."""
        answer = self.ask(query, *before)
        taken_at = self._clock.utc()
        if not _NUMBER.fullmatch(answer):
            raise self._link.distrust(f"answer {answer!r} to {query} is not a number")
        value = float(answer)
        is_overload = not math.isfinite(value) or abs(value) >= OVERLOAD
        return Reading(value, unit, self.name, answer, taken_at, is_overload)

    def _synchronise(self) -> None:
        if self._link.state is LinkState.OPEN:
            return
        first, then = self._dialect.challenges(self._link.draw)
        self._link.resync([first], then, self._timeout_s)
        for code, text in self._drain():
            log.info("%s: forgot error %d %s", self.name, code, text)

    def _send(self, messages: tuple[str, ...]) -> None:
        for message in messages:
            self._link.command(message.encode("ascii") + b"\n", self._timeout_s)
            if self._dialect.pause_s:
                self._clock.wait(self._dialect.pause_s)

    def _query(self, query: str) -> str:
        return self._link.query_line(query.encode("ascii") + b"\n", self._timeout_s)

    def _prove(self, messages: tuple[str, ...]) -> None:
        errors = self._drain()
        if errors:
            said = "; ".join(f'{code},"{text}"' for code, text in errors)
            raise CommandRefused(self.name, f"{said} after {' | '.join(messages)}")

    def _drain(self) -> list[tuple[int, str]]:
        """All errors in the queue, oldest first; a message of its own, never joined to a command.

        Some models ignore the rest of a message that holds a mistake (ITECH IT-M7700 manual), so that a joined query
        would go unanswered.
        """
        errors: list[tuple[int, str]] = []
        while len(errors) < MAX_ERRORS:
            answer = self._query("SYST:ERR?")
            match = self._dialect.error.fullmatch(answer)
            if match is None:
                raise self._link.distrust(f"answer {answer!r} to SYST:ERR? is no error report: answers are out of step")
            if int(match[1]) == 0:
                return errors
            errors.append((int(match[1]), match[2]))
        raise InstrumentError(self.name, f"its error queue does not empty, the last of {MAX_ERRORS} is {errors[-1]}")


def _block_length(received: bytes | bytearray) -> int | None:
    """Of a block with its line end; what is no block is a line."""
    if not received.startswith(b"#"):
        return received.find(b"\n") + 1 or None
    digits = bytes(received[1:2])
    count = bytes(received[2 : 2 + int(digits)]) if digits.isdigit() and digits != b"0" else b""
    if not digits or (digits.isdigit() and digits != b"0" and len(count) < int(digits)):
        return None
    return 2 + len(count) + int(count) + 1 if count.isdigit() else received.find(b"\n") + 1 or None

"""From the bytes of a letter to its struct; every mistake is a LetterError that names the field."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeVar

import msgspec

from server.errors import LetterError
from server.wire.burn import BurnLetter
from server.wire.custody import CustodyLetter
from server.wire.fields import MAX_INTEGER
from server.wire.ids import canonical_serial
from server.wire.parts import Failure
from server.wire.repeated_keys import refuse_repeated_keys
from server.wire.run import RunLetter

T = TypeVar("T", RunLetter, BurnLetter, CustodyLetter)
Moments = Iterable[tuple[str, str]]

_RUN = msgspec.json.Decoder(RunLetter)
_BURN = msgspec.json.Decoder(BurnLetter)
_CUSTODY = msgspec.json.Decoder(CustodyLetter)
STATION_ID, SHA256 = "[a-z0-9][a-z0-9-]{0,62}", "[0-9a-f]{64}"
FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Every moment of these years can be told in every zone."""

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_AT_PATH = re.compile(r"^(.*?)(?: - at `(?:key in )?\$\.?(.*)`)?$", re.DOTALL)
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_FIELD = re.compile(r"Object (contains unknown|missing required) field `([^`]*)`")


class Envelope(msgspec.Struct, frozen=True):
    """The little of a letter that places it in a station's chain, read leniently from one that does not parse."""

    station_id: str = ""
    chain_id: str = ""
    seq: int = 0
    prev_sha256: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether all of it can be believed."""
        fields = (STATION_ID, self.station_id), (UUID, self.chain_id), (SHA256, self.prev_sha256)
        return 1 <= self.seq <= MAX_INTEGER and all(re.fullmatch(pattern, text) for pattern, text in fields)


_ENVELOPE = msgspec.json.Decoder(Envelope)


def decode_run(body: bytes, run_id: str) -> RunLetter:
    """The run letter in ``body``, whose id must be ``run_id``; raises LetterError."""
    letter = _decode(_RUN, body, run_id)
    _check_serial(letter.unit.serial)
    _check_moments(_run_moments(letter))
    for index, measurement in enumerate(letter.measurements):
        _check_day(f"measurements[{index}].cal_due", measurement.cal_due)
    for index, attempt in enumerate(letter.attempts):
        for place, measurement in enumerate(attempt.measurements):
            _check_day(f"attempts[{index}].measurements[{place}].cal_due", measurement.cal_due)
    return letter


def decode_burn(body: bytes, burn_id: str) -> BurnLetter:
    """The burn letter in ``body``, whose id must be ``burn_id``; raises LetterError."""
    letter = _decode(_BURN, body, burn_id)
    if letter.unit is not None:
        _check_serial(letter.unit.serial)
    _check_moments(_burn_moments(letter))
    return letter


def decode_custody(body: bytes, custody_id: str) -> CustodyLetter:
    """The custody letter in ``body``, whose id must be ``custody_id``; raises LetterError."""
    letter = _decode(_CUSTODY, body, custody_id)
    _check_moments((("created_at", letter.created_at), ("at", letter.at)))
    return letter


def read_envelope(body: bytes) -> Envelope:
    """What can be read of the place in the chain; empty fields where nothing can."""
    try:
        return _ENVELOPE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Envelope()


def to_datetime(text: str) -> datetime:
    """A checked moment of a letter as an aware datetime."""
    return datetime.fromisoformat(text)


def _decode(decoder: msgspec.json.Decoder[T], body: bytes, letter_id: str) -> T:
    try:
        letter = decoder.decode(_without_nul(body))
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LetterError("", f"is no JSON in UTF-8: {error}") from None
    if letter.id != letter_id:
        raise LetterError("id", f"is {letter.id}, but the letter was put at {letter_id[:100]}")
    refuse_repeated_keys(body, letter)
    return letter


def _without_nul(body: bytes) -> bytes:
    """PostgreSQL keeps no U+0000 in a text: what is read has U+FFFD there; the letter is kept as it came."""
    return _NUL.sub(rb"\1\\ufffd", body) if b"\\u0000" in body else body


def _named(message: str) -> LetterError:
    match = _AT_PATH.match(message)
    said, path = (match[1], match[2] or "") if match else (message, "")
    if field := _FIELD.match(said):
        problem = "is unknown" if field[1] == "contains unknown" else "is missing"
        return LetterError(f"{path}.{field[2]}".lstrip("."), problem)
    return LetterError(path, said)


def _check_serial(serial: str) -> None:
    try:
        canonical_serial(serial)
    except LetterError as error:
        raise LetterError("unit.serial", error.problem) from None


def _check_moments(moments: Moments) -> None:
    for path, text in moments:
        try:
            year = datetime.fromisoformat(text).year
        except ValueError as error:
            raise LetterError(path, f"{text} is no moment: {error}") from None
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise LetterError(path, f"{text} is not in the years {FIRST_YEAR} to {LAST_YEAR}")


def _check_day(path: str, text: str | None) -> None:
    try:
        date.fromisoformat(text or "1970-01-01")
    except ValueError as error:
        raise LetterError(path, f"{text} is no day: {error}") from None


def _run_moments(letter: RunLetter) -> Moments:
    yield from (("created_at", letter.created_at), ("started_at", letter.started_at))
    yield "finished_at", letter.finished_at
    yield from _failure_moments(letter.failure)
    for index, step in enumerate(letter.steps):
        yield f"steps[{index}].started_at", step.started_at
        yield f"steps[{index}].finished_at", step.finished_at
    for index, measurement in enumerate(letter.measurements):
        yield f"measurements[{index}].taken_at", measurement.taken_at
    for index, attempt in enumerate(letter.attempts):
        yield f"attempts[{index}].started_at", attempt.started_at
        yield f"attempts[{index}].finished_at", attempt.finished_at
        for place, measurement in enumerate(attempt.measurements):
            yield f"attempts[{index}].measurements[{place}].taken_at", measurement.taken_at


def _burn_moments(letter: BurnLetter) -> Moments:
    yield from (("created_at", letter.created_at), ("started_at", letter.started_at))
    yield "finished_at", letter.finished_at
    yield from _failure_moments(letter.failure)
    for index, stage in enumerate(letter.stages):
        yield f"stages[{index}].started_at", stage.started_at
        yield f"stages[{index}].finished_at", stage.finished_at


def _failure_moments(failure: Failure | None) -> Moments:
    if failure is not None:
        yield "failure.at", failure.at

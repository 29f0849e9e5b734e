"""What is said while something is played besides the journal's entries, and what may be answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from station.model.errors import Failure, GateClosed, StationError, chinese_of, failure_of
from station.outbox.letter import LetterRef
from station.runner.entries import Entry


class WaitingLetter(msgspec.Struct, frozen=True):
    """A letter as it was committed to the outbox."""

    id: str
    seq: int
    sha256: str

    @classmethod
    def of(cls, letter: LetterRef) -> WaitingLetter:
        """The event's form of ``letter``."""
        return cls(letter.id, letter.seq, letter.sha256)


class RunFinished(msgspec.Struct, frozen=True, tag_field="event", tag="run_finished"):
    """The verdict; its letter is in the outbox. ``failed`` are the measurements outside their limits.

    ``marginal`` are those of the others that are near them, or took another attempt.
    """

    run_id: str
    verdict: str
    failed: tuple[str, ...]
    failure: Failure | None
    letter: WaitingLetter
    marginal: tuple[str, ...] = ()


class Refused(msgspec.Struct, frozen=True, tag_field="event", tag="refused"):
    """Nothing was begun, and why; ``kind`` says who must act.

    ``zh`` is the same in Chinese where there is one. Of a closed gate it says which; of an instrument or a link, which
    in ``subject``.
    """

    kind: str
    message: str
    gate: str = ""
    zh: str = ""
    subject: str = ""

    @classmethod
    def by(cls, error: StationError) -> Refused:
        """The refusal because of ``error``; what UTF-8 cannot carry, as of a file's name, becomes a question mark."""
        message = str(error).encode("utf-8", "replace").decode("utf-8")
        zh = chinese_of(error).encode("utf-8", "replace").decode("utf-8")
        if isinstance(error, GateClosed):
            return cls(error.kind, message, error.gate, zh)
        return cls(error.kind, message, "", zh, failure_of(error, None, datetime.now(UTC)).subject)


class Answer(msgspec.Struct, frozen=True, tag_field="command", tag="answer"):
    """The operator ticked ``present``."""

    prompt_id: str
    present: tuple[str, ...]


class Confirm(msgspec.Struct, frozen=True, tag_field="command", tag="confirm"):
    """The operator says that it is so, or not."""

    prompt_id: str
    is_so: bool


class Enter(msgspec.Struct, frozen=True, tag_field="command", tag="enter"):
    """The operator typed ``text`` where a number is asked for."""

    prompt_id: str
    text: str


class Choose(msgspec.Struct, frozen=True, tag_field="command", tag="choose"):
    """The operator chose the option of this name."""

    prompt_id: str
    option: str


class PhotoTaken(msgspec.Struct, frozen=True, tag_field="command", tag="photo"):
    """The operator took the photo of this digest; it is among the station's attachments."""

    prompt_id: str
    sha256: str


class Abort(msgspec.Struct, frozen=True, tag_field="command", tag="abort"):
    """The operator stops the run."""


AnyAnswer = Answer | Confirm | Enter | Choose | PhotoTaken
Command = AnyAnswer | Abort
RunEvent = Entry | RunFinished | Refused

_command_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_answer_decoder: msgspec.json.Decoder[AnyAnswer] = msgspec.json.Decoder(AnyAnswer)


def decode_command(line: bytes) -> Command | None:
    """The command in ``line``; None for what is none."""
    try:
        return _command_decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def decode_answer(line: bytes) -> AnyAnswer:
    """The answer in ``line``, as the supervisor passed it on."""
    return _answer_decoder.decode(line)


class Watcher(Protocol):
    """Who is told of a run, and may answer or stop it."""

    def hear(self, event: RunEvent) -> None:
        """Show ``event``."""
        ...

    def fileno(self) -> int | None:
        """What becomes readable when there is a command; None where none can come any more."""
        ...

    def commands(self) -> Sequence[Command]:
        """The commands that came; called when ``fileno`` is readable."""
        ...


class Lines:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, chunk: bytes) -> list[bytes]:
        """The whole lines that ``chunk`` completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return lines

"""Every error of the station, classed by who must act.

StationError
├── ConfigError          the author of a bench, plan, target or settings file; names file, line and field
├── LinkError            whoever sees to the cable and the port
│   ├── LinkTimeout        no complete answer by the deadline; the link is SUSPECT
│   ├── LinkLost           the peer closed, or the port vanished
│   └── LinkRefused        the link cannot be opened, or is SUSPECT and was not resynchronised
├── InstrumentError      whoever sees to the bench's instruments
│   ├── CalibrationOver    its calibration was due before today
│   ├── WrongIdentity      another instrument answers than the bench file says
│   └── CommandRefused     the instrument put an error in its queue
├── ProgrammerError      whoever sees to the programmer, its clip or its socket
│   └── ContactError       no chip answers: reseat it
├── TargetError          the chip itself is bad or another than expected
│   ├── WrongChip
│   ├── BusyError          still busy after the data sheet's maximum
│   ├── ProtectedError     write protection is set
│   └── VerifyError        read back differs from the image
├── DutError             the unit under test does not answer as a unit should
├── PlanError            the author of a sequence: code and plan do not fit
├── PlatformError        whoever set up this PC: its operating system cannot do it yet
├── StorageError         whoever sees to the station's disk
├── ServerError          whoever runs the server, its token or the network
├── EstopError           whoever pressed the e-stop, or sees to its wire: release it when the bench is safe
├── OperatorError        the person at the bench: what was typed or scanned cannot be used
└── GateClosed           whom the text names: something is to be done before this run may begin
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import msgspec


class StationError(Exception):
    """Root of the tree; ``kind`` is what the record says of who must act."""

    kind: ClassVar[str] = "station"


@dataclass(eq=False)
class ConfigError(StationError):
    """A file that people write is wrong; ``line`` is 1-based, 0 where no line can be named."""

    kind: ClassVar[str] = "config"
    file: str
    line: int
    field: str
    problem: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.field}: {self.problem}" if self.field else f"{where}: {self.problem}"


@dataclass(eq=False)
class LinkError(StationError):
    """Bytes could not be exchanged over ``link`` (the name the bench file gives)."""

    kind: ClassVar[str] = "link"
    link: str
    problem: str

    def __str__(self) -> str:
        return f"{self.link}: {self.problem}"


class LinkTimeout(LinkError):
    """No complete answer by the deadline."""


class LinkLost(LinkError):
    """The peer closed the link or the port is gone."""


class LinkRefused(LinkError):
    """The link cannot be opened, or must be resynchronised first."""


@dataclass(eq=False)
class InstrumentError(StationError):
    """An instrument answered, but not as it should."""

    kind: ClassVar[str] = "instrument"
    instrument: str
    problem: str

    def __str__(self) -> str:
        return f"{self.instrument}: {self.problem}"


class WrongIdentity(InstrumentError):
    """Another instrument answers than the bench file says; both identities are in ``problem``."""


class CalibrationOver(InstrumentError):
    """The instrument may not be used before it has been calibrated."""


class CommandRefused(InstrumentError):
    """The instrument's error queue was not empty after a command."""


@dataclass(eq=False)
class ProgrammerError(StationError):
    """The programmer failed, or refused a command."""

    kind: ClassVar[str] = "programmer"
    programmer: str
    problem: str

    def __str__(self) -> str:
        return f"{self.programmer}: {self.problem}"


class ContactError(ProgrammerError):
    """No chip answers, or not the same twice: reseat it in its socket or clip."""


@dataclass(eq=False)
class TargetError(StationError):
    """The chip is bad, or not the one that was expected."""

    kind: ClassVar[str] = "target"
    problem: str

    def __str__(self) -> str:
        return self.problem


class WrongChip(TargetError):
    """Another chip than the job asks for."""


class BusyError(TargetError):
    """The chip is still busy after the longest time its data sheet allows."""


class ProtectedError(TargetError):
    """The chip refuses because protection is set."""


@dataclass(eq=False)
class VerifyError(StationError):
    """A byte read back differs from the image."""

    kind: ClassVar[str] = "target"
    address: int
    expected: int
    found: int

    def __str__(self) -> str:
        return f"address 0x{self.address:06X}: expected 0x{self.expected:02X}, read back 0x{self.found:02X}"


@dataclass(eq=False)
class DutError(StationError):
    """The unit under test does not answer, or answers nonsense; the step that asked decides what it means."""

    kind: ClassVar[str] = "dut"
    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass(eq=False)
class PlanError(StationError):
    """A sequence's code and its plan do not fit; raised before a unit is on the bench where it can be."""

    kind: ClassVar[str] = "config"
    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass(eq=False)
class PlatformError(StationError):
    """Something that the operating system of this PC cannot do; says what can be used instead."""

    kind: ClassVar[str] = "station"
    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass(eq=False)
class StorageError(StationError):
    """A record could not be written; says which file and why."""

    kind: ClassVar[str] = "station"
    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(eq=False)
class ServerError(StationError):
    """The server did not take a letter or did not answer; ``zh`` says so in Chinese where a clerk reads it."""

    kind: ClassVar[str] = "server"
    problem: str
    zh: str = ""

    def __str__(self) -> str:
        return self.problem


@dataclass(eq=False)
class EstopError(StationError):
    """The contact of the emergency stop is open."""

    kind: ClassVar[str] = "estop"
    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass(eq=False)
class OperatorError(StationError):
    """What the person at the bench gave cannot be used; says what to do instead, in Chinese too where it has ``zh``."""

    kind: ClassVar[str] = "operator"
    problem: str
    zh: str = ""

    def __str__(self) -> str:
        return self.problem


@dataclass(eq=False)
class GateClosed(StationError):
    """A run may not begin; ``problem`` says in English, and ``zh`` in Chinese, why and who must do what.

    ``reason`` is what of it is on record where the run is one that the gate does not bind.
    """

    kind: ClassVar[str] = "gate"
    gate: str
    reason: str
    problem: str
    zh: str

    def __str__(self) -> str:
        return self.problem


class Failure(msgspec.Struct, frozen=True):
    """An error as the record keeps it: who must act, what it was about, in which step."""

    kind: str
    subject: str
    message: str
    step: str | None
    at: datetime


def chinese_of(error: StationError) -> str:
    """The same in Chinese, empty where there is only the English."""
    return error.zh if isinstance(error, GateClosed | OperatorError | ServerError) else ""


def failure_of(error: BaseException, step: str | None, at: datetime) -> Failure:
    """The record's form of ``error``; anything outside the tree is the station's own fault."""
    match error:
        case LinkError(link=subject) | InstrumentError(instrument=subject) | ProgrammerError(programmer=subject):
            return Failure(error.kind, subject, str(error), step, at)
        case StationError():
            return Failure(error.kind, "", str(error), step, at)
        case _:
            return Failure("station", type(error).__name__, str(error) or type(error).__name__, step, at)

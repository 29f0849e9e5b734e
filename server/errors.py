"""Every error of the server, classed by who must act.

ServerError
├── SetupError            whoever sets up the server: a setting, the schema, a second server
│   ├── SettingError        names the environment variable
│   ├── NotMigrated         names the command
│   ├── AlreadyServing      names the process that holds the lock
│   └── BackupError         names what is wrong with a backup or with the place of a restoration
├── LetterError           whoever made the letter: names the field; the letter goes to quarantine
├── RequestError          whoever made the request; each class has its HTTP status
│   ├── NotLoggedIn         401
│   ├── NotAllowed          403
│   │   └── MustChange          the password is known to somebody else: choose another first
│   ├── NotFound            404
│   ├── Contradiction       409: what is asked contradicts what is on record
│   │   ├── NotInForce        names the state of an image or order that may not be used
│   │   ├── GateShut            says what shuts the gate of a return case
│   │   └── HasChanged          412: names the version that is on record
│   ├── TooLarge            413
│   ├── WrongEncoding       415
│   ├── BadInput            422: names the field
│   └── TooManyAttempts     429: says when to come back
└── StorageError          whoever sees to the server's disk and database; 503
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


class ServerError(Exception):
    """Root of the tree; ``status`` is the HTTP status of its answer, ``title`` the problem's name."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Server error"


class SetupError(ServerError):
    """The server is not set up so that it can serve."""


@dataclass(eq=False)
class SettingError(SetupError):
    """An environment variable holds what cannot be used."""

    variable: str
    problem: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.problem}"


@dataclass(eq=False)
class NotMigrated(SetupError):
    """The database's schema is not the one of this version; empty ``found`` means an empty database."""

    found: str
    wanted: str

    def __str__(self) -> str:
        found = f"the database's schema is {self.found}" if self.found else "the database is empty"
        return f"{found}, this version needs {self.wanted}: run `fanji-server migrate`"


@dataclass(eq=False)
class AlreadyServing(SetupError):
    """Another process serves this data folder."""

    lock_file: str
    holder: str

    def __str__(self) -> str:
        return f"a server (process {self.holder or 'unknown'}) holds {self.lock_file}: stop it first"


@dataclass(eq=False)
class BackupError(SetupError):
    """A backup cannot be made, or cannot be restored here."""

    detail: str

    def __str__(self) -> str:
        return self.detail


@dataclass(eq=False)
class LetterError(ServerError):
    """A letter does not parse; ``field`` is its path in the letter, empty when the whole body is at fault."""

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}" if self.field else self.problem


@dataclass(eq=False)
class RequestError(ServerError):
    """The request cannot be served; ``detail`` says why and, where it can, what would.

    ``about`` is what it is about in numbers and figures, which read the same in every language.
    """

    detail: str
    about: str = field(default="", kw_only=True)

    def __str__(self) -> str:
        return self.detail


class NotLoggedIn(RequestError):
    """No session, no token, or one that is over."""

    status = 401
    title = "Not logged in"


class NotAllowed(RequestError):
    """Known, but not allowed to do this."""

    status = 403
    title = "Not allowed"


class MustChange(NotAllowed):
    """Logged in by a password that somebody else knows too; nothing is possible but choosing another."""

    title = "Choose a password first"


class NotFound(RequestError):
    """Nothing on record under this name."""

    status = 404
    title = "Not found"


class Contradiction(RequestError):
    """What is asked contradicts what is on record."""

    status = 409
    title = "Contradiction"


@dataclass(eq=False)
class NotInForce(Contradiction):
    """An image or an order may not be used in the state that it is in."""

    state: str


@dataclass(eq=False)
class GateShut(Contradiction):
    """A return case cannot pass ``gate``; ``reasons`` are sentences that say what would have to be done."""

    gate: str
    reasons: tuple[str, ...]


@dataclass(eq=False)
class HasChanged(Contradiction):
    """Somebody else changed it since it was read; ``version`` is on record."""

    version: int

    status = 412
    title = "Changed meanwhile"


class TooLarge(RequestError):
    """The body is longer than the server takes."""

    status = 413
    title = "Body too large"


class WrongEncoding(RequestError):
    """The body's content type or content encoding is not taken, or its encoding is broken."""

    status = 415
    title = "Wrong encoding"


@dataclass(eq=False)
class BadInput(RequestError):
    """A field of the request cannot be used."""

    field: str

    status = 422
    title = "Bad input"

    def __str__(self) -> str:
        return f"{self.field}: {self.detail}"


@dataclass(eq=False)
class TooManyAttempts(RequestError):
    """Too many attempts; the next is possible after ``retry_after_s`` seconds."""

    retry_after_s: int

    status = 429
    title = "Too many attempts"


@dataclass(eq=False)
class StorageError(ServerError):
    """The database did not take what was to be kept; nothing of it is acknowledged."""

    detail: str

    status = 503
    title = "Storage does not answer"

    def __str__(self) -> str:
        return self.detail

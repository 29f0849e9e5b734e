"""Where this station keeps its records and whom it sends them to, from the environment."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from station.model.errors import ConfigError

ENVIRONMENT = "environment"
"""Stands for the file in a ConfigError about a variable."""


class Settings(msgspec.Struct, frozen=True):
    """``server_url`` is empty and ``token_file`` None while no server is set up; records then wait on this disk."""

    state_dir: Path
    server_url: str
    token_file: Path | None
    idle_lock_min: float = 10.0

    @property
    def journals(self) -> Path:
        """Runs that are not yet in the outbox."""
        return self.state_dir / "journals"

    @property
    def backups(self) -> Path:
        """What a chip held before it was burned, by content."""
        return self.state_dir / "backups"

    @property
    def attachments(self) -> Path:
        """Photos that belong to runs, by content."""
        return self.state_dir / "attachments"

    @property
    def outbox(self) -> Path:
        """The spool of letters."""
        return self.state_dir / "outbox.sqlite3"

    @property
    def labels(self) -> Path:
        """What stands on the labels of runs that passed, and which were printed."""
        return self.state_dir / "labels.sqlite3"

    @property
    def ic_labels(self) -> Path:
        """Likewise of ICs that were burned by an order."""
        return self.state_dir / "ic-labels.sqlite3"

    @property
    def history(self) -> Path:
        """What was tested here and how the instruments were last seen."""
        return self.state_dir / "history.sqlite3"

    @property
    def cached_state(self) -> Path:
        """The server's last snapshot of what the station may rely on."""
        return self.state_dir / "state.json"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read FANJI_STATE_DIR, FANJI_SERVER_URL, FANJI_TOKEN_FILE and FANJI_IDLE_LOCK_MIN.

    Raises ConfigError naming the variable.
    """
    url = environment.get("FANJI_SERVER_URL", "").rstrip("/")
    if url:
        _check_url(url)
    token_file = environment.get("FANJI_TOKEN_FILE", "")
    token_path = Path(token_file) if token_file else None
    return Settings(_state_dir(environment), url, token_path, _idle_lock_min(environment))


def read_token(settings: Settings) -> str:
    """The station's token; raises ConfigError where others than the owner may read its file (mode other than 0600)."""
    if settings.token_file is None:
        raise ConfigError(ENVIRONMENT, 0, "FANJI_TOKEN_FILE", "is not set: the server needs the station's token")
    file = str(settings.token_file)
    try:
        mode = stat.S_IMODE(settings.token_file.stat().st_mode)
        token = settings.token_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(file, 0, "FANJI_TOKEN_FILE", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(file, 0, "FANJI_TOKEN_FILE", "is not a text file") from None
    if mode & 0o177:
        raise ConfigError(file, 0, "FANJI_TOKEN_FILE", f"has mode {mode:04o}; a token needs 0600")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(file, 1, "FANJI_TOKEN_FILE", "must hold one token on one line")
    return token


def is_usb_backend_allowed(name: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether FANJI_USB_BACKENDS lists ``module:factory``, with or without an ``@`` and what stands behind it."""
    allowed = {entry.strip() for entry in environment.get("FANJI_USB_BACKENDS", "").split(",")}
    return bool(name) and name.partition("@")[0] in allowed


def _check_url(url: str) -> None:
    """What is in it is shown and logged, so that it must hold no password."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if "@" in url:
        raise ConfigError(ENVIRONMENT, 0, "FANJI_SERVER_URL", "must hold no name and no password: a token file has it")
    if not is_address or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigError(ENVIRONMENT, 0, "FANJI_SERVER_URL", f"{url!r} is not an http or https address")


def _idle_lock_min(environment: Mapping[str, str]) -> float:
    given = environment.get("FANJI_IDLE_LOCK_MIN", "10")
    try:
        minutes = float(given)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes <= 1440:
        raise ConfigError(ENVIRONMENT, 0, "FANJI_IDLE_LOCK_MIN", f"{given!r} is not 0 (never) to 1440 minutes")
    return minutes


def _state_dir(environment: Mapping[str, str]) -> Path:
    given = environment.get("FANJI_STATE_DIR", "")
    if given:
        return Path(given).absolute()
    base = environment.get("XDG_STATE_HOME", "")
    return (Path(base) if base else Path.home() / ".local/state") / "fanji-station"

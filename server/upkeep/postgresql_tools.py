"""PostgreSQL's own programs that write a database into a file and read it back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import sqlalchemy as sa

from server.errors import BackupError

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each version; only some are on the path."""


def dump(url: sa.URL, file: Path) -> None:
    """Write one state of the database into ``file``, also while others write; raises BackupError."""
    _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={file}", "--dbname={url}")


def read_dump(url: sa.URL, file: Path) -> None:
    """Read ``file`` into an empty database, all or nothing; raises BackupError."""
    _run(url, "pg_restore", "--no-owner", "--no-acl", "--single-transaction", "--dbname={url}", str(file))


def _run(url: sa.URL, program: str, *arguments: str) -> None:
    plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    command = [_found(program), *(argument.replace("{url}", plain) for argument in arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise BackupError(f"{program}: {' '.join(done.stderr.split())[:500] or done.returncode}")


def _found(program: str) -> str:
    """The newest that is there: one that is older than the server refuses to read it."""
    versions = [path for path in DEBIAN.glob(f"*/bin/{program}") if path.parts[-3].isdecimal()]
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    found = str(newest) if newest else shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is not installed: it comes with PostgreSQL's client programs")
    return found

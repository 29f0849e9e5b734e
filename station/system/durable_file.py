"""A file that is there whole or not at all, whatever is killed or loses power meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

from station.model.errors import StorageError


def write_whole(path: Path, body: bytes, is_private: bool = False) -> None:
    """``path`` holds ``body`` when this returns, on the disk; before, it holds what it held. Raises StorageError.

    ``is_private`` for what only the station's own user may read.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb", opener=_private if is_private else None) as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

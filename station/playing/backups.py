"""What chips held before they were burned, kept by content: the same content is kept once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from station.model.errors import StorageError


def keep_backup(folder: Path, content: bytes) -> str:
    """Put ``content`` on the disk under its sha256, which is returned; durable when this returns."""
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{digest}.bin"
    temporary = folder / f"{digest}.{os.getpid()}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return digest
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
    return digest

"""What is kept by content, as what chips held before they were burned: the same content is kept once."""

from __future__ import annotations

import hashlib
from pathlib import Path

from station.system.durable_file import write_whole


def keep_backup(folder: Path, content: bytes) -> str:
    """What a chip held, on the disk under its sha256, which is returned; durable when this returns."""
    return keep_content(folder, content, ".bin")


def keep_content(folder: Path, content: bytes, suffix: str) -> str:
    """Put ``content`` on the disk as its sha256 and ``suffix``; gives the digest, durable when this returns.

    Raises StorageError.
    """
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{digest}{suffix}"
    if not path.exists():
        write_whole(path, content)
    return digest

"""Files on disk, each under its digest: written aside, synced, then moved into place whole."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from server.errors import BadInput, StorageError, TooLarge

AT_ONCE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that was taken, not yet in its place; ``path`` is gone when the block ends."""

    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ContentStore:
    """The folder of the files; one that is in it is never changed. ``most_bytes`` bounds a file."""

    folder: Path
    most_bytes: int

    def path(self, sha256: str) -> Path:
        """Where the file of this digest is, if it is there."""
        return self.folder / sha256[:2] / sha256

    @contextmanager
    def taking(self, source: BinaryIO) -> Iterator[Incoming]:
        """Write ``source`` aside and hash it; raises TooLarge, BadInput for an empty one, and StorageError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".incoming-", dir=self.folder)
        except OSError as error:
            raise StorageError(f"{self.folder}: {error.strerror}") from None
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as target:
                incoming = self._copied(source, target, path)
            yield incoming
        finally:
            path.unlink(missing_ok=True)

    def keep(self, incoming: Incoming) -> None:
        """Move the file into its place; raises StorageError."""
        place = self.path(incoming.sha256)
        try:
            place.parent.mkdir(exist_ok=True)
            incoming.path.replace(place)
            for folder in (place.parent, self.folder):
                _sync(folder)
        except OSError as error:
            raise StorageError(f"{place}: {error.strerror}") from None

    def _copied(self, source: BinaryIO, target: BinaryIO, path: Path) -> Incoming:
        digest, size = hashlib.sha256(), 0
        try:
            while chunk := source.read(AT_ONCE):
                size += len(chunk)
                if size > self.most_bytes:
                    raise TooLarge(f"a file has at most {self.most_bytes} bytes here")
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from None
        if not size:
            raise BadInput("is empty", "file")
        return Incoming(path, digest.hexdigest(), size)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

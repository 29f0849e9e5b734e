"""Locks on files, which the kernel gives back when whoever holds one dies: whoever waits is woken then."""

from __future__ import annotations

import os
from pathlib import Path

from station.model.errors import StorageError
from station.system import lock_file, read_at_start, unlock_file, write_at_start


class FileLock:
    """A lock on one file among all processes and all objects of this class, until ``close``.

    A process that is forked meanwhile holds it too, one that is started does not.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def on(cls, path: Path) -> FileLock:
        """On ``path``, which is made where it is missing; raises StorageError. Nothing is locked yet."""
        return cls(path, _opened(path, os.O_CREAT))

    @classmethod
    def on_new(cls, path: Path) -> FileLock:
        """On ``path``, which must not be there; raises StorageError."""
        return cls(path, _opened(path, os.O_CREAT | os.O_EXCL))

    @classmethod
    def on_other(cls, path: Path) -> FileLock | None:
        """On a file of somebody else; None where it is gone."""
        try:
            return cls(path, _opened(path, 0))
        except _Gone:
            return None

    def take(self) -> None:
        """Wait for it, however long; whoever is killed meanwhile waits no more."""
        try:
            lock_file(self._descriptor)
        except OSError as error:
            raise StorageError(str(self._path), error.strerror or str(error)) from None

    def try_take(self) -> bool:
        """Take it where nobody holds it."""
        try:
            return lock_file(self._descriptor, is_waiting=False)
        except OSError as error:
            raise StorageError(str(self._path), error.strerror or str(error)) from None

    def let_go(self) -> None:
        """Others may have it; the file stays open."""
        unlock_file(self._descriptor)

    def write(self, text: str) -> None:
        """Let the file say ``text``."""
        try:
            write_at_start(self._descriptor, text.encode("utf-8"))
        except OSError as error:
            raise StorageError(str(self._path), error.strerror or str(error)) from None

    def read(self) -> str:
        """What the file says."""
        return read_at_start(self._descriptor, 4096).decode("utf-8", "replace")

    def close(self) -> None:
        """Close the file: the lock is others'."""
        os.close(self._descriptor)


class _Gone(StorageError):
    """The file is not there any more."""


def _opened(path: Path, how: int) -> int:
    try:
        return os.open(path, os.O_RDWR | how, 0o600)
    except FileNotFoundError as error:
        raise _Gone(str(path), error.strerror or str(error)) from None
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None

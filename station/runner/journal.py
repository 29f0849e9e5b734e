"""The journal: a file of entries that is only appended to, so that work survives whatever kills the station."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from station.model.errors import StorageError
from station.system.spare_thread import SpareThread

EntryT = TypeVar("EntryT", bound=msgspec.Struct)
Decode = Callable[[bytes], EntryT]
"""Makes an entry of a line; raises msgspec.DecodeError where it is none."""

SYNC_WITHIN_S = 0.1
"""How long the disk may lag behind the file; the promise is 0.2 s, the rest is for the disk itself."""


BEGINS_WITHIN_S = 60.0
"""Whoever makes a journal writes its first entry within milliseconds, or was killed."""


class Journal(Generic[EntryT]):
    """Appends entries to one file; what was written survives any kill at once and a power cut within 0.2 s."""

    def __init__(self, path: Path, decode: Decode[EntryT], spare: SpareThread | None = None) -> None:
        """The file is synced on the ``spare`` thread, which is left as it was; without it on one of its own."""
        self._path = path
        self._descriptor, self._is_new = _open(path, decode)
        self._is_dirty = threading.Event()
        self._is_closing = threading.Event()
        self._is_left = threading.Event()
        self._sync_problem = ""
        self._own: SpareThread | None = None
        if spare is None:
            spare = self._own = SpareThread("journal syncer")
        spare.do(self._sync_behind)

    def write(self, entry: EntryT, is_durable: bool = False) -> None:
        """Append ``entry``; with ``is_durable`` return only when it is on the disk.

        Raises StorageError where the disk refuses, for this entry or for one before it.
        """
        self.append(msgspec.json.encode(entry) + b"\n", is_durable)

    def append(self, line: bytes, is_durable: bool = False) -> None:
        """As ``write``, of an entry that is encoded already."""
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
            if is_durable:
                self._sync()
        except OSError as error:
            raise StorageError(str(self._path), error.strerror or str(error)) from None
        if self._sync_problem:
            raise StorageError(str(self._path), self._sync_problem)
        self._is_dirty.set()

    def close(self, is_durable: bool = True) -> None:
        """Put everything on the disk and close the file; raises StorageError where that fails.

        Without ``is_durable`` somebody else puts the rest there in time, by ``Syncing``.
        """
        self._is_closing.set()
        self._is_dirty.set()
        self._is_left.wait()
        if self._own is not None:
            self._own.end()
        try:
            if is_durable or self._is_new:
                self._sync()
        except OSError as error:
            self._sync_problem = error.strerror or str(error)
        finally:
            os.close(self._descriptor)
        if self._sync_problem:
            raise StorageError(str(self._path), self._sync_problem)

    def _sync_behind(self) -> None:
        try:
            while not self._is_closing.is_set():
                self._is_dirty.wait()
                self._is_dirty.clear()
                if self._is_closing.wait(SYNC_WITHIN_S):
                    return  # what is left is put on the disk by who closes
                self._sync_or_note()
        finally:
            self._is_left.set()

    def _sync_or_note(self) -> None:
        try:
            self._sync()
        except OSError as error:
            self._sync_problem = error.strerror or str(error)

    def _sync(self) -> None:
        """The file first: a file system that writes both down together then has the folder for nothing."""
        os.fsync(self._descriptor)
        if self._is_new:
            _sync_folder(self._path.parent)
            self._is_new = False


class ReadJournal(msgspec.Struct, Generic[EntryT], frozen=True):
    """The journal of a process that is dead: its entries, and the length of the file up to the end of the last one."""

    entries: tuple[EntryT, ...]
    length: int

    @classmethod
    def of(cls, path: Path, decode: Decode[EntryT]) -> ReadJournal[EntryT]:
        """Raises StorageError where it cannot be read, or where a broken line has whole entries after it."""
        return cls(*_whole(path, decode))


class Syncing:
    """Puts an open file on the disk and closes it, on another thread, while something else is done."""

    def __init__(self, path: Path, descriptor: int, spare: SpareThread | None = None) -> None:
        """Uses the ``spare`` thread, which is left as it was; one of its own where there is none."""
        self._path = path
        self._descriptor = descriptor
        self._problem = "it was not put on the disk"
        self._is_over = threading.Event()
        if spare is not None:
            spare.do(self._sync)
        else:
            threading.Thread(target=self._sync, name="journal to disk", daemon=True).start()

    @classmethod
    def of(cls, path: Path, spare: SpareThread | None = None) -> Syncing:
        """Of a file that somebody else has written; raises StorageError."""
        try:
            return cls(path, os.open(path, os.O_WRONLY), spare)
        except OSError as error:
            raise StorageError(str(path), error.strerror or str(error)) from None

    def wait(self) -> None:
        """Return when it is there; raises StorageError where the disk refused."""
        self._is_over.wait()
        if self._problem:
            raise StorageError(str(self._path), self._problem)

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
            self._problem = ""
        except OSError as error:
            self._problem = error.strerror or str(error)
        finally:
            os.close(self._descriptor)
            self._is_over.set()


def append_durably(path: Path, decode: Decode[EntryT], entries: Sequence[EntryT]) -> tuple[EntryT, ...]:
    """Append ``entries`` to the journal of a process that is dead; gives all that it holds, when that is on the disk.

    Raises StorageError where the disk refuses, or where a broken line has whole entries after it.
    """
    whole, syncing = append_behind(path, decode, entries)
    syncing.wait()
    return whole


def append_behind(
    path: Path,
    decode: Decode[EntryT],
    entries: Sequence[EntryT],
    known: ReadJournal[EntryT] | None = None,
    spare: SpareThread | None = None,
) -> tuple[tuple[EntryT, ...], Syncing]:
    """Likewise; it is on the disk when the other thing that is given was waited for.

    ``known`` is what was read of the journal since its process died; the disk is seen to on the ``spare`` thread.
    """
    known = known or ReadJournal.of(path, decode)
    before, length = known.entries, known.length
    lines = [msgspec.json.encode(entry) + b"\n" for entry in entries]
    rest = b"".join(lines)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
    try:
        os.ftruncate(descriptor, length)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        os.close(descriptor)
        raise StorageError(str(path), error.strerror or str(error)) from None
    return (*before, *(decode(line) for line in lines)), Syncing(path, descriptor, spare)


def make_folder(folder: Path) -> None:
    """Make the folder that journals are kept in, so that a power cut keeps it; raises StorageError where that fails."""
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sync_folder(folder.parent)
    except OSError as error:
        raise StorageError(str(folder), error.strerror or str(error)) from None


def read_journal(path: Path, decode: Decode[EntryT]) -> tuple[EntryT, ...]:
    """All entries of ``path``; an end that was torn by a kill or a power cut is left out.

    Raises StorageError where a broken line has whole entries after it: that is no torn end.
    """
    return _whole(path, decode)[0]


def forget_unbegun(path: Path, at: datetime) -> None:
    """Remove a journal that has no entry and is older than BEGINS_WITHIN_S: nothing was begun in it.

    One that another slot or programmer has only just made is nobody's to remove.
    """
    with suppress(FileNotFoundError):
        if at.timestamp() - path.stat().st_mtime > BEGINS_WITHIN_S:
            path.unlink()


def _open(path: Path, decode: Decode[EntryT]) -> tuple[int, bool]:
    """Open for appending, and whether its folder has to be synced too."""
    is_new = not path.exists()
    try:
        if not is_new:
            os.truncate(path, _whole(path, decode)[1])
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
    return descriptor, is_new


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _whole(path: Path, decode: Decode[EntryT]) -> tuple[tuple[EntryT, ...], int]:
    """The entries, and the length of the file up to the end of the last one."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
    entries: list[EntryT] = []
    length = 0
    broken_line = 0
    for number, line in enumerate(raw.splitlines(keepends=True), start=1):
        entry = _entry(line, decode)
        if entry is None:
            broken_line = broken_line or number
        elif broken_line:
            raise StorageError(str(path), f"line {broken_line} is no entry, but later lines are")
        else:
            entries.append(entry)
            length += len(line)
    return tuple(entries), length


def _entry(line: bytes, decode: Decode[EntryT]) -> EntryT | None:
    if not line.endswith(b"\n"):
        return None
    try:
        return decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None

"""An SD card or a USB stick where it is mounted: each file is written whole or not at all, and read from the medium."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from station.ic_programmer.media.manifest import MediaFile, pieces_of
from station.model.errors import ConfigError, ContactError, OperatorError
from station.system import forget_cached

FAT_FILE_BYTES = (1 << 32) - 1
"""The longest file of FAT32. Source: Microsoft, FAT32 File System Specification 1.03."""
_UNFINISHED = ".fanji-part"

Moved = Callable[[int], None]
"""Called with the bytes of each piece; may raise to stop."""


class Card:
    """``root`` is where it is mounted; a folder that is none is refused unless ``is_any_folder``."""

    def __init__(self, root: Path, is_any_folder: bool = False) -> None:
        self._root = root
        self._is_any_folder = is_any_folder
        self.device, self.file_system = _mounted(root)

    def describe(self) -> str:
        """The device and its file system, as far as the operating system tells."""
        return " ".join(part for part in (self.device, self.file_system) if part) or "folder"

    def require_there(self) -> None:
        """Raises OperatorError for a folder that is no card of its own, ContactError where nothing is mounted."""
        if not self._root.is_dir():
            raise ContactError(str(self._root), "no card is mounted here: put it in, and wait until it is")
        if not self._is_any_folder and (not os.path.ismount(self._root) or self._root == Path(self._root.anchor)):
            raise OperatorError(f"{self._root} is no card: give the folder where the card is mounted")

    def require_room(self, files: tuple[MediaFile, ...]) -> None:
        """Raises OperatorError where the files do not fit, or one is longer than the file system takes."""
        too_long = next((file for file in files if file.size_bytes > FAT_FILE_BYTES), None)
        if too_long is not None and self.file_system in ("vfat", "msdos"):
            raise OperatorError(f"{too_long.path} is longer than a FAT card takes: format it as exFAT")
        with self._at("its size"):
            there = sum(self._size_of(file) for file in files)
            free = shutil.disk_usage(self._root).free + there
        needed = sum(file.size_bytes for file in files)
        if needed > free:
            raise OperatorError(f"the card has {free} bytes for the {needed} of this set: take a larger one")

    def other_files(self, files: tuple[MediaFile, ...]) -> int:
        """How many files are there that the set does not name: they stay."""
        ours = {self._path(file) for file in files}
        with self._at("its files"):
            return sum(path.is_file() and path not in ours for path in self._root.rglob("*"))

    def write(self, file: MediaFile, source: Path, moved: Moved) -> None:
        """Write one file, durable when this returns. Raises ConfigError for a source that is not what the set names."""
        path = self._path(file)
        part = path.with_name(path.name + _UNFINISHED)
        digest = hashlib.sha256()
        with self._at(file.path):
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._at(file.path), part.open("wb") as written:
                for piece in _of_source(source):
                    digest.update(piece)
                    written.write(piece)
                    moved(len(piece))
                written.flush()
                os.fsync(written.fileno())
            if digest.hexdigest() != file.sha256:
                raise ConfigError(str(source), 0, "", "is not what the manifest says: its digest differs")
            with self._at(file.path):
                part.replace(path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def read(self, file: MediaFile, moved: Moved) -> tuple[int, str]:
        """Size and digest of what the medium holds; (0, "") where the file is not there."""
        path = self._path(file)
        digest, size_bytes = hashlib.sha256(), 0
        with self._at(file.path):
            if not path.is_file():
                return 0, ""
            forget_cached(path)
            for piece in pieces_of(path):
                digest.update(piece)
                size_bytes += len(piece)
                moved(len(piece))
        return size_bytes, digest.hexdigest()

    def _path(self, file: MediaFile) -> Path:
        return self._root.joinpath(*file.path.split("/"))

    def _size_of(self, file: MediaFile) -> int:
        path = self._path(file)
        return path.stat().st_size if path.is_file() else 0

    @contextmanager
    def _at(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            problem = f"{what}: {error.strerror or error}: is the card there, and may it be written?"
            raise ContactError(str(self._root), problem) from None


def _of_source(source: Path) -> Iterator[bytes]:
    try:
        yield from pieces_of(source)
    except OSError as error:
        raise ConfigError(str(source), 0, "", f"cannot be read: {error.strerror}") from None


def _mounted(root: Path) -> tuple[str, str]:
    """Device and file system of a mount, as Linux lists them; empty elsewhere."""
    try:
        rows = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "", ""
    for row in rows:
        fields, _, rest = row.partition(" - ")
        if fields.split()[4] == str(root):
            return rest.split()[1], rest.split()[0]
    return "", ""

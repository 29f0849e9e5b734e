"""A file that another program writes again and again, as a byte channel: each version of it is a message.

A message is ``<modification time in ns> <bytes>`` and LF, then the file's content. A version counts when it has not
changed between two looks and while it was read. The address may be a folder: then its newest ``.ppm`` file is meant.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

from station.config.address import FileAddress

LOOK_S = 0.005
MAX_FILE_BYTES = 1 << 26
SUFFIX = ".ppm"

Version = tuple[str, int, int, int]
"""Path, modification time in ns, bytes, inode."""


class WatchedFileChannel:
    """A station.link.channel.ByteChannel to a file or folder; nothing can be sent to it."""

    def __init__(self, address: FileAddress) -> None:
        """Raises OSError where neither the file nor the folder that it is to be in exists."""
        self._path = Path(address.path)
        if not self._path.is_dir() and not self._path.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {self._path.parent}")
        self._woken = threading.Event()
        self._seen: Version | None = None
        self._given: Version | None = None

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        if out:
            raise OSError("a file takes no message")
        deadline = time.monotonic() + timeout_s
        while True:
            message = self._look()
            remaining = deadline - time.monotonic()
            if message or remaining <= 0 or self._woken.wait(min(LOOK_S, remaining)):
                return 0, message

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        """Nothing is kept open."""

    def _look(self) -> bytes:
        """A version that has not been given yet and is not being written, as a message; else nothing."""
        version, self._seen, before = self._version(), None, self._seen
        self._seen = version
        if version is None or version == self._given or version != before:
            return b""
        try:
            content = Path(version[0]).read_bytes()
        except FileNotFoundError:
            return b""
        if self._version() != version or len(content) != version[2]:
            return b""
        self._given = version
        return b"%d %d\n" % (version[1], version[2]) + content

    def _candidates(self) -> list[Path]:
        return list(self._path.glob(f"*{SUFFIX}")) if self._path.is_dir() else [self._path]

    def _version(self) -> Version | None:
        try:
            found = [(path.stat(), path) for path in self._candidates()]
        except FileNotFoundError:
            return None  # one was renamed while the folder was read: the next look sees it
        if not found:
            return None
        status, path = max(found, key=lambda pair: pair[0].st_mtime_ns)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is no file")
        if status.st_size > MAX_FILE_BYTES:
            raise OSError(f"{path} has {status.st_size} bytes: more than {MAX_FILE_BYTES}")
        return os.fspath(path), status.st_mtime_ns, status.st_size, status.st_ino

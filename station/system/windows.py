"""What Windows gives of the same; checked by types alone, and it plays no runs: they need processes that are forked.

It has not been run on Windows. Sources: the Python library reference (os, signal, msvcrt), Win32 PeekNamedPipe.
"""

from __future__ import annotations

import ctypes
import msvcrt
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import msgspec

from station.model.errors import PlatformError, StorageError

assert sys.platform == "win32"  # noqa: S101 the rest of this file is nothing to mypy elsewhere

TERMINAL_ERROR = OSError
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGBREAK)
LOOK_EVERY_S = 0.02
LOCKED_BYTE = 1 << 30


class Pipe(msgspec.Struct, frozen=True):
    """Two descriptors, which no program started from here inherits."""

    reading: int
    writing: int

    @classmethod
    def new(cls) -> Pipe:
        """A pipe."""
        return cls(*os.pipe())

    @classmethod
    def passing(cls) -> Pipe:
        """Raises PlatformError: what would need it is a process that was forked."""
        raise PlatformError("open files cannot be passed on on Windows")


def pass_file(writing: int, descriptor: int) -> bool:
    """Raises PlatformError, as Pipe.passing."""
    raise PlatformError("open files cannot be passed on on Windows")


def take_file(reading: int) -> tuple[bytes, int | None]:
    """Raises PlatformError, as Pipe.passing."""
    raise PlatformError("open files cannot be passed on on Windows")


def close_all(*descriptors: int) -> None:
    """Close every descriptor."""
    for descriptor in descriptors:
        os.close(descriptor)


def fork(body: Callable[[], int]) -> int:
    """Raises PlatformError: a guard and a child that could be killed at any moment are not there on Windows."""
    raise PlatformError("runs cannot be played on Windows yet: use a bench PC with Linux (see the README)")


def kill(process: int) -> None:
    """TerminateProcess; a process that is gone already is all right."""
    try:
        os.kill(process, signal.SIGTERM)
    except OSError:
        return


def wait_for(process: int) -> str:
    """Wait for the end of a process started here; empty for exit code 0."""
    code = os.waitpid(process, 0)[1] >> 8
    return f"exit code {code}" if code else ""


def leave_session() -> None:
    """Let no Ctrl-C of the console reach this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def selector() -> selectors.BaseSelector:
    """One that waits for sockets: Windows has none for pipes."""
    return selectors.SelectSelector()


def replace_program(command: Sequence[str]) -> NoReturn:
    """Do ``command`` on the same standard streams, then end as it did: a process cannot become another program here."""
    sys.exit(subprocess.call(list(command)))


def never_wait(descriptor: int) -> None:
    """Raises PlatformError: what would need it has another way on Windows (station.link.serial_calls)."""
    raise PlatformError("reading without waiting is not there on Windows")


def read_some(descriptor: int, most_bytes: int = 65536) -> bytes:
    """What is there; empty at the end."""
    try:
        return os.read(descriptor, most_bytes)
    except BrokenPipeError:
        return b""


def is_readable(descriptor: int, timeout_s: float = 0.0) -> bool:
    """Whether reading would not wait, now or before ``timeout_s`` is over; a console is asked for keys."""
    deadline = time.monotonic() + timeout_s
    pause = socket.socketpair()
    try:
        while not (is_there := _is_there(descriptor)) and time.monotonic() < deadline:
            pause[0].settimeout(LOOK_EVERY_S)
            try:
                pause[0].recv(1)
            except TimeoutError:
                continue
    finally:
        for end in pause:
            end.close()
    return is_there


def _is_there(descriptor: int) -> bool:
    if os.isatty(descriptor):
        return msvcrt.kbhit()
    waiting = ctypes.c_ulong(0)
    handle = msvcrt.get_osfhandle(descriptor)
    is_open = ctypes.windll.kernel32.PeekNamedPipe(handle, None, 0, None, ctypes.byref(waiting), None)
    return not is_open or waiting.value > 0  # a pipe that has ended can be read: it says so


def forget_cached(path: Path) -> None:
    """There is no way to say so here: what is read may come from this PC's memory."""


def write_all(descriptor: int, content: bytes) -> bool:
    """Write everything; False where nobody reads any more, or where it can no longer be written."""
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    except OSError:
        return False
    return True


class StopSignals:
    """Turns Ctrl-C, Ctrl-Break and a request to end into something to select on."""

    def __init__(self) -> None:
        self._receiver, self._sender = socket.socketpair()
        self._seen: list[str] = []
        self._taken = 0
        self._receiver.setblocking(False)
        self._sender.setblocking(False)
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._note) for number in STOPPING}

    def leave(self) -> None:
        """Let the signals do again what they did before."""
        signal.set_wakeup_fd(-1)
        for number, act in self._before.items():
            signal.signal(number, act)
        for end in (self._receiver, self._sender):
            end.close()

    def fileno(self) -> int:
        """Readable once a signal has come."""
        return self._receiver.fileno()

    @property
    def name(self) -> str:
        """The name of the first signal, empty while none has come."""
        return self._seen[0] if self._seen else ""

    @property
    def is_waiting(self) -> bool:
        """Whether one has come that nobody has taken."""
        return len(self._seen) > self._taken

    def take(self) -> str:
        """``name``, when ``fileno`` is readable; makes it unreadable until the next."""
        try:
            self._receiver.recv(65536)
        except BlockingIOError:
            return self.name
        self._taken = len(self._seen)
        return self.name

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._seen.append(signal.Signals(number).name)


def take_lock(path: Path) -> int | None:
    """A lock on ``path`` for this process, until it has ended; None if it is held."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
    if lock_file(descriptor, is_waiting=False):
        return descriptor
    os.close(descriptor)
    return None


def lock_file(descriptor: int, is_waiting: bool = True) -> bool:
    """Lock an open file by a byte far behind its content; False where others hold it."""
    while True:
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if is_waiting else msvcrt.LK_NBLCK, 1)
        except OSError:
            if is_waiting:
                continue
            return False
        return True


def unlock_file(descriptor: int) -> None:
    """Let others lock it."""
    os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
    msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)


def write_at_start(descriptor: int, content: bytes) -> None:
    """Write over the beginning of an open file."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, content)


def read_at_start(descriptor: int, most_bytes: int) -> bytes:
    """The beginning of an open file."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, most_bytes)

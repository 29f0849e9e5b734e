"""Processes, pipes, locks, signals and terminals of a POSIX system; nothing else in the station names them."""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import select
import selectors
import signal
import socket
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import msgspec

from station.model.errors import StorageError
from station.system.database import let_go

assert sys.platform != "win32"  # noqa: S101 the rest of this file is nothing to mypy there

TERMINAL_ERROR = termios.error
"""What pyserial lets through where a port is gone, or has not the speed."""

STOPPING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
SUSPENDING = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
"""What a terminal suspends a job with; ignored, because nobody would keep the deadlines of what is switched on."""


class Pipe(msgspec.Struct, frozen=True):
    """Two descriptors; a process closes the end that is not its own, so that the end of the other one is seen."""

    reading: int
    writing: int

    @classmethod
    def new(cls) -> Pipe:
        """A pipe that no program started from here inherits; forks do."""
        return cls(*os.pipe2(os.O_CLOEXEC))

    @classmethod
    def passing(cls) -> Pipe:
        """A pipe that an open file can be passed through too, by ``pass_file`` and ``take_file``."""
        receiver, sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        return cls(receiver.detach(), sender.detach())


def pass_file(writing: int, descriptor: int) -> bool:
    """Let who reads at the other end have this open file too, with the lock on it; False where nobody reads."""
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, writing)
    try:
        return socket.send_fds(sender, [b"\n"], [descriptor]) == 1
    except OSError:
        return False
    finally:
        sender.detach()


def take_file(reading: int) -> tuple[bytes, int | None]:
    """Wait for the next byte, and the open file where one is passed with it; no byte where the other end was closed.

    No program that is started from here inherits the file.
    """
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, reading)
    try:
        content, descriptors, _, _ = socket.recv_fds(receiver, 1, 1, socket.MSG_CMSG_CLOEXEC)
    finally:
        receiver.detach()
    return content, next(iter(descriptors), None)


def close_all(*descriptors: int) -> None:
    """Close every descriptor."""
    for descriptor in descriptors:
        os.close(descriptor)


def fork(body: Callable[[], int]) -> int:
    """Start a process that does ``body`` and ends with its result as exit code; gives its id.

    The new process is deaf to the stopping signals: the process it was forked from decides when it ends. Databases that
    are held open are let go of before.
    """
    let_go()
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()  # what is there is shared, and the collector must not copy it page by page
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        code = body()
    finally:
        if sys.exc_info()[0] is not None:
            sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(code)


def selector() -> selectors.BaseSelector:
    """One that waits for pipes, terminals and files alike."""
    return selectors.PollSelector()


def replace_program(command: Sequence[str]) -> NoReturn:
    """Go on as ``command``, as the same process with the same standard streams."""
    os.execv(command[0], list(command))  # noqa: S606 (no shell is wanted)


def never_wait(descriptor: int) -> None:
    """Reading and writing ``descriptor`` raise BlockingIOError from here on, where they would wait."""
    os.set_blocking(descriptor, False)


def kill(process: int) -> None:
    """SIGKILL; a process that is gone already is all right."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


def wait_for(process: int) -> str:
    """Wait for the end of a process forked here; empty for exit code 0, otherwise how it ended."""
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if code == 0:
        return ""
    return f"exit code {code}" if code > 0 else f"killed by {signal.Signals(-code).name}"


def leave_session() -> None:
    """Let no terminal and no group signal reach this process."""
    os.setsid()


def read_some(descriptor: int, most_bytes: int = 65536) -> bytes:
    """What is there; empty at the end, which is also where a terminal has hung up."""
    try:
        return os.read(descriptor, most_bytes)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""


def is_readable(descriptor: int, timeout_s: float = 0.0) -> bool:
    """Whether reading would not wait, now or before ``timeout_s`` is over."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))


def forget_cached(path: Path) -> None:
    """Have what is read of ``path`` next come from its medium: what was written to it is on the medium already.

    Raises OSError.
    """
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def write_all(descriptor: int, content: bytes) -> bool:
    """Write everything; False where nobody reads any more, or where it can no longer be written."""
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    except OSError:
        return False
    return True


class StopSignals:
    """Turns the stopping signals into something to select on."""

    def __init__(self) -> None:
        self._pipe = Pipe.new()
        self._seen: list[str] = []
        self._taken = 0
        os.set_blocking(self._pipe.writing, False)
        signal.set_wakeup_fd(self._pipe.writing, warn_on_full_buffer=False)
        taken = dict.fromkeys(STOPPING, self._note) | dict.fromkeys(SUSPENDING, signal.SIG_IGN)
        self._before = {number: signal.signal(number, act) for number, act in taken.items()}

    def leave(self) -> None:
        """Let the signals do again what they did before."""
        signal.set_wakeup_fd(-1)
        for number, act in self._before.items():
            signal.signal(number, act)
        close_all(self._pipe.reading, self._pipe.writing)

    def fileno(self) -> int:
        """Readable once a signal has come."""
        return self._pipe.reading

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
        read_some(self._pipe.reading)
        self._taken = len(self._seen)
        return self.name

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._seen.append(signal.Signals(number).name)


def take_lock(path: Path) -> int | None:
    """A lock on ``path`` for this process and those it forks, until the last of them has ended; None if it is held."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
    try:
        if lock_file(descriptor, is_waiting=False):
            return descriptor
    except OSError as error:
        os.close(descriptor)
        raise StorageError(str(path), error.strerror or str(error)) from None
    os.close(descriptor)
    return None


def lock_file(descriptor: int, is_waiting: bool = True) -> bool:
    """Lock an open file, until it is closed here and in every process forked meanwhile; False where others hold it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if is_waiting else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock_file(descriptor: int) -> None:
    """Let others lock it."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def write_at_start(descriptor: int, content: bytes) -> None:
    """Write over the beginning of an open file."""
    os.pwrite(descriptor, content, 0)


def read_at_start(descriptor: int, most_bytes: int) -> bytes:
    """The beginning of an open file."""
    return os.pread(descriptor, most_bytes, 0)

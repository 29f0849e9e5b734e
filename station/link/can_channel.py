"""What a CAN link needs of a channel, and a recording around one or in place of one."""

from __future__ import annotations

import errno
import threading
from typing import Protocol

from station.config.can_address import CanAddress
from station.link.recording import Recorder
from station.link.replay import Replay


class Repetition(Protocol):
    """A frame that is sent again and again."""

    def error(self) -> OSError | None:
        """Why it ended by itself; None where it did not."""
        ...

    def stop(self) -> None:
        """No more frames; more than once is harmless."""
        ...


class CanChannel(Protocol):
    """An open channel, one identifier each way; every OSError means that the bus is lost."""

    def send(self, data: bytes, timeout_s: float) -> bool:
        """Send one frame; False where it was not taken in time."""
        ...

    def receive(self, timeout_s: float) -> bytes | None:
        """The data of the next frame; None at the time limit or after ``wake``."""
        ...

    def forget(self, longest: int) -> int:
        """Throw away the frames that have arrived, at most ``longest``; how many there were."""
        ...

    def repeat(self, data: bytes, period_s: float) -> Repetition:
        """Send a frame at once and every ``period_s``."""
        ...

    def wake(self) -> None:
        """Make a ``receive`` in another thread return at once, and all later ones not wait."""
        ...

    def close(self) -> None:
        """Give the channel back; more than once is harmless."""
        ...


class RecordingCanChannel:
    """Passes everything on and notes it: a line a frame, its data in hex; the line ``open`` holds the address.

    A repetition is noted when it begins and when it is stopped. What is thrown away is ``x``, which no replay has.
    """

    def __init__(self, inner: CanChannel, address: CanAddress, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder
        self._is_closed = False
        recorder.note("open", str(address).encode())

    def send(self, data: bytes, timeout_s: float) -> bool:
        is_taken = self._inner.send(data, timeout_s)
        if is_taken:
            self._recorder.note(">", _written(data))
        return is_taken

    def receive(self, timeout_s: float) -> bytes | None:
        data = self._inner.receive(timeout_s)
        if data is not None:
            self._recorder.note("<", _written(data))
        else:
            self._recorder.note(".")
        return data

    def forget(self, longest: int) -> int:
        count = 0
        while count < longest and (data := self._inner.receive(0.0)) is not None:
            self._recorder.note("x", _written(data))
            count += 1
        return count

    def repeat(self, data: bytes, period_s: float) -> Repetition:
        self._recorder.note(">", _repeated(data, period_s))
        return _RecordedRepetition(self._inner.repeat(data, period_s), data, self._recorder)

    def wake(self) -> None:
        self._inner.wake()

    def close(self) -> None:
        self._inner.close()
        if not self._is_closed:
            self._is_closed = True
            self._recorder.note("close")


class _RecordedRepetition:
    def __init__(self, inner: Repetition, data: bytes, recorder: Recorder) -> None:
        self._inner = inner
        self._data = data
        self._recorder = recorder

    def error(self) -> OSError | None:
        return self._inner.error()

    def stop(self) -> None:
        self._inner.stop()
        self._recorder.note(">", _no_more(self._data))


class ReplayCanChannel:
    """The channel that ``replay`` answers: every frame must be sent as it was, and all of them."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._woken = threading.Event()
        self._is_closed = False
        replay.begin()

    def send(self, data: bytes, timeout_s: float) -> bool:
        self.expect(_written(data))
        return True

    def receive(self, timeout_s: float) -> bytes | None:
        if self._woken.is_set():
            return None
        arrived = self._replay.receive()
        if not arrived:
            self._replay.wait(self._woken, timeout_s)
            return None
        try:
            return bytes.fromhex(arrived.decode("ascii"))
        except ValueError:
            raise OSError(errno.EINVAL, f"{arrived!r} is no frame of a recording") from None

    def forget(self, longest: int) -> int:
        return 0

    def repeat(self, data: bytes, period_s: float) -> Repetition:
        self.expect(_repeated(data, period_s))
        return _ReplayedRepetition(self, data)

    def expect(self, line: bytes) -> None:
        """Raises OSError where the recording has something else, or only the beginning of it."""
        if self._replay.send(line) != len(line):
            raise OSError(errno.EIO, f"{line!r} is sent where the recording has less")

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._replay.end()


class _ReplayedRepetition:
    def __init__(self, channel: ReplayCanChannel, data: bytes) -> None:
        self._channel = channel
        self._data = data

    def error(self) -> OSError | None:
        return None

    def stop(self) -> None:
        self._channel.expect(_no_more(self._data))


def _written(data: bytes) -> bytes:
    return data.hex().upper().encode()


def _repeated(data: bytes, period_s: float) -> bytes:
    return _written(data) + f" every {period_s:g} s".encode()


def _no_more(data: bytes) -> bytes:
    return _written(data) + b" no more"

"""CAN frames with a deadline: one identifier is sent, one is heard, over any interface of python-can.

A frame is whole or is not there, so that nothing can be split or run together; whose answer a frame is, only the
protocol above can tell. A link is therefore SUSPECT until its user has proved what he hears, and calls ``trust``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from station.config.address import Address, ReplayAddress
from station.config.can_address import CanAddress
from station.link.can_channel import CanChannel, RecordingCanChannel, Repetition, ReplayCanChannel
from station.link.link import LinkState
from station.link.recording import Recorder
from station.link.replay import Replay
from station.model.clock import Clock
from station.model.errors import LinkError, LinkLost, LinkRefused, LinkTimeout

log = logging.getLogger(__name__)

LONGEST_HELD_FRAMES = 100_000
"""More than this waiting unread, while they are thrown away, is a bus that never falls silent."""


class CanLink:
    """One owner at a time; what another thread waits for ends at once when the link is closed."""

    def __init__(self, name: str, open_channel: Callable[[float], CanChannel], clock: Clock) -> None:
        """``open_channel`` gets the seconds it may take and raises OSError where there is no such channel."""
        self.name = name
        self._open_channel = open_channel
        self._clock = clock
        self._lock = threading.RLock()
        self._state = LinkState.CLOSED
        self._channel: CanChannel | None = None
        self._is_closing = False

    @property
    def state(self) -> LinkState:
        return self._state

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep others out for several frames that belong together."""
        with self._lock:
            yield

    def open(self, timeout_s: float) -> None:
        """Open the channel; raises LinkRefused where there is none, or it is taken."""
        with self._lock:
            self._drop_channel()
            try:
                self._channel = self._open_channel(timeout_s)
            except OSError as error:
                raise LinkRefused(self.name, f"cannot be opened: {_reason(error)}") from None
            self._is_closing = False
            self._state = LinkState.SUSPECT

    def close(self) -> None:
        """Close it; whoever waits for a frame in another thread gets LinkLost at once."""
        self.interrupt()
        with self._lock:
            self._drop_channel()

    def interrupt(self) -> None:
        """Whoever waits for a frame in another thread gets LinkLost at once; does not wait for him, as close does."""
        self._is_closing = True
        channel = self._channel
        if channel is not None:
            channel.wake()

    def distrust(self, problem: str) -> LinkRefused:
        """Make the link SUSPECT because of what was heard; gives the error for the caller to raise."""
        self._suspect(problem)
        return LinkRefused(self.name, problem)

    def trust(self) -> None:
        """It has been proved that nothing of an earlier exchange is under way."""
        if self._state is LinkState.SUSPECT:
            self._state = LinkState.OPEN

    def send(self, data: bytes, timeout_s: float) -> None:
        """Send one frame of at most 8 bytes; raises LinkTimeout where the interface does not take it in time."""
        with self._lock:
            log.debug("%s > %s", self.name, data.hex(" "))
            with self._translated():
                is_taken = self._open().send(data, timeout_s)
            if not is_taken:
                raise self._suspected(LinkTimeout(self.name, f"took no frame within {timeout_s:g} s"))

    def receive(self, timeout_s: float) -> bytes:
        """The data of the next frame with the identifier that is heard; raises LinkTimeout where none comes."""
        with self._lock:
            deadline = self._clock.now() + timeout_s
            while True:
                with self._translated():
                    data = self._open().receive(max(deadline - self._clock.now(), 0.0))
                if data is not None:
                    log.debug("%s < %s", self.name, data.hex(" "))
                    return data
                if self._is_closing:
                    raise self._suspected(LinkLost(self.name, "was closed"))
                if self._clock.now() >= deadline:
                    raise LinkTimeout(self.name, f"no frame within {timeout_s:g} s")

    def forget(self) -> int:
        """Throw away what has been heard until now; how many frames there were."""
        with self._lock:
            with self._translated():
                count = self._open().forget(LONGEST_HELD_FRAMES)
            if count >= LONGEST_HELD_FRAMES:
                raise self.distrust("talks faster than it can be heard")
            return count

    def repeat(self, data: bytes, period_s: float) -> CanRepetition:
        """Send a frame at once, and again every ``period_s``, until it is stopped or the link is closed."""
        with self._lock, self._translated():
            return CanRepetition(self, self._open().repeat(data, period_s))

    def lost(self, error: OSError) -> LinkError:
        """The error for a repetition that ended by itself."""
        return self._broken(error)

    def _open(self) -> CanChannel:
        if self._channel is None or self._is_closing:
            raise self._suspected(LinkLost(self.name, "was closed"))
        return self._channel

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._broken(error) from None

    def _broken(self, error: OSError) -> LinkError:
        return self._suspected(LinkLost(self.name, _reason(error)))

    def _suspected(self, error: LinkError) -> LinkError:
        self._suspect(error.problem)
        return error

    def _suspect(self, problem: str) -> None:
        if self._state is LinkState.OPEN:
            self._state = LinkState.SUSPECT
            log.warning("%s is suspect: %s", self.name, problem)

    def _drop_channel(self) -> None:
        channel, self._channel = self._channel, None
        self._state = LinkState.CLOSED
        if channel is not None:
            channel.close()


class CanRepetition:
    """A frame that is sent again and again."""

    def __init__(self, link: CanLink, repetition: Repetition) -> None:
        self._link = link
        self._repetition = repetition

    def check(self) -> None:
        """Raises LinkLost where the frames could not be sent any more."""
        if (error := self._repetition.error()) is not None:
            raise self._link.lost(error)

    def stop(self) -> None:
        """No more frames; raises LinkLost where there have been none for a while."""
        self._repetition.stop()
        self.check()


def can_link_to(name: str, address: Address, clock: Clock, record: Path | None = None) -> CanLink:
    """A closed link to ``address``; every frame is appended to ``record``. Raises LinkRefused for bytes' addresses."""
    if isinstance(address, ReplayAddress):
        replay = Replay(name, Path(address.file), clock)
        return CanLink(name, lambda timeout_s: ReplayCanChannel(replay), clock)
    if not isinstance(address, CanAddress):
        raise LinkRefused(name, f"{address} carries bytes, not CAN frames")
    if record is None:
        return CanLink(name, lambda timeout_s: _opened(address, timeout_s), clock)
    recorder = Recorder(name, record)
    return CanLink(name, lambda timeout_s: RecordingCanChannel(_opened(address, timeout_s), address, recorder), clock)


def _opened(address: CanAddress, timeout_s: float) -> CanChannel:
    """python-can is imported where it is used: it costs 200 ms."""
    from station.link.can_bus import open_bus

    return open_bus(address, timeout_s)


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__

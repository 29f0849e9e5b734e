"""A camera that is served as an endless stream of binary PPM pictures over TCP.

Such as ``ffmpeg -f v4l2 -i /dev/video0 -f image2pipe -c:v ppm tcp://0.0.0.0:5100?listen=1`` sends. Sources: FFmpeg's
documentation (protocol tcp, muxer image2pipe); Netpbm's ppm(5).

Nothing can be asked of it, and nothing in the stream says when a picture was taken. That the one that was under way is
dropped is not enough: while nobody reads, buffers of network and server fill with pictures of the past. Only the beat
tells them from those of now: what has waited comes faster than the beat, what is held up comes slower. ``take``
therefore reads on until two pictures in a row have come on the beat, which is learnt at the beginning, and a picture
that is begun now has had the time to arrive. It gives a picture only when the next one begins right behind it. Whatever
else comes is an error, after which the next ``take`` connects again. What cannot be found out: a server that is late by
the same time with every picture, by more than three beats.
"""

from __future__ import annotations

from statistics import mean, median

from station.drivers.instrument import OpenInstrument
from station.drivers.ppm import PICTURES_UNDER_WAY, Size, size_of
from station.link.link import Link
from station.link.talker import Talker
from station.model.clock import Clock
from station.model.errors import InstrumentError, LinkTimeout, StationError
from station.model.roles import Picture

WATCHED_S = 0.35
"""What a server's buffers held before somebody listened is through by then; estimate: 32 pictures at 10 ms each."""
WATCHED_BEATS = 5
EARLY, LATE = 0.5, 1.7
"""A picture on the beat comes after so many beats; estimate: a busy machine's jitter, and less than a lost picture."""
BEATS_IN_A_ROW = 2
MOST_BEATS, UNEVEN = 3, 1.5
"""Of the pictures from which the beat is learnt; estimate: two lost ones among them leave 3 and give 1.4."""


class PpmCamera:
    """A station.model.roles.Camera; every error names it."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s
        self._talker = Talker(link, clock)
        self._size: Size | None = None
        self._beat_s = 0.0
        self._came_at = 0.0

    def begin(self) -> None:
        """Learn the beat of the pictures; raises InstrumentError where what comes is something else."""
        self._size = None
        self._learn_beat(self._clock.now() + self._timeout_s)

    def prepare(self) -> None:
        """Nothing to set: the server does as it was started."""

    def take(self) -> Picture:
        """A picture whose exposure began after this call; raises LinkTimeout where none is proved to be one in time.

        Four to five beats pass: 0.15 s at 30 pictures a second.
        """
        asked_at = self._clock.now()
        deadline = asked_at + self._timeout_s
        with self._link.hold():
            try:
                if self._size is None:
                    self._link.open(self._timeout_s)
                    self._talker = Talker(self._link, self._clock)
                    self._learn_beat(deadline)
                return self._fresh_picture(asked_at, deadline)
            except StationError:
                self._size = None
                raise

    def _fresh_picture(self, asked_at: float, deadline: float) -> Picture:
        fresh_from = asked_at + PICTURES_UNDER_WAY * self._beat_s
        interval_s, on_beat = 0.0, 0
        self._picture(deadline)
        try:
            while on_beat < BEATS_IN_A_ROW or self._came_at < fresh_from:
                before = self._came_at
                picture = self._picture(deadline)
                interval_s = self._came_at - before
                on_beat = on_beat + 1 if EARLY * self._beat_s <= interval_s <= LATE * self._beat_s else 0
            return picture
        except LinkTimeout:
            problem = f"no fresh picture in time: the last came after {interval_s:.3f} s, the beat was"
            raise LinkTimeout(self._link.name, f"{problem} {self._beat_s:.3f} s when it was learnt") from None

    def _learn_beat(self, deadline: float) -> None:
        """The median of the last intervals, once those pictures are through that had waited, and all are on the beat.

        After a moment in which nothing was read, what had waited comes too fast: a beat learnt from that is none.
        """
        began_at = self._clock.now()
        intervals: list[float] = []
        self._beat_s = 0.0
        self._picture(deadline)
        try:
            while self._came_at - began_at < WATCHED_S or not _are_on_beat(intervals, self._beat_s):
                before = self._came_at
                self._picture(deadline)
                intervals = [*intervals[1 - WATCHED_BEATS :], self._came_at - before]
                self._beat_s = median(intervals)
        except LinkTimeout as error:
            if not intervals:
                raise
            last = ", ".join(f"{interval:.3f}" for interval in intervals)
            problem = f"its pictures have no steady beat (the last came after {last} s): {error.problem}"
            raise LinkTimeout(self._link.name, problem) from None

    def _picture(self, deadline: float) -> Picture:
        """The next picture whole, proved by the head of the one after it."""
        size, self._size = self._size or self._head(deadline), None
        rgb = self._bytes(size.raster_bytes, deadline)
        self._came_at = self._clock.now()
        at = self._clock.utc()
        self._size = self._head(deadline)
        return Picture(size.width, size.height, rgb, self._link.name, at)

    def _head(self, deadline: float) -> Size:
        head = b""
        try:
            while (size := size_of(head)) is None:
                head += self._bytes(1, deadline)
        except ValueError as error:
            raise InstrumentError(self._link.name, f"no stream of pictures: {error}") from None
        return size

    def _bytes(self, count: int, deadline: float) -> bytes:
        try:
            return self._talker.block(count, max(deadline - self._clock.now(), 0.0))
        except LinkTimeout:
            raise LinkTimeout(self._link.name, "the stream of pictures has stopped") from None


def _are_on_beat(intervals: list[float], beat_s: float) -> bool:
    """Whether most of the last pictures came on the beat, and all of them took as long together as so many beats."""
    steady = [each for each in intervals if EARLY * beat_s <= each <= LATE * beat_s]
    return len(intervals) == WATCHED_BEATS and len(steady) >= MOST_BEATS and mean(intervals) <= UNEVEN * beat_s


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The camera."""
    camera = PpmCamera(link, clock, timeout_s)
    return OpenInstrument(camera, lambda row: camera)

"""A camera whose pictures another program writes to a file, or to a folder, as binary PPM.

Such as ``ffmpeg -f v4l2 -i /dev/video0 -f image2 -update 1 -atomic_writing 1 frame.ppm`` does. Sources: FFmpeg's
documentation (muxer image2); Netpbm's ppm(5). Only a picture that was written after it was asked for counts, by the
file's modification time; and as one that is written then was exposed before, those that may have been under way are
dropped: the program must write at least three pictures a second. A file that is not whole is waited for.
"""

from __future__ import annotations

from station.drivers.instrument import OpenInstrument
from station.drivers.ppm import PICTURES_UNDER_WAY, one_picture
from station.link.link import Link
from station.link.talker import Talker
from station.model.clock import Clock
from station.model.errors import InstrumentError, LinkTimeout
from station.model.roles import Picture

NS_PER_S = 1_000_000_000


class FileCamera:
    """A station.model.roles.Camera; every error names it."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s
        self._talker = Talker(link, clock)

    def begin(self) -> None:
        """The file need not be there yet; where its folder is not, the link cannot be opened."""

    def prepare(self) -> None:
        """Nothing to set."""

    def take(self) -> Picture:
        """A picture whose exposure began after this call; raises LinkTimeout where none was written in time.

        Raises InstrumentError where what was written is no whole picture.
        """
        asked_ns = int(self._clock.utc().timestamp() * NS_PER_S)
        deadline = self._clock.now() + self._timeout_s
        written, problem = 0, ""
        with self._link.hold():
            self._talker.forget()
            while (content := self._written_since(asked_ns, deadline)) is not None:
                try:
                    size, rgb = one_picture(content)
                except ValueError as error:
                    problem = str(error)
                    continue
                written, problem = written + 1, ""
                if written > PICTURES_UNDER_WAY:
                    return Picture(size.width, size.height, rgb, self._link.name, self._clock.utc())
        if problem:
            raise InstrumentError(self._link.name, f"no whole picture was written: {problem}")
        needed = PICTURES_UNDER_WAY + 1
        raise LinkTimeout(self._link.name, f"{written} of {needed} pictures were written within {self._timeout_s:g} s")

    def _written_since(self, asked_ns: int, deadline: float) -> bytes | None:
        """The content of the next version that is not older than ``asked_ns``; None where there is none in time."""
        while True:
            try:
                head = self._talker.line(max(deadline - self._clock.now(), 0.0))
            except LinkTimeout:
                return None
            modified_ns, length = head.split(b" ")
            content = self._talker.block(int(length), max(deadline - self._clock.now(), 0.0))
            if int(modified_ns) >= asked_ns:
                return content


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The camera."""
    camera = FileCamera(link, clock, timeout_s)
    return OpenInstrument(camera, lambda row: camera)

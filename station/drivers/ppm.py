"""Binary PPM pictures, taken strictly: no comment, one byte a sample, a size that a camera has.

Source: Netpbm's ppm(5): ``P6``, white space, width, white space, height, white space, the largest sample, exactly one
character of white space, then 3 bytes a pixel from the top left; a file may hold several pictures, one directly after
the other. FFmpeg's encoder (libavcodec/pnmenc.c) ends each of the three lines of the head with LF.
"""

from __future__ import annotations

import re

import msgspec

MAX_HEAD_BYTES = 32
MAX_SIDE_PX = 4096
"""Estimate: more than any camera needs for a screen, and a bound for what is read."""
PICTURES_UNDER_WAY = 3
"""How many pictures of a camera may have been begun and not arrived; estimate: one being exposed, one being read out,
one being encoded and sent."""

_LARGEST = 255
_HEAD = re.compile(rb"P6[ \t\r\n]+(\d{1,5})[ \t\r\n]+(\d{1,5})[ \t\r\n]+(\d{1,5})[ \t\r\n]")


class Size(msgspec.Struct, frozen=True):
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def raster_bytes(self) -> int:
        """How many bytes follow the head."""
        return 3 * self.width * self.height


def size_of(head: bytes) -> Size | None:
    """What a whole head says, None while it is not whole; raises ValueError for what cannot become one."""
    match = _HEAD.fullmatch(head)
    if match is None:
        if head[:2] not in (b"", b"P", b"P6") or len(head) >= MAX_HEAD_BYTES:
            raise ValueError(f"{head!r} does not begin a binary PPM picture")
        return None
    width, height, largest = (int(number) for number in match.groups())
    if largest != _LARGEST:
        raise ValueError(f"a picture with samples up to {largest}: only {_LARGEST} is taken")
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        raise ValueError(f"a picture of {width} x {height} pixels: a side has 1 to {MAX_SIDE_PX}")
    return Size(width, height)


def one_picture(content: bytes) -> tuple[Size, bytes]:
    """Size and raster of a file that holds one picture; raises ValueError where it is not whole or not alone."""
    match = _HEAD.match(content[:MAX_HEAD_BYTES])
    head = match.group() if match else content[:MAX_HEAD_BYTES]
    size = size_of(head)
    if size is None:
        raise ValueError(f"{len(content)} bytes, not even a whole head")
    if len(content) != len(head) + size.raster_bytes:
        whole = len(head) + size.raster_bytes
        raise ValueError(f"{len(content)} bytes where {size.width} x {size.height} pixels need {whole}")
    return size, content[len(head) :]

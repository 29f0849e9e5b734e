"""Photos that belong to a run: checked by what they hold, kept on the station's disk by content.

Source: ITU-T T.81, B.1 (markers of JPEG); ISO/IEC 15948 (PNG).
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from pathlib import Path

import msgspec

from station.model.errors import OperatorError
from station.playing.backups import keep_content

MAX_BYTES = 5_000_000
"""A photo as the page sends it, 1600 points wide, has some 400 kB."""
MAX_POINTS = 10_000
"""Of either side; more comes from no camera that stands at a bench."""

PIECE_BYTES = 1 << 20

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a point by PNG's colour type."""


class Photo(msgspec.Struct, frozen=True):
    """A photo that is on the disk."""

    sha256: str
    size_bytes: int

    @property
    def value(self) -> str:
        """What is measured: digest and size, with a slash between."""
        return f"{self.sha256}/{self.size_bytes}"


def keep_photo(folder: Path, content: bytes) -> Photo:
    """Check ``content`` and keep it; durable when this returns.

    Raises OperatorError for what is no picture or too large, StorageError where the disk does not take it.
    """
    suffix = check_photo(content)
    return Photo(keep_content(folder, content, suffix), len(content))


def kept_photo(folder: Path, sha256: str) -> Photo:
    """The photo of this digest, read again whole; raises OperatorError where it is not there or is another."""
    if _DIGEST.fullmatch(sha256):
        for suffix in (".jpeg", ".png"):
            content = _content(folder / f"{sha256}{suffix}")
            if content and hashlib.sha256(content).hexdigest() == sha256:
                return Photo(sha256, len(content))
    raise OperatorError("the photo is not on this station's disk: take it again")


def check_photo(content: bytes) -> str:
    """The suffix of a picture that is whole; raises OperatorError for anything else."""
    if len(content) > MAX_BYTES:
        raise OperatorError(f"the photo has {len(content)} bytes, at most {MAX_BYTES} are kept")
    try:
        if content.startswith(b"\xff\xd8\xff") and _is_whole_jpeg(content):
            return ".jpeg"
        if content.startswith(b"\x89PNG\r\n\x1a\n") and _is_whole_png(content):
            return ".png"
    except (struct.error, IndexError, zlib.error):
        raise OperatorError("the photo is damaged: take it again") from None
    raise OperatorError("this is no whole JPEG or PNG picture: take the photo again")


def _is_whole_jpeg(content: bytes) -> bool:
    """Whether there is a frame of a possible size, a scan with something in it, and the end."""
    place, has_frame = 2, False
    while content[place] == 0xFF:
        marker, length = content[place + 1], struct.unpack_from(">H", content, place + 2)[0]
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", content, place + 5)
            has_frame = _is_possible(width, height)
        place += 2 + length
        if marker == _START_OF_SCAN:
            return has_frame and content.find(b"\xff\xd9", place) > place
    return False


def _is_whole_png(content: bytes) -> bool:
    """Whether every chunk's sum is right and the points are as many as the head says."""
    place, packed, head = 8, list[bytes](), (0, 0, 0, 0, 0, 0, 0)
    while True:
        length, kind = struct.unpack_from(">I4s", content, place)
        body = content[place + 8 : place + 8 + length]
        if zlib.crc32(kind + body) != struct.unpack_from(">I", content, place + 8 + length)[0]:
            return False
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        if kind == b"IDAT":
            packed.append(body)
        if kind == b"IEND":
            break
        place += 12 + length
    width, height, depth, colours, _, _, interlace = head
    if not _is_possible(width, height) or colours not in _CHANNELS or interlace:
        return False
    row_bytes = 1 + (width * depth * _CHANNELS[colours] + 7) // 8
    return _unpacks_to(row_bytes * height, b"".join(packed))


def _unpacks_to(length: int, packed: bytes) -> bool:
    """Whether it unpacks to so many bytes, which are looked at piece by piece: a small picture may unpack to 800 MB."""
    stream, found = zlib.decompressobj(), 0
    while not stream.eof and found <= length:
        piece = stream.decompress(packed, PIECE_BYTES)
        packed = stream.unconsumed_tail
        if not piece and not packed:
            break
        found += len(piece)
    return found == length


def _is_possible(width: int, height: int) -> bool:
    return 0 < width <= MAX_POINTS and 0 < height <= MAX_POINTS


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""

"""The bytes that are to be in a chip, gated before anything touches one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from station.model.errors import ConfigError


class Segment(msgspec.Struct, frozen=True):
    """``content`` from ``start`` on."""

    start: int
    content: bytes

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.start + len(self.content)


class Image(msgspec.Struct, frozen=True):
    """A file's content; ``sha256`` is over the content of its segments, in the order of their addresses."""

    name: str
    version: str
    sha256: str
    segments: tuple[Segment, ...]

    @property
    def size_bytes(self) -> int:
        return sum(len(segment.content) for segment in self.segments)


def _raw(content: bytes) -> tuple[Segment, ...]:
    return (Segment(0, content),)


FORMATS: Mapping[str, Callable[[bytes], tuple[Segment, ...]]] = {".bin": _raw}
"""How a file becomes segments, by suffix."""


def load_image(path: Path, chip_bytes: int, version: str = "") -> Image:
    """Read ``path`` and refuse, by ConfigError, what cannot be meant: empty, blank, or larger than the chip."""
    read = FORMATS.get(path.suffix.lower())
    if read is None:
        raise ConfigError(str(path), 0, "", f"{path.suffix or 'no suffix'} is no known kind ({', '.join(FORMATS)})")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), 0, "", f"cannot be read: {error.strerror}") from None
    segments = read(content)
    joined = b"".join(segment.content for segment in segments)
    if not joined:
        raise ConfigError(str(path), 0, "", "is empty")
    if not joined.strip(b"\xff") or not joined.strip(b"\0"):
        raise ConfigError(str(path), 0, "", f"holds nothing but 0x{joined[0]:02X}")
    end = max(segment.end for segment in segments)
    if end > chip_bytes:
        raise ConfigError(str(path), 0, "", f"ends at {end} bytes, the chip has {chip_bytes}")
    return Image(path.name, version, hashlib.sha256(joined).hexdigest(), segments)

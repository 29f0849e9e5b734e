"""The bytes that are to be in a chip, gated before anything touches one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from station.ic_programmer.files.dfuse import read_dfu
from station.ic_programmer.files.segment import BadFile, Segment
from station.model.errors import ConfigError

__all__ = ["ERASED", "Image", "Segment", "base_in", "blank_image", "load_image"]

MOST_FILE_BYTES = 1 << 28
"""Of a file as text: 16 MiB of data take 45 MB; estimate: nobody means a larger one."""


ERASED = "erased"
"""The name of the image that is nothing: what an erase leaves."""


class Image(msgspec.Struct, frozen=True):
    """A file's content; ``sha256`` is over the content of its segments, in the order of their addresses."""

    name: str
    version: str
    sha256: str
    segments: tuple[Segment, ...]

    @property
    def size_bytes(self) -> int:
        return sum(len(segment.content) for segment in self.segments)


def load_image(path: Path, chip_bytes: int, version: str = "", base: int = 0, keeps_holes: bool = False) -> Image:
    """Read ``path`` and refuse, by ConfigError, what cannot be meant: damaged, empty, blank, or outside of the chip.

    ``base`` is the address in the file of the chip's first byte. A file that leaves stretches out between its first
    and its last byte is refused, unless the chip is to keep there what it has (``keeps_holes``).
    """
    read = FORMATS.get(path.suffix.lower())
    if read is None:
        raise ConfigError(str(path), 0, "", f"{path.suffix or 'no suffix'} is no known kind ({', '.join(FORMATS)})")
    try:
        segments = read(_content(path))
    except BadFile as error:
        raise ConfigError(str(path), 0, "", str(error)) from None
    joined = b"".join(segment.content for segment in segments)
    if not joined:
        raise ConfigError(str(path), 0, "", "is empty")
    if not joined.strip(b"\xff") or not joined.strip(b"\0"):
        raise ConfigError(str(path), 0, "", f"holds nothing but 0x{joined[0]:02X}")
    moved = tuple(Segment(segment.start - base, segment.content) for segment in segments)
    problem = _outside(moved, chip_bytes, base) or ("" if keeps_holes else _hole(segments))
    if problem:
        raise ConfigError(str(path), 0, "", problem)
    return Image(path.name, version, hashlib.sha256(joined).hexdigest(), moved)


def blank_image(start: int, length: int, erased: int) -> Image:
    """What ``length`` bytes from ``start`` are once they are erased: burning that erases them."""
    content = bytes((erased,)) * length
    return Image(ERASED, "", hashlib.sha256(content).hexdigest(), (Segment(start, content),))


def base_in(path: Path, base: int) -> int:
    """``base``, or 0 for a kind of file that knows no addresses and begins with the chip's first byte."""
    return 0 if FORMATS.get(path.suffix.lower()) is _raw else base


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise BadFile(f"has more than {MOST_FILE_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise BadFile(f"cannot be read: {error.strerror}") from None


def _outside(segments: tuple[Segment, ...], chip_bytes: int, base: int) -> str:
    if segments[0].start < 0:
        return f"begins at 0x{segments[0].start + base:X}, before the chip (0x{base:X}): does the base fit?"
    if segments[-1].end > chip_bytes:
        where = f" behind 0x{base:X}" if base else ""
        return f"ends at {segments[-1].end} bytes{where}, the chip has {chip_bytes}"
    return ""


def _hole(segments: tuple[Segment, ...]) -> str:
    if len(segments) < 2:
        return ""
    start, end = segments[0].end, segments[1].start
    return f"leaves out 0x{start:X} to 0x{end - 1:X}: fill it, or say that the chip keeps what it has there"


def _raw(content: bytes) -> tuple[Segment, ...]:
    return (Segment(0, content),)


def _intel_hex(content: bytes) -> tuple[Segment, ...]:
    from station.ic_programmer.files.hex_text import read_intel_hex

    return read_intel_hex(content)


def _srec(content: bytes) -> tuple[Segment, ...]:
    from station.ic_programmer.files.hex_text import read_srec

    return read_srec(content)


def _elf(content: bytes) -> tuple[Segment, ...]:
    from station.ic_programmer.files.elf import read_elf

    return read_elf(content)


FORMATS: Mapping[str, Callable[[bytes], tuple[Segment, ...]]] = {
    ".bin": _raw,
    ".rom": _raw,
    ".hex": _intel_hex,
    ".ihex": _intel_hex,
    ".srec": _srec,
    ".s19": _srec,
    ".s28": _srec,
    ".s37": _srec,
    ".mot": _srec,
    ".elf": _elf,
    ".dfu": read_dfu,
}
"""How a file becomes segments, by suffix; the parsers of text and ELF are loaded when one comes."""

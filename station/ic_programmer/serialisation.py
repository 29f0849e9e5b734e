"""Puts serial numbers into an image and computes its checksums again; nothing is ever cut to fit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from station.ic_programmer.checksums import CHECKSUMS
from station.ic_programmer.image import Image, Segment
from station.model.errors import ConfigError
from station.model.serialisation import ChecksumField, SerialField, Serialisation, SerialNumber, Stretch

_MAC = re.compile(r"[0-9A-Fa-f]{12}")


def serialised(image: Image, spec: Serialisation, numbers: Mapping[str, SerialNumber]) -> Image:
    """``image`` with the number of each field (by the field's name) in it; its digest is that of the result.

    Raises ConfigError, which names the field, for a number that does not fit, and for a field, a checksum or a stretch
    under one that is not wholly in the image: what is not burned is not computed.
    """
    content = _Content(image)
    for field in spec.fields:
        content.put(field.address, _encoded(field, numbers[field.name], image.name), f"field {field.name}")
    for checksum in spec.checksums:
        content.put(checksum.address, content.checksum(checksum), f"checksum {checksum.algorithm}")
    return content.image()


def kept_back(image: Image, kept: Sequence[Stretch]) -> Image:
    """``image`` without the stretches that the chip keeps as they are. Raises ConfigError where nothing is left."""
    segments = list(image.segments)
    for stretch in kept:
        end = stretch.address + stretch.length
        segments = [part for segment in segments for part in _around(segment, stretch.address, end)]
    if not segments:
        raise ConfigError(image.name, 0, "preserve", "the stretches that the chip keeps leave nothing to burn")
    return replace(image, segments=tuple(segments), sha256=_sha256(segments))


class _Content:
    """The bytes of an image while they are changed."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._parts = [(segment.start, bytearray(segment.content)) for segment in image.segments]

    def put(self, address: int, data: bytes, what: str) -> None:
        start, part = self._part(address, len(data), what)
        part[address - start : address - start + len(data)] = data

    def checksum(self, field: ChecksumField) -> bytes:
        algorithm = CHECKSUMS[field.algorithm]
        data = b"".join(self._get(each, f"checksum {field.algorithm}") for each in field.over)
        return algorithm.compute(data).to_bytes(algorithm.width_bytes, field.byte_order)

    def image(self) -> Image:
        segments = tuple(Segment(start, bytes(part)) for start, part in self._parts)
        return replace(self._image, segments=segments, sha256=_sha256(segments))

    def _get(self, stretch: Stretch, what: str) -> bytes:
        start, part = self._part(stretch.address, stretch.length, what)
        return bytes(part[stretch.address - start : stretch.address - start + stretch.length])

    def _part(self, address: int, length: int, what: str) -> tuple[int, bytearray]:
        for start, part in self._parts:
            if start <= address and address + length <= start + len(part):
                return start, part
        problem = f"0x{address:X} to 0x{address + length - 1:X} is not wholly in the image"
        raise ConfigError(self._image.name, 0, what, problem)


def _encoded(field: SerialField, number: SerialNumber, name: str) -> bytes:
    """The field's bytes; raises ConfigError for a number that does not fit."""
    try:
        data = _bytes_of(field, number)
    except (ValueError, OverflowError):
        raise _unfit(field, number, name) from None
    if len(data) != field.length:
        raise _unfit(field, number, name)
    return data


def _bytes_of(field: SerialField, number: SerialNumber) -> bytes:
    match field.kind:
        case "ascii":
            return number.text.encode("ascii").ljust(field.length, bytes((field.pad,)))
        case "bcd":
            return bytes.fromhex(str(number.value).rjust(2 * field.length, "0"))
        case "uint_le":
            return number.value.to_bytes(field.length, "little")
        case "uint_be":
            return number.value.to_bytes(field.length, "big")
        case "mac":
            if not _MAC.fullmatch(number.text):
                raise ValueError(number.text)
            return bytes.fromhex(number.text)


def _unfit(field: SerialField, number: SerialNumber, name: str) -> ConfigError:
    problem = f"the number {number.text} does not fit into {field.length} bytes as {field.kind}"
    return ConfigError(name, 0, f"field {field.name}", problem)


def _around(segment: Segment, start: int, end: int) -> tuple[Segment, ...]:
    """What of ``segment`` lies outside of ``start`` to ``end``."""
    before = Segment(segment.start, segment.content[: max(start - segment.start, 0)])
    behind_at = max(min(end, segment.end), segment.start)
    behind = Segment(behind_at, segment.content[behind_at - segment.start :])
    if end <= segment.start or start >= segment.end:
        return (segment,)
    return tuple(part for part in (before, behind) if part.content)


def _sha256(segments: Sequence[Segment]) -> str:
    return hashlib.sha256(b"".join(segment.content for segment in segments)).hexdigest()

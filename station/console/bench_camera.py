"""The bench's own camera, for a photo that a run asks for: opened for one picture, and let go again.

A camera that the run's own steps have open is not to be had meanwhile: it serves one at a time, and says so.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import cast

from station.bench import open_bench
from station.config.bench_file import BenchFile
from station.model.clock import Clock
from station.model.roles import Camera, Picture

_SRGB = bytes(
    round(255 * (12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055))
    for part in (value / 255 for value in range(256))
)
"""What a screen is told for a linear value: IEC 61966-2-1, 5.2."""


class BenchCamera:
    """The camera of each slot that has one."""

    def __init__(self, slots: Sequence[BenchFile], clock: Clock) -> None:
        self._benches: Mapping[str, BenchFile] = {bench.slot: bench for bench in slots if bench.photo_role}
        self._clock = clock

    @property
    def slots(self) -> tuple[str, ...]:
        """Those that have a camera."""
        return tuple(self._benches)

    def take(self, slot: str) -> bytes:
        """A picture of this moment as PNG; raises LinkError or InstrumentError where the camera gives none."""
        bench = self._benches[slot]
        opened = open_bench(bench, self._clock, (bench.photo_role,))
        try:
            return png_of(cast(Camera, opened.roles[bench.photo_role]).take())
        finally:
            opened.close()


def png_of(picture: Picture) -> bytes:
    """``picture``, which is linear in luminance, as people look at it."""
    shown, row_bytes = picture.rgb.translate(_SRGB), 3 * picture.width
    rows = b"".join(b"\0" + shown[start : start + row_bytes] for start in range(0, len(shown), row_bytes))
    head = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

"""Pictures, whole and damaged, and a bench whose file adds a product that asks for one."""

from __future__ import annotations

import shutil
import struct
import zlib
from pathlib import Path

from tests.conftest import Bench

PRODUCT = Path(__file__).parent / "products/pictured.py"


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG, with its sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 8, height: int = 4, shade: int = 128, rows: int | None = None) -> bytes:
    """A grey PNG; ``rows`` of it where they are not as many as its head says."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    points = (b"\0" + bytes((shade,)) * width) * (height if rows is None else rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(points)) + chunk(b"IEND", b"")


def jpeg(width: int = 8, height: int = 4) -> bytes:
    """The markers of a JPEG with a scan."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\x01\x00\x00\x3f\x00" + b"\xd2\xcf\x20"
    return (
        b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0" + frame + scan + b"\xff\xd9"
    )


def add_pictured(box: Bench) -> list[str]:
    """Add the product; what starts a run of it."""
    folder = box.bench_file.parent / "products"
    folder.mkdir()
    for file in (PRODUCT, PRODUCT.with_suffix(".toml")):
        shutil.copy(file, folder)
    text = box.bench_file.read_text(encoding="utf-8")
    added = text.replace('slot = "slot-1"', 'slot = "slot-1"\nsequences_path = ["products"]', 1)
    assert added != text
    box.bench_file.write_text(added, encoding="utf-8")
    return ["run", "PIC001", "--bench", str(box.bench_file), "--product", "PIC-1", "--operator", "王芳"]

"""The firmware images are the same everywhere, well formed, and have blank pages."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

from fixtures.images import HEADER, make_image
from fixtures.images.__main__ import RELEASES


def test_the_header_says_version_product_length_and_checksum_of_the_body() -> None:
    image = make_image("1.4.2")
    magic, version, product, length, checksum = HEADER.unpack_from(image)
    assert (magic, version.rstrip(b"\0"), product.rstrip(b"\0")) == (b"FJHU", b"1.4.2", b"FJ-R1")
    assert image[HEADER.size : 64] == b"\xff" * 28
    assert length == len(image) - 64 and checksum == zlib.crc32(image[64:])


def test_an_image_is_one_mebibyte_and_part_of_its_pages_is_blank() -> None:
    image = make_image("1.4.2")
    blank = sum(image[start : start + 256] == b"\xff" * 256 for start in range(0, len(image), 256))
    assert len(image) == 1 << 20
    assert 0.2 < blank / 4096 < 0.6


def test_versions_differ_in_most_of_their_bytes() -> None:
    old, new = make_image("1.4.1"), make_image("1.4.2")
    assert sum(a != b for a, b in zip(old, new, strict=True)) > len(new) / 3


def test_the_command_writes_every_release_the_same_each_time(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "fixtures.images", str(tmp_path / "out")], check=True, capture_output=True)
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {f"{product.lower()}-{version}.bin" for product, rows in RELEASES.items() for version in rows}
    assert (tmp_path / "out/fj-r1-1.4.2.bin").read_bytes() == make_image("1.4.2")

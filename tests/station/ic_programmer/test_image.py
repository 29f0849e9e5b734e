"""An image is gated before anything touches a chip."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from station.ic_programmer.image import Segment, load_image
from station.model.errors import ConfigError


def test_a_binary_file_is_one_segment_from_address_0(tmp_path: Path) -> None:
    file = tmp_path / "fj-r1-1.4.2.bin"
    file.write_bytes(b"FJHU" + b"\xff" * 60)
    image = load_image(file, 1 << 20, version="1.4.2")
    assert (image.name, image.version, image.size_bytes) == ("fj-r1-1.4.2.bin", "1.4.2", 64)
    assert image.segments == (Segment(0, b"FJHU" + b"\xff" * 60),)
    assert image.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.bin", b"", "is empty"),
        ("a.bin", b"\xff" * 4096, "holds nothing but 0xFF"),
        ("a.bin", b"\0" * 4096, "holds nothing but 0x00"),
        ("a.bin", b"x" * 1025, "ends at 1025 bytes, the chip has 1024"),
        ("a.zip", b"x", r"\.zip is no known kind \(\.bin, \.rom, \.hex"),
        ("a", b"x", "no suffix is no known kind"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=problem) as caught:
        load_image(file, 1024)
    assert caught.value.file == str(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.bin: cannot be read: No such file"):
        load_image(tmp_path / "none.bin", 1024)

"""The bench's camera for photos: one of its roles, opened for one picture, which people can look at."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from station.bench import check_bench
from station.config.bench_file import BenchFile, read_bench_file
from station.console.bench_camera import BenchCamera, png_of
from station.link.clock import SystemClock
from station.model.errors import ConfigError, LinkError
from station.model.roles import Picture
from station.playing.photos import check_photo
from tests.conftest import WORLDS, Bench, start_bench

PHOTO = '\n[photo]\nrole = "camera"\n'


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    started = start_bench(WORLDS / "navigation.world.toml", tmp_path_factory.mktemp("bench") / "bench.toml", 0.0)
    yield started
    started.stop()


def bench_with(box: Bench, folder: Path, more: str) -> BenchFile:
    file = folder / "photo.bench.toml"
    file.write_text(box.bench_file.read_text(encoding="utf-8") + more, encoding="utf-8")
    return read_bench_file(file)


def size_of(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", png, 16)
    return width, height


def test_the_role_that_takes_photos_is_a_camera_of_the_file(box: Bench, tmp_path: Path) -> None:
    assert bench_with(box, tmp_path, "").for_slot().photo_role == ""
    bench = bench_with(box, tmp_path, PHOTO).for_slot()
    check_bench(bench)
    assert bench.photo_role == "camera"
    with pytest.raises(ConfigError, match=r"photo\.role: no role 'lens' in this file"):
        bench_with(box, tmp_path, PHOTO.replace('"camera"', '"lens"'))
    with pytest.raises(ConfigError, match=r"photo\.role: 'scale' is a scale, which takes no photos"):
        check_bench(bench_with(box, tmp_path, PHOTO.replace('"camera"', '"scale"')))


def test_a_picture_is_taken_again_and_again_and_the_camera_let_go_each_time(box: Bench, tmp_path: Path) -> None:
    camera = BenchCamera([bench_with(box, tmp_path, PHOTO).for_slot()], SystemClock())
    assert camera.slots == ("slot-1",)
    for _ in range(2):
        picture = camera.take("slot-1")
        assert check_photo(picture) == ".png"
        assert size_of(picture) == (800, 480)


def test_a_camera_that_does_not_answer_is_an_error_that_names_it(box: Bench, tmp_path: Path) -> None:
    camera = BenchCamera([bench_with(box, tmp_path, PHOTO).for_slot()], SystemClock())
    box.control("fault", device="camera", fault="refuse", on=True)
    try:
        with pytest.raises(LinkError, match="camera"):
            camera.take("slot-1")
    finally:
        box.control("fault", device="camera", fault="refuse", on=False)


def test_a_bench_without_one_offers_none(box: Bench, tmp_path: Path) -> None:
    assert BenchCamera([bench_with(box, tmp_path, "").for_slot()], SystemClock()).slots == ()


def test_what_is_linear_in_luminance_is_made_as_bright_as_people_see_it() -> None:
    linear = bytes((0, 1, 55, 128, 254, 255))
    png = png_of(Picture(1, 2, linear, "camera", datetime.now(UTC)))
    assert check_photo(png) == ".png" and size_of(png) == (1, 2)
    rows = zlib.decompress(png[png.index(b"IDAT") + 4 : png.index(b"IEND") - 8])
    # IEC 61966-2-1: 12.92 times below 0.0031308, else 1.055 x^(1/2.4) - 0.055
    assert rows == bytes((0, 0, 13, 128, 0, 188, 255, 255))

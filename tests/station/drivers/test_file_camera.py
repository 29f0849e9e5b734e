"""The camera whose pictures lie in a file: only what is whole and was written after the question is a picture."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from station.config.address import FileAddress, parse_address
from station.drivers.file_camera import FileCamera
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import open_link
from station.model.errors import InstrumentError, LinkLost, LinkRefused, LinkTimeout

CLOCK = SystemClock()
HEAD = b"P6\n8 4\n255\n"
TIMEOUT_S = 0.6


def numbered(number: int) -> bytes:
    return HEAD + bytes([number % 256]) * 96


def renamed(path: Path, content: bytes) -> None:
    """As ffmpeg does with ``-atomic_writing 1``."""
    path.with_suffix(".tmp").write_bytes(content)
    path.with_suffix(".tmp").rename(path)


def in_place(path: Path, content: bytes) -> None:
    """In two pieces, with a pause in between."""
    with path.open("wb") as file:
        file.write(content[:40])
        file.flush()
        time.sleep(0.012)
        file.write(content[40:])


def into_folder(path: Path, content: bytes) -> None:
    """A new file for each picture."""
    renamed(path.with_name(f"{time.monotonic_ns()}.ppm"), content)


@contextmanager
def written(path: Path, write: Callable[[Path, bytes], None], content: Callable[[], bytes]) -> Iterator[None]:
    """Somebody writes ``content()`` to ``path`` every 30 ms."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.03):
            write(path, content())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def camera(path: Path) -> Iterator[FileCamera]:
    link = open_link("camera", FileAddress(str(path)), CLOCK, 1.0)
    try:
        yield FileCamera(link, CLOCK, TIMEOUT_S)
    finally:
        link.close()


def begun() -> bytes:
    """A picture that holds the hundredths of a second when it was begun."""
    return numbered(int(time.monotonic() * 100))


@pytest.mark.parametrize("write", [renamed, in_place, into_folder], ids=lambda write: write.__name__)
def test_a_picture_is_whole_and_was_written_after_it_was_asked_for(
    tmp_path: Path, write: Callable[[Path, bytes], None]
) -> None:
    path = tmp_path / "frame.ppm"
    with written(path, write, begun), camera(tmp_path if write is into_folder else path) as made:
        for _ in range(3):
            asked = time.monotonic()
            picture = made.take()
            age_s = ((int(time.monotonic() * 100) - picture.rgb[0]) % 256) / 100
            assert (picture.width, picture.height, picture.instrument) == (8, 4, "camera")
            assert len(set(picture.rgb)) == 1
            assert age_s <= time.monotonic() - asked + 0.02


def test_an_old_picture_is_no_picture(tmp_path: Path) -> None:
    renamed(tmp_path / "frame.ppm", numbered(1))
    with (
        camera(tmp_path / "frame.ppm") as made,
        pytest.raises(LinkTimeout, match=r"camera: 0 of 4 pictures were written within 0\.6 s"),
    ):
        made.take()


def test_an_old_picture_that_is_put_there_afterwards_is_none_either(tmp_path: Path) -> None:
    path = tmp_path / "frame.ppm"

    def aged(path: Path, content: bytes) -> None:
        other = path.with_suffix(".tmp")
        other.write_bytes(content)
        os.utime(other, (time.time() - 60, time.time() - 60))
        other.rename(path)

    with written(path, aged, begun), camera(path) as made, pytest.raises(LinkTimeout, match="0 of 4"):
        made.take()


def test_a_program_that_is_too_slow_is_told(tmp_path: Path) -> None:
    path = tmp_path / "frame.ppm"

    def rarely(path: Path, content: bytes) -> None:
        renamed(path, content)
        time.sleep(0.3)

    with written(path, rarely, begun), camera(path) as made, pytest.raises(LinkTimeout, match=r"[12] of 4"):
        made.take()


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"GIF89a" + bytes(90), "does not begin"), (numbered(1)[:-1], "need 107"), (numbered(1) + b"\n", "need 107")],
    ids=["another format", "cut short", "too long"],
)
def test_what_is_no_whole_picture_is_told_by_name(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "frame.ppm"
    with (
        written(path, renamed, lambda: content),
        camera(path) as made,
        pytest.raises(InstrumentError, match=f"camera: no whole picture was written: .*{problem}"),
    ):
        made.take()


def test_a_folder_that_is_not_there_is_refused_and_a_missing_file_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(LinkRefused, match="camera: cannot be opened: there is no folder"):
        open_link("camera", FileAddress(str(tmp_path / "none" / "frame.ppm")), CLOCK, 1.0)
    with camera(tmp_path / "frame.ppm") as made, pytest.raises(LinkTimeout, match="0 of 4"):
        made.take()


def test_a_pipe_and_a_file_without_end_are_refused_and_never_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "frame.ppm")
    with camera(tmp_path / "frame.ppm") as made, pytest.raises(LinkLost, match="is no file"):
        made.take()
    with (tmp_path / "huge.ppm").open("wb") as file:
        file.truncate(1 << 27)
    with camera(tmp_path / "huge.ppm") as made, pytest.raises(LinkLost, match="more than"):
        made.take()


def test_closing_ends_the_waiting_at_once(tmp_path: Path) -> None:
    link: Link = open_link("camera", FileAddress(str(tmp_path / "frame.ppm")), CLOCK, 1.0)
    made = FileCamera(link, CLOCK, 5.0)
    threading.Timer(0.1, link.interrupt).start()
    started = time.monotonic()
    with pytest.raises(LinkLost, match="was closed"):
        made.take()
    assert time.monotonic() - started < 2.0
    link.close()


def test_an_address_of_a_file_is_a_path() -> None:
    assert parse_address("file:///var/spool/frame.ppm") == FileAddress("/var/spool/frame.ppm")
    assert str(FileAddress("/var/spool/")) == "file:///var/spool/"
    for text in ("file://", "file:///", "file://host/frame.ppm", "file:///frame.ppm?x=1"):
        with pytest.raises(ValueError, match=r"write file:///path/of/picture\.ppm"):
            parse_address(text)

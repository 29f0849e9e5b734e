"""The streamed camera by its exchange: what it takes for a picture of now, and what it refuses."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from station.config.address import TcpAddress
from station.drivers.ppm import MAX_SIDE_PX, Size, one_picture, size_of
from station.drivers.ppm_camera import PpmCamera
from station.link.clock import SystemClock
from station.link.opening import open_link
from station.model.errors import InstrumentError, LinkLost, LinkRefused, LinkTimeout

CLOCK = SystemClock()
HEAD = b"P6\n8 4\n255\n"
BEAT_S = 0.03
TIMEOUT_S = 1.5

Stream = Callable[[Callable[[bytes], None]], None]
"""Sends what it likes to one client, until it returns."""


def numbered(number: int, head: bytes = HEAD) -> bytes:
    """A picture of which every byte is ``number``."""
    return head + bytes([number % 256]) * 96


@contextmanager
def server(*streams: Stream) -> Iterator[TcpAddress]:
    """Each connection gets the next stream, the last one again and again; it is closed when the stream ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    left = list(streams)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                stream = left.pop(0) if len(left) > 1 else left[0]
                threading.Thread(target=run, args=(stream, connection), daemon=True).start()

    def run(stream: Stream, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            stream(connection.sendall)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield TcpAddress("127.0.0.1", listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def camera(*streams: Stream, timeout_s: float = TIMEOUT_S) -> Iterator[PpmCamera]:
    with server(*streams) as address:
        link = open_link("camera", address, CLOCK, 1.0)
        try:
            yield PpmCamera(link, CLOCK, timeout_s)
        finally:
            link.close()


def steady(send: Callable[[bytes], None]) -> None:
    """A picture a beat; each holds the number of hundredths of a second when it was begun."""
    due = time.monotonic()
    while True:
        send(numbered(int(time.monotonic() * 100)))
        due = max(due + BEAT_S, time.monotonic())
        time.sleep(max(due - time.monotonic(), 0.0))


def age_s(number: int) -> float:
    """How long ago a picture of ``steady`` was begun, up to 2.5 s."""
    return ((int(time.monotonic() * 100) - number) % 256) / 100


def ready(made: PpmCamera) -> PpmCamera:
    made.begin()
    made.prepare()
    return made


def test_a_picture_has_its_size_its_bytes_and_the_cameras_name() -> None:
    with camera(steady) as made:
        picture = ready(made).take()
    assert (picture.width, picture.height, picture.instrument) == (8, 4, "camera")
    assert len(picture.rgb) == 96


@pytest.mark.parametrize("pause_s", [0.0, 0.4])
def test_a_picture_was_begun_after_it_was_asked_for(pause_s: float) -> None:
    with camera(steady) as made:
        ready(made)
        for _ in range(3):
            time.sleep(pause_s)
            asked = time.monotonic()
            number = made.take().rgb[0]
            assert age_s(number) <= time.monotonic() - asked + 0.02


def test_a_picture_may_be_under_way_for_two_and_a_half_beats() -> None:
    def lagging(send: Callable[[bytes], None]) -> None:
        begins, begun = time.monotonic(), list[float]()
        while True:
            sends = begun[0] + 2.5 * BEAT_S if begun else begins + BEAT_S
            time.sleep(max(min(begins, sends) - time.monotonic(), 0.0))
            if begins <= sends:
                begun.append(time.monotonic())
                begins = begun[-1] + BEAT_S
            else:
                send(numbered(int(begun.pop(0) * 100)))

    with camera(lagging) as made:
        ready(made)
        for pause_s in (0.0, 0.007, 0.013, 0.021):
            time.sleep(pause_s)
            asked = time.monotonic()
            number = made.take().rgb[0]
            assert age_s(number) <= time.monotonic() - asked + 0.02


def test_what_has_waited_in_buffers_is_not_given_out_even_if_it_comes_after_the_question() -> None:
    learnt, asked = threading.Event(), threading.Event()

    def held(send: Callable[[bytes], None]) -> None:
        while not learnt.wait(BEAT_S):
            send(numbered(1))
        asked.wait(5.0)
        for _ in range(30):
            send(numbered(2))  # what a server had kept when nobody read
            time.sleep(0.002)
        while True:
            send(numbered(3))
            time.sleep(BEAT_S)

    with camera(held) as made:
        ready(made)
        learnt.set()
        threading.Timer(0.05, asked.set).start()
        assert made.take().rgb == bytes([3]) * 96


def test_a_burst_while_the_beat_is_learnt_is_not_taken_for_the_beat() -> None:
    def bursting(send: Callable[[bytes], None]) -> None:
        began = time.monotonic()
        while True:
            is_early = time.monotonic() - began < 0.5
            for _ in range(3 if is_early else 1):  # three at once after a moment in which none was sent
                send(numbered(1))
                time.sleep(0.005 if is_early else 0.0)
            time.sleep(3 * BEAT_S if is_early else BEAT_S)

    with camera(bursting) as made:
        ready(made)
        assert len(made.take().rgb) == 96


def test_pictures_without_a_beat_are_an_error_that_says_how_they_came() -> None:
    def unsteady(send: Callable[[bytes], None]) -> None:
        while True:
            for wait_s in (0.002, 0.05, 0.11):
                send(numbered(1))
                time.sleep(wait_s)

    with (
        camera(unsteady, timeout_s=0.9) as made,
        pytest.raises(LinkTimeout, match=r"camera: its pictures have no steady beat \(the last came after 0\.[0-9]+,"),
    ):
        ready(made)


def test_pictures_that_are_held_up_are_an_error_that_says_so() -> None:
    learnt = threading.Event()

    def slowing(send: Callable[[bytes], None]) -> None:
        while True:
            send(numbered(1))
            time.sleep(0.2 if learnt.wait(BEAT_S) else 0.0)

    with camera(slowing, timeout_s=0.9) as made:
        ready(made)
        learnt.set()
        with pytest.raises(LinkTimeout, match=r"camera: no fresh picture in time: the last came after 0\.[0-9]+ s"):
            made.take()


def test_a_stream_that_stops_is_an_error_within_its_time() -> None:
    learnt = threading.Event()

    def stopping(send: Callable[[bytes], None]) -> None:
        while not learnt.wait(BEAT_S):
            send(numbered(1))
        time.sleep(5.0)

    with camera(stopping, timeout_s=0.7) as made:
        ready(made)
        learnt.set()
        started = time.monotonic()
        with pytest.raises(LinkTimeout, match="camera: "):
            made.take()
        assert time.monotonic() - started < 1.3


def test_a_camera_that_hangs_up_is_lost_and_found_again_by_the_next_question() -> None:
    def ending(send: Callable[[bytes], None]) -> None:
        for number in range(18):
            send(numbered(number))
            time.sleep(BEAT_S)

    with camera(ending, steady) as made:
        ready(made)
        with pytest.raises(LinkLost, match="camera: the peer closed the link"):
            for _ in range(5):
                made.take()
        assert len(made.take().rgb) == 96


def test_a_server_that_does_not_come_back_is_refused_by_name() -> None:
    def once(send: Callable[[bytes], None]) -> None:
        send(numbered(1))

    with server(once) as address:
        link = open_link("camera", address, CLOCK, 1.0)
        made = PpmCamera(link, CLOCK, TIMEOUT_S)
        with pytest.raises(LinkLost, match="camera"):
            made.begin()
        with pytest.raises(LinkLost, match="camera"):
            made.take()
    with pytest.raises(LinkRefused, match="camera: cannot be opened"):
        made.take()
    link.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"P5\n8 4\n255\n" + bytes(32),
        b"P3\n8 4\n255\n0 0 0\n",
        b"\xff\xd8\xff\xe0" + bytes(64),
        b"HTTP/1.0 200 OK\r\n\r\n" + bytes(64),
        b"P6\n# a comment\n8 4\n255\n" + bytes(96),
        b"P6\n8 4\n65535\n" + bytes(192),
        b"P6\n8 4\n15\n" + bytes(96),
        b"P6\n0 4\n255\n" + bytes(64),
        b"P6\n99999 99999\n255\n" + bytes(64),
        b"P6\n-8 4\n255\n" + bytes(96),
        b"P6" + b" " * 64,
    ],
)
def test_what_is_no_stream_of_pictures_is_refused_at_once(garbage: bytes) -> None:
    def sending(send: Callable[[bytes], None]) -> None:
        send(garbage)
        time.sleep(2.0)

    with camera(sending) as made:
        started = time.monotonic()
        with pytest.raises(InstrumentError, match="camera: no stream of pictures: "):
            made.begin()
        assert time.monotonic() - started < 1.0


@pytest.mark.parametrize("lost", [1, 15, 50, 96])
def test_a_picture_that_is_cut_short_is_never_given_out(lost: int) -> None:
    def cutting(send: Callable[[bytes], None]) -> None:
        for number in range(1000):
            send(numbered(7)[:-lost] if number >= 16 else numbered(7))
            time.sleep(BEAT_S)

    with camera(cutting) as made:
        ready(made)
        with pytest.raises(InstrumentError, match="camera: no stream of pictures"):
            for _ in range(10):
                assert made.take().rgb == bytes([7]) * 96


def test_a_picture_may_come_in_pieces() -> None:
    def crumbling(send: Callable[[bytes], None]) -> None:
        while True:
            picture = numbered(5, b"P6 8\t4\r\n255\n")
            for start in range(0, len(picture), 20):
                send(picture[start : start + 20])
                time.sleep(0.003)
            time.sleep(0.01)

    with camera(crumbling) as made:
        assert ready(made).take().rgb == bytes([5]) * 96


def test_a_lost_picture_does_not_matter() -> None:
    def losing(send: Callable[[bytes], None]) -> None:
        for number in range(1000):
            if number % 5 != 4:
                send(numbered(9))
            time.sleep(BEAT_S)

    with camera(losing) as made:
        ready(made)
        for _ in range(3):
            assert made.take().rgb == bytes([9]) * 96


def test_a_head_that_is_not_whole_may_still_become_one() -> None:
    assert [size_of(HEAD[:length]) for length in range(len(HEAD))] == [None] * len(HEAD)
    assert size_of(HEAD) == Size(8, 4)
    assert size_of(b"P6 %d %d 255\n" % (MAX_SIDE_PX, MAX_SIDE_PX)) == Size(MAX_SIDE_PX, MAX_SIDE_PX)


@pytest.mark.parametrize("content", [b"", b"P6\n8", numbered(1)[:-1], numbered(1) + b"\n", numbered(1) * 2, b"GIF89a"])
def test_a_file_holds_exactly_one_whole_picture(content: bytes) -> None:
    assert one_picture(numbered(1)) == (Size(8, 4), bytes([1]) * 96)
    with pytest.raises(ValueError, match=r"bytes|begin"):
        one_picture(content)

"""What a link promises: deadlines, honesty about the peer, and that a late answer is never a measured value."""

from __future__ import annotations

import itertools
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.config.address import TcpAddress
from station.link.clock import SystemClock
from station.link.frames import Frame, Window
from station.link.link import Challenge, Link, LinkState
from station.link.opening import link_to, open_link
from station.model.errors import LinkLost, LinkRefused, LinkTimeout
from tests.station.link.peer import Reply, scripted_peer

CLOCK = SystemClock()


def echo_value(number: int) -> Challenge:
    return Challenge((b"ECHO %d\n" % number,), re.compile(rb"(?m:^)%d\r?\n" % number))


def resync(link: Link, timeout_s: float = 0.5) -> None:
    link.resync([echo_value(41)], echo_value(73), timeout_s)


def answer(message: bytes) -> list[tuple[float, bytes]]:
    """An honest peer: ECHO n gives n."""
    return [(0.0, message.removeprefix(b"ECHO ") + b"\n")]


@contextmanager
def linked(reply: Reply, is_text: bool = True, closes_after: int | None = None) -> Iterator[Link]:
    with scripted_peer(reply, is_text, closes_after) as peer:
        link = open_link("psu", peer.address, CLOCK, 1.0)
        try:
            yield link
        finally:
            link.close()


def test_an_open_link_answers_nothing_until_it_is_synchronised() -> None:
    with linked(answer) as link:
        assert link.state is LinkState.SUSPECT
        with pytest.raises(LinkRefused, match="psu: is suspect: it must be resynchronised first"):
            link.query_line(b"ECHO 1\n", 0.5)
        resync(link)
        assert link.state is LinkState.OPEN
        assert link.query_line(b"ECHO 1\n", 0.5) == "1"


def test_a_dead_port_is_refused_when_it_is_opened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(LinkRefused, match="dmm: cannot be opened: Connection refused"):
        open_link("dmm", TcpAddress("127.0.0.1", port), CLOCK, 1.0)


def test_carriage_returns_are_not_part_of_the_answer() -> None:
    with linked(lambda message: [(0.0, message.removeprefix(b"ECHO ") + b"\r\n")]) as link:
        resync(link)
        assert link.query_line(b"ECHO abc\n", 0.5) == "abc"


def test_an_answer_in_pieces_is_one_answer() -> None:
    def pieces(message: bytes) -> list[tuple[float, bytes]]:
        text = message.removeprefix(b"ECHO ") + b"\n"
        return [(0.002, text[index : index + 1]) for index in range(len(text))]

    with linked(pieces) as link:
        resync(link)
        assert link.query_line(b"ECHO +1.234E+01\n", 1.0) == "+1.234E+01"


def test_silence_ends_at_the_deadline_and_makes_the_link_suspect() -> None:
    with linked(lambda message: answer(message) if message.startswith(b"ECHO") else []) as link:
        resync(link)
        start = time.monotonic()
        with pytest.raises(LinkTimeout, match="gave 0 bytes, no complete answer to b'READ"):
            link.query_line(b"READ?\n", 0.1)
        assert 0.1 <= time.monotonic() - start < 0.3
        assert link.state is LinkState.SUSPECT


def test_half_an_answer_is_no_answer() -> None:
    with linked(lambda message: answer(message) if message.startswith(b"ECHO") else [(0.0, b"1.2")]) as link:
        resync(link)
        with pytest.raises(LinkTimeout, match="gave 3 bytes"):
            link.query_line(b"READ?\n", 0.05)


def test_a_peer_that_does_not_read_cannot_block_a_write_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        link = link_to("psu", TcpAddress("127.0.0.1", listener.getsockname()[1]), CLOCK)
        link.open(1.0)
        connection, _ = listener.accept()
        with connection:
            start = time.monotonic()
            with pytest.raises(LinkTimeout, match="took no more bytes"):
                link.resync([Challenge((b"x" * 30_000_000,), re.compile(b"1"))], echo_value(1), 0.2)
            assert time.monotonic() - start < 1.0
        link.close()


def test_a_peer_that_closes_is_lost_at_once() -> None:
    with linked(lambda message: answer(message) if message.startswith(b"ECHO") else [], closes_after=3) as link:
        resync(link)
        start, cpu = time.monotonic(), time.process_time()
        with pytest.raises(LinkLost, match=r"psu: the peer closed the link \(during b'READ"):
            link.query_line(b"READ?\n", 5.0)
        assert time.monotonic() - start < 0.5
        assert time.process_time() - cpu < 0.2
        assert link.state is LinkState.SUSPECT


def test_closing_from_another_thread_ends_a_wait() -> None:
    with linked(lambda message: answer(message) if message.startswith(b"ECHO") else []) as link:
        resync(link)
        timer = threading.Timer(0.05, link.close)
        timer.start()
        start = time.monotonic()
        with pytest.raises(LinkLost, match="psu: was closed"):
            link.query_line(b"READ?\n", 10.0)
        assert time.monotonic() - start < 1.0
        timer.join()
        assert link.state is LinkState.CLOSED


def test_more_than_one_line_is_no_answer() -> None:
    with linked(lambda message: [(0.0, b"5\njunk\n")] if message == b"ECHO 5" else answer(message)) as link:
        resync(link)
        with pytest.raises(LinkRefused, match="5 bytes more than the answer to b'ECHO 5"):
            link.query_line(b"ECHO 5\n", 0.5)
        assert link.state is LinkState.SUSPECT
        resync(link)
        assert link.query_line(b"ECHO 7\n", 0.5) == "7"


def test_bytes_that_nobody_asked_for_make_the_link_suspect() -> None:
    def talkative(message: bytes) -> list[tuple[float, bytes]]:
        if message != b"ECHO 5":
            return answer(message)
        return [(0.0, b"5\n"), (0.03, b"junk\n")]

    with linked(talkative) as link:
        resync(link)
        assert link.query_line(b"ECHO 5\n", 0.5) == "5"
        time.sleep(0.1)
        with pytest.raises(LinkRefused, match="5 bytes that nobody asked for before b'ECHO 6"):
            link.command(b"ECHO 6\n", 0.5)
        assert link.state is LinkState.SUSPECT


def test_a_late_answer_is_thrown_away_by_the_resync() -> None:
    with linked(lambda message: [(0.15, b"9.99\n")] if message == b"READ?" else answer(message)) as link:
        resync(link)
        with pytest.raises(LinkTimeout):
            link.query_line(b"READ?\n", 0.05)
        with pytest.raises(LinkRefused):
            link.query_line(b"ECHO 3\n", 0.5)
        resync(link)
        assert link.query_line(b"ECHO 3\n", 0.5) == "3"


def test_a_peer_that_lags_by_one_answer_never_synchronises() -> None:
    earlier = [b"stale"]

    def lagging(message: bytes) -> list[tuple[float, bytes]]:
        earlier.append(message.removeprefix(b"ECHO "))
        return [(0.0, earlier.pop(0) + b"\n")]

    with linked(lagging) as link, pytest.raises(LinkTimeout):
        resync(link, 0.2)


def test_a_peer_that_says_more_than_the_last_answer_never_synchronises() -> None:
    def chatty(message: bytes) -> list[tuple[float, bytes]]:
        return [(0.0, b"9.99\n73\n")] if message == b"ECHO 73" else answer(message)

    with linked(chatty) as link, pytest.raises(LinkTimeout):
        resync(link, 0.2)


def test_a_peer_that_needs_silence_between_messages_gets_it_between_the_challenges() -> None:
    heard: list[float] = []

    def noting(message: bytes) -> list[tuple[float, bytes]]:
        heard.append(time.monotonic())
        return answer(message)

    with linked(noting) as link:
        link.resync([echo_value(41)], echo_value(73), 2.0, 0.05)
        assert link.state is LinkState.OPEN
    assert heard[1] - heard[0] >= 0.05


def test_a_peer_that_repeats_itself_never_synchronises() -> None:
    with linked(lambda message: [(0.0, b"41\n")]) as link, pytest.raises(LinkTimeout):
        resync(link, 0.2)


def test_an_answer_that_is_not_ascii_is_distrusted() -> None:
    with linked(lambda message: [(0.0, b"\xff1\n")] if message == b"READ?" else answer(message)) as link:
        resync(link)
        with pytest.raises(LinkRefused, match="is not ASCII"):
            link.query_line(b"READ?\n", 0.5)
        assert link.state is LinkState.SUSPECT


def test_two_threads_each_get_their_own_answers() -> None:
    wrong: list[str] = []

    def ask(link: Link, base: int) -> None:
        numbers = range(base, base + 200)
        wrong.extend(str(number) for number in numbers if link.query_line(b"ECHO %d\n" % number, 2.0) != str(number))

    with linked(answer) as link:
        resync(link)
        threads = [threading.Thread(target=ask, args=(link, base)) for base in (0, 1000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_wire_bytes_are_logged_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="station.link.link"), linked(answer) as link:
        resync(link)
        link.query_line(b"ECHO 7\n", 0.5)
    assert "psu > b'ECHO 7\\n'" in caplog.messages
    assert "psu < b'7\\n'" in caplog.messages


@settings(max_examples=25, deadline=None)
@given(delays=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.04, 0.1]), min_size=1, max_size=6))
def test_however_late_a_peer_answers_each_value_is_the_answer_to_its_own_query(delays: list[float]) -> None:
    turn = itertools.count()

    def moody(message: bytes) -> list[tuple[float, bytes]]:
        number = message.removeprefix(b"ECHO ")
        delay_s = 0.0 if number in (b"41", b"73") else delays[min(next(turn), len(delays) - 1)]
        return [(delay_s, number + b"\n")]

    with linked(moody) as link:
        resync(link)
        for number in range(100, 100 + len(delays)):
            try:
                value = link.query_line(b"ECHO %d\n" % number, 0.03)
            except LinkTimeout:
                resync(link, 1.0)
                continue
            assert value == str(number)


ACK, NAK = 0x06, 0x15
WINDOW = Window(64, ACK, NAK)


def binary(message: bytes) -> list[tuple[float, bytes]]:
    """Each byte n is answered with ACK and n bytes n; 0xEE is refused."""
    return [(0.0, b"".join(b"\x15" if byte == 0xEE else b"\x06" + bytes([byte]) * byte for byte in message))]


SYNC = Challenge((b"\x02",), re.compile(rb"\x06\x02\x02"))


def test_frames_are_sent_ahead_and_answered_in_order() -> None:
    with linked(binary, is_text=False) as link:
        link.resync([SYNC], SYNC, 0.5)
        numbers = [number % 200 for number in range(1000)]
        frames = [Frame(bytes([number]), 1 + number, 1.0) for number in numbers]
        answers = link.exchange_frames(frames, WINDOW)
        assert answers == [b"\x06" + bytes([number]) * number for number in numbers]
        assert link.state is LinkState.OPEN


def test_large_writes_and_large_answers_do_not_block_each_other() -> None:
    def loud(message: bytes) -> list[tuple[float, bytes]]:
        return [(0.0, message)]

    with linked(loud, is_text=False) as link:
        link.resync([Challenge((b"\x06a",), re.compile(b"\x06a"))], Challenge((b"\x06b",), re.compile(b"\x06b")), 0.5)
        frame = Frame(b"\x06" * 4_000_000, 4_000_000, 5.0)
        answers = link.exchange_frames([frame, frame], Window(0xFFFFFF, ACK, NAK))
        assert [len(answer) for answer in answers] == [4_000_000, 4_000_000]


def test_no_more_bytes_are_in_flight_than_the_window_allows() -> None:
    largest = 0

    def watch(message: bytes) -> list[tuple[float, bytes]]:
        nonlocal largest
        largest = max(largest, len(message))
        return [(0.0, b"\x06" * (len(message) // 8))]

    with linked(watch, is_text=False) as link:
        sync = Challenge((b"12345678",), re.compile(b"\x06"))
        link.resync([sync], sync, 0.5)
        link.exchange_frames([Frame(b"12345678", 1, 1.0)] * 100, WINDOW)
    assert largest <= 64


def test_a_refused_frame_ends_the_exchange_and_the_rest_is_not_trusted() -> None:
    with linked(binary, is_text=False) as link:
        link.resync([SYNC], SYNC, 0.5)
        frames = [Frame(b"\x01", 2, 0.5), Frame(b"\xee", 2, 0.5), Frame(b"\x01", 2, 0.5)]
        assert link.exchange_frames(frames, WINDOW) == [b"\x06\x01", b"\x15"]
        assert link.state is LinkState.SUSPECT


def test_a_last_frame_refused_leaves_the_link_open() -> None:
    with linked(binary, is_text=False) as link:
        link.resync([SYNC], SYNC, 0.5)
        assert link.exchange_frames([Frame(b"\xee", 2, 0.5)], WINDOW) == [b"\x15"]
        assert link.state is LinkState.OPEN


def test_a_byte_that_starts_no_answer_is_distrusted() -> None:
    with linked(lambda message: [(0.0, b"?" if message == b"\x05" else binary(message)[0][1])], is_text=False) as link:
        link.resync([SYNC], SYNC, 0.5)
        with pytest.raises(LinkRefused, match="byte 0x3F where an answer should start"):
            link.exchange_frames([Frame(b"\x05", 6, 0.5)], WINDOW)
        assert link.state is LinkState.SUSPECT


def test_an_answer_that_stops_short_times_out() -> None:
    with linked(lambda message: [(0.0, b"\x06\x05" if message == b"\x05" else binary(message)[0][1])], False) as link:
        link.resync([SYNC], SYNC, 0.5)
        with pytest.raises(LinkTimeout, match="no complete answer to frame 1 in time"):
            link.exchange_frames([Frame(b"\x05", 6, 0.05)], WINDOW)
        assert link.state is LinkState.SUSPECT


class Stopped(Exception):
    """Somebody has had enough."""


def test_frames_are_drawn_only_as_there_is_room_for_them() -> None:
    drawn, heard = itertools.count(), 0

    def frames() -> Iterator[Frame]:
        for number in range(200):
            assert next(drawn) - heard <= 64
            yield Frame(bytes([number % 3]), 1 + number % 3, 1.0)

    def take(answer: bytes) -> None:
        nonlocal heard
        assert answer == b"\x06" + bytes([heard % 3]) * (heard % 3)
        heard += 1

    with linked(binary, is_text=False) as link:
        link.resync([SYNC], SYNC, 0.5)
        link.flow_frames(frames(), WINDOW, take)
    assert heard == 200


@pytest.mark.parametrize("who", ["taker", "frames"])
def test_whoever_stops_a_flow_of_frames_leaves_a_sound_link(who: str) -> None:
    heard: list[bytes] = []

    def frames() -> Iterator[Frame]:
        for number in itertools.count():
            if who == "frames" and number == 150:
                raise Stopped
            yield Frame(b"\x07" * 7, 56, 1.0)

    def take(answer: bytes) -> None:
        heard.append(answer)
        if who == "taker" and len(heard) == 100:
            raise Stopped

    with linked(lambda data: binary(data) if data == b"\x02" else [(0.0, b"\x06" * 8 * len(data))], False) as link:
        link.resync([SYNC], SYNC, 0.5)
        with pytest.raises(Stopped):
            link.flow_frames(frames(), WINDOW, take)
        assert link.state is LinkState.OPEN
        assert link.exchange_frames([Frame(b"\x07", 8, 0.5)], WINDOW) == [b"\x06" * 8]
    assert 100 <= len(heard) <= 150

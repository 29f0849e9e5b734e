"""The reader of NMEA 0183 by sentences of the standard's public documentation, and what a line may do to them."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from station.config.address import SerialAddress
from station.drivers.nmea0183 import Nmea0183, NotNmea, has_fix, parse
from station.link.clock import SystemClock
from station.link.opening import open_link
from station.model.errors import DutError, LinkRefused

CLOCK = SystemClock()
FIX = b"$GPRMC,083559.00,A,4717.11437,N,00833.91522,E,0.004,77.52,091202,,,A*57\r\n"
GGA = b"$GPGGA,092725.00,4717.11399,N,00833.91590,E,1,08,1.01,499.6,M,48.0,M,,*5B\r\n"
SKY = (
    b"$GPGSV,3,1,10,23,38,230,44,29,71,156,47,07,29,116,41,08,09,081,36*7F\r\n"
    b"$GPGSV,3,2,10,10,07,189,,05,05,220,,09,34,274,42,18,25,309,44*72\r\n"
    b"$GPGSV,3,3,10,26,82,187,47,28,43,056,46*77\r\n"
)
"""FIX, GGA and SKY: u-blox 8 / M8 Receiver Description UBX-13003221."""

EVERY_S = 0.05


def framed(body: str) -> bytes:
    checksum = 0
    for character in body:
        checksum ^= ord(character)
    return f"${body}*{checksum:02X}\r\n".encode()


NO_FIX = framed("GNRMC,083558.00,V,,,,,,,091202,,,N")
BLIND = framed("GPGSV,1,1,02,23,38,230,,29,71,156,")


@contextmanager
def receiver(*spoken: bytes, before: bytes = b"", once: tuple[bytes, ...] = ()) -> Iterator[Nmea0183]:
    """A receiver that has said ``before``, says ``once`` after the question, then ``spoken`` over and over."""
    master, slave = os.openpty()
    tty.setraw(slave)
    link = open_link("gnss", SerialAddress(os.ttyname(slave), 115200), CLOCK, 1.0)
    is_over = threading.Event()

    def speak() -> None:
        pieces = list(once)
        while not is_over.wait(EVERY_S):
            os.write(master, pieces.pop(0) if pieces else b"".join(spoken))

    speaker = threading.Thread(target=speak, daemon=True)
    os.write(master, before)
    speaker.start()
    played = Nmea0183(link, CLOCK, 1.0)
    played.begin()
    played.prepare()
    try:
        yield played
    finally:
        is_over.set()
        speaker.join(5)
        link.close()
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("line", [FIX, GGA, *SKY.splitlines(keepends=True)])
def test_published_sentences_are_read_with_their_checksums(line: bytes) -> None:
    sentence = parse(line.rstrip())
    assert sentence.talker == "GP"
    assert f"{sentence.talker}{sentence.kind}," + ",".join(sentence.fields) == line[1:].split(b"*")[0].decode()


@pytest.mark.parametrize(
    "line",
    [b"", b"$GPRMC", FIX[:-4] + b"58", FIX.strip()[:-1], FIX.strip().replace(b"4717", b"4718"), b"!" + FIX.strip()[1:],
     FIX.strip() + b"0", b"$gprmc,A*30", b"\xff" * 20],
)  # fmt: skip
def test_what_is_no_sentence_or_has_another_checksum_is_refused(line: bytes) -> None:
    with pytest.raises(NotNmea):
        parse(line)


@pytest.mark.parametrize(
    ("body", "is_so"),
    [
        ("GNRMC,083558.00,A,4717.1,N,00833.9,E,0.0,,091202,,,A", True),
        ("GNRMC,083558.00,A,4717.1,N,00833.9,E,0.0,,091202,,,D,V", True),
        ("GPRMC,083558.00,A,4717.1,N,00833.9,E,0.0,,091202,,", True),
        ("GNRMC,083558.00,V,,,,,,,091202,,,N", False),
        ("GNRMC,083558.00,A,4717.1,N,00833.9,E,0.0,,091202,,,E", False),
        ("GNRMC,,V,,,,,,,,,,N", False),
        ("GNRMC,A,A", False),
        ("GPGGA,092725.00,4717.1,N,00833.9,E,1,08,1.01,499.6,M,48.0,M,,", False),
    ],
)
def test_a_fix_is_an_rmc_with_status_a_from_satellites(body: str, is_so: bool) -> None:
    assert has_fix(parse(framed(body).strip())) is is_so


def test_the_time_to_a_fix_ends_with_the_sentence_that_reports_it() -> None:
    with receiver(FIX, GGA, once=(NO_FIX, NO_FIX, NO_FIX)) as gnss:
        found = gnss.wait_fix(5.0)
    assert (found.unit, found.instrument, found.raw) == ("s", "gnss", FIX.strip().decode())
    assert found.value >= 2 * EVERY_S


def test_a_fix_that_was_reported_before_the_question_is_not_heard() -> None:
    with receiver(NO_FIX, before=FIX) as gnss, pytest.raises(DutError, match=r"gnss: no fix within 0\.2 s"):
        gnss.wait_fix(0.2)


def test_a_new_fix_is_one_that_comes_after_none() -> None:
    with receiver(FIX, GGA, once=(FIX, FIX, NO_FIX, NO_FIX)) as gnss:
        found = gnss.wait_new_fix(5.0, 5.0)
    assert (found.unit, found.raw) == ("s", FIX.strip().decode())
    assert found.value >= 4 * EVERY_S


@pytest.mark.parametrize("before", [b"", NO_FIX])
def test_a_receiver_that_keeps_its_fix_has_no_new_one(before: bytes) -> None:
    kept = pytest.raises(DutError, match=r"gnss: still has its fix 0\.3 s after it was told to forget it")
    with receiver(FIX, GGA, before=before) as gnss, kept:
        gnss.wait_new_fix(0.3, 5.0)


def test_a_receiver_that_falls_silent_or_finds_nothing_has_no_new_fix() -> None:
    with receiver(b"") as gnss, pytest.raises(DutError, match=r"gnss: says nothing of a fix for 0\.2 s"):
        gnss.wait_new_fix(0.2, 5.0)
    with receiver(NO_FIX) as gnss, pytest.raises(DutError, match=r"gnss: no fix within 0\.4 s"):
        gnss.wait_new_fix(0.2, 0.4)


def test_a_receiver_that_says_nothing_has_no_fix_and_no_satellites() -> None:
    with receiver(b"") as gnss:
        with pytest.raises(DutError, match="gnss: no fix"):
            gnss.wait_fix(0.1)
        with pytest.raises(DutError, match="gnss: no whole GSV cycle"):
            gnss.read_cn0_dbhz(4)


@pytest.mark.parametrize(("satellites", "mean"), [(1, 47.0), (4, 46.0), (8, 43.375)])
def test_the_strongest_satellites_of_a_whole_cycle_are_averaged(satellites: int, mean: float) -> None:
    with receiver(FIX, GGA, SKY) as gnss:
        found = gnss.read_cn0_dbhz(satellites)
    assert (found.value, found.unit) == (mean, "dBHz")
    assert found.raw.split() == ["47", "47", "46", "44", "44", "42", "41", "36"][:satellites]


def test_satellites_that_are_not_tracked_do_not_count() -> None:
    with receiver(SKY, GGA) as gnss, pytest.raises(DutError, match="gnss: tracks 8 satellites, 9 are wanted"):
        gnss.read_cn0_dbhz(9)


def test_a_receiver_in_a_cage_tracks_none() -> None:
    with receiver(BLIND, GGA) as gnss, pytest.raises(DutError, match="tracks 0 satellites, 1 are wanted"):
        gnss.read_cn0_dbhz(1)


def test_the_satellites_of_several_systems_and_signals_count_once_each() -> None:
    two_systems = framed("GPGSV,1,1,01,23,38,230,44,1") + framed("GPGSV,1,1,01,23,38,230,41,6")
    with receiver(two_systems + framed("GLGSV,1,1,01,23,38,230,40,1"), GGA) as gnss:
        assert gnss.read_cn0_dbhz(2).raw == "44 40"


def test_a_cycle_that_has_begun_is_not_taken() -> None:
    tail = SKY.split(b"\r\n", 1)[1]
    with receiver(SKY, GGA, once=(tail + GGA,)) as gnss:
        assert gnss.read_cn0_dbhz(8).value == 43.375


def test_a_cycle_at_the_end_of_what_is_said_is_ended_by_silence() -> None:
    with receiver(b"", once=(b"", b"", SKY)) as gnss:
        assert gnss.read_cn0_dbhz(1).value == 47.0


@pytest.mark.parametrize(
    ("sky", "problem"),
    [
        (SKY.replace(SKY.splitlines(keepends=True)[1], b""), "sentence 3 of 3 of a GSV cycle out of turn"),
        (SKY[: SKY.index(b"$GPGSV,3,3")], "a GSV cycle breaks off"),
        (framed("GPGSV,1,1,02,23,38,230,44"), "2 satellites in view, but 1 in sentence 1"),
        (framed("GPGSV,1,1,01,23,38,230,4x"), "'4x' in a GSV sentence is no number"),
        (framed("GPGSV,1,1"), "is no|not enough"),
        (SKY.replace(b",44,29", b",94,29"), "has the checksum"),
    ],
)
def test_a_cycle_that_is_not_as_it_was_sent_is_an_error_of_the_line(sky: bytes, problem: str) -> None:
    with receiver(sky, GGA) as gnss, pytest.raises(LinkRefused, match=f"gnss: .*({problem})"):
        gnss.read_cn0_dbhz(1)


def test_noise_on_the_line_is_never_a_fix() -> None:
    with receiver(b"$GP\x80\x9f,A*00\r\n", FIX) as gnss, pytest.raises(LinkRefused, match=r"gnss: .*is no sentence"):
        gnss.wait_fix(2.0)


def test_what_is_left_of_a_sentence_that_had_begun_is_dropped() -> None:
    with receiver(FIX, before=b"$GPRMC,0835", once=(b"", b"59.00,V*57\r\n")) as gnss:
        assert gnss.wait_fix(5.0).raw == FIX.strip().decode()

"""What passes over a link is noted, and the note stands in for the instrument afterwards."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from station.config.address import ReplayAddress
from station.drivers.scpi import ScpiInstrument
from station.link.clock import SystemClock
from station.link.link import Challenge, Link, LinkState
from station.link.opening import link_to
from station.model.errors import LinkLost, LinkRefused, LinkTimeout
from tests.station.link.peer import scripted_peer

CLOCK = SystemClock()


def answer(message: bytes) -> list[tuple[float, bytes]]:
    return [(0.0, message.removeprefix(b"ECHO ") + b"\r\n")]


def echo(number: int) -> Challenge:
    return Challenge((b"ECHO %d\n" % number,), re.compile(rb"(?m:^)%d\r?\n" % number))


def synchronise(link: Link) -> None:
    link.open(1.0)
    link.resync([echo(41)], echo(73), 0.5)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A link that was asked for 7 and 8."""
    file = tmp_path / "psu.jsonl"
    with scripted_peer(answer) as peer:
        link = link_to("psu", peer.address, CLOCK, file)
        synchronise(link)
        assert [link.query_line(b"ECHO %d\n" % number, 0.5) for number in (7, 8)] == ["7", "8"]
        link.close()
    return file


def replayed(file: Path) -> Link:
    link = link_to("psu", ReplayAddress(str(file)), CLOCK)
    synchronise(link)
    return link


def test_every_byte_is_noted_with_link_direction_and_time(recording: Path) -> None:
    rows = [json.loads(line) for line in recording.read_text().splitlines()]
    assert {row["link"] for row in rows} == {"psu"}
    assert [row["ns"] for row in rows] == sorted(row["ns"] for row in rows)
    assert (rows[0]["what"], rows[-1]["what"]) == ("open", "close")
    sent = "".join(row["data"] for row in rows if row["what"] == ">")
    received = "".join(row["data"] for row in rows if row["what"] == "<")
    assert sent == "ECHO 41\nECHO 73\nECHO 7\nECHO 8\n"
    assert received == "41\r\n73\r\n7\r\n8\r\n"


def test_a_recording_answers_as_the_instrument_did(recording: Path) -> None:
    link = replayed(recording)
    assert [link.query_line(b"ECHO %d\n" % number, 0.5) for number in (7, 8)] == ["7", "8"]
    link.close()


@pytest.mark.parametrize("message", [b"ECHO 8\n", b"ECHO 7\r\n", b"ECHO 7 \n"])
def test_another_order_or_terminator_is_lost_for_good(recording: Path, message: bytes) -> None:
    link = replayed(recording)
    with pytest.raises(LinkLost, match=r"psu.jsonl:\d+: .* is sent where the recording has > "):
        link.query_line(message, 0.5)
    assert link.state is LinkState.SUSPECT
    with pytest.raises(LinkRefused):
        link.resync([echo(41)], echo(73), 0.5)
    link.close()


def test_what_goes_on_after_the_recording_is_lost(recording: Path) -> None:
    link = replayed(recording)
    assert [link.query_line(b"ECHO %d\n" % number, 0.5) for number in (7, 8)] == ["7", "8"]
    with pytest.raises(LinkLost, match="after the end of the recording"):
        link.query_line(b"ECHO 9\n", 0.5)
    link.close()


def test_closing_before_the_end_is_refused(recording: Path) -> None:
    link = replayed(recording)
    assert link.query_line(b"ECHO 7\n", 0.5) == "7"
    with pytest.raises(LinkRefused, match=r"psu.jsonl:\d+: left over: > b'ECHO 8"):
        link.close()
    link.close()
    assert link.state is LinkState.CLOSED


def test_a_silence_is_silent_again(tmp_path: Path) -> None:
    file = tmp_path / "psu.jsonl"
    with scripted_peer(lambda message: [] if message == b"QUIET?" else answer(message)) as peer:
        link = link_to("psu", peer.address, CLOCK, file)
        synchronise(link)
        with pytest.raises(LinkTimeout):
            link.query_line(b"QUIET?\n", 0.05)
        link.resync([echo(5)], echo(6), 0.5)
        link.close()
    link = replayed(file)
    with pytest.raises(LinkTimeout):
        link.query_line(b"QUIET?\n", 0.05)
    link.resync([echo(5)], echo(6), 0.5)
    link.close()


def test_a_driver_plays_against_a_recording_of_itself(tmp_path: Path) -> None:
    file, held = tmp_path / "dmm.jsonl", {"ese": b"0"}

    def scpi(message: bytes) -> list[tuple[float, bytes]]:
        if message.startswith(b"*ESE "):
            held["ese"] = message[5:]
            return []
        answers = {b"*ESE?": held["ese"], b"SYST:ERR?": b'0,"No error"', b"*IDN?": b"MAKER,MODEL,1,2"}
        return [(0.0, answers[message] + b"\n")]

    with scripted_peer(scpi) as peer:
        link = link_to("dmm", peer.address, CLOCK, file)
        link.open(1.0)
        first = ScpiInstrument(link, CLOCK, 0.5).begin()
        link.close()
    link = link_to("dmm", ReplayAddress(str(file)), CLOCK)
    link.open(1.0)
    assert ScpiInstrument(link, CLOCK, 0.5).begin() == first
    link.close()


@pytest.mark.parametrize(
    ("text", "problem"),
    [("{}\n", "x.jsonl:1: is no line of a recording"), ("", "has nothing of psu"), (None, "No such file")],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, text: str | None, problem: str) -> None:
    file = tmp_path / "x.jsonl"
    if text is not None:
        file.write_text(text)
    with pytest.raises(LinkRefused, match=f"psu: cannot be opened: .*{re.escape(problem)}"):
        link_to("psu", ReplayAddress(str(file)), CLOCK).open(1.0)

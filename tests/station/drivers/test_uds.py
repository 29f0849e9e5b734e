"""Diagnostics by its exchange, as ISO 14229-1 and docs/fj-head-units.md have it, and what is no answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from station.drivers.uds import UdsTester
from station.link.link import LinkState
from station.model.errors import DutError, LinkRefused
from tests.station.drivers.ecu_channel import EcuChannel, PatientClock, link_to

Frames = list[str]
Answers = dict[str, Frames]
"""The frames for each request of one frame, and after ``30`` (flow control) those of the message under way."""

PRESENT: Answers = {"3E00": ["7E00"], "3E01": ["7F3E12"]}
VIN = "LFJ0N7KX726110001"
VIN_FRAMES: Answers = {
    "22F190": ["=1014 62F190 4C464A"],
    "30": ["=21 304E374B583732", "=22 36313130303031"],
}


class Unit:
    """Answers by a table; ``asked`` are the requests in order."""

    def __init__(self, answers: Answers) -> None:
        self.answers = {**PRESENT, **answers}
        self.asked: list[str] = []
        self.clock = PatientClock()
        self.channel = EcuChannel(self._hear, self.clock)
        self.link = link_to(self.channel, self.clock)
        self.tester = UdsTester(self.link, self.clock)

    def _hear(self, frame: bytes) -> list[bytes]:
        request = "30" if frame[0] == 0x30 else frame[1 : 1 + frame[0]].hex().upper()
        self.asked.append(request)
        return [as_frame(text) for text in self.answers.get(request, [])]


def as_frame(text: str) -> bytes:
    """A single frame with this message; what begins with ``=`` is a frame as it is."""
    data = bytes.fromhex(text.removeprefix("="))
    return (data if text.startswith("=") else bytes((len(data),)) + data).ljust(8, b"\xcc")


SETTLED = ["3E00", "3E01"]


def test_a_text_is_read_and_proved() -> None:
    unit = Unit({"22F189": ["62F189322E312E"], "22F195": ["62F195 61 20 00"]})
    reading = unit.tester.read(0xF189)
    assert (reading.value, reading.instrument) == ("2.1.", "diagnostics")
    assert unit.asked == [*SETTLED, "22F189", "3E00"]
    assert unit.tester.read(0xF195).value == "a"
    assert unit.asked[4:] == ["22F195", "3E00"]
    assert unit.link.state is LinkState.OPEN


def test_requests_are_padded_and_a_long_answer_is_let_come() -> None:
    unit = Unit(VIN_FRAMES)
    assert unit.tester.read(0xF190).value == VIN
    assert unit.channel.sent[2:4] == [
        bytes.fromhex("0322F190CCCCCCCC"),
        bytes.fromhex("300000CCCCCCCCCC"),
    ]


def test_a_session_is_entered() -> None:
    unit = Unit({"1003": ["500300320032"]})
    unit.tester.enter_session(3)
    assert "1003" in unit.asked


def test_confirmed_codes_are_given_in_order_and_others_left_out() -> None:
    unit = Unit({"190208": ["=100F 5902 09 9B0116"], "30": ["=21 09 9A2213 08 9A40", "=22 98 01"]})
    assert unit.tester.read_confirmed_codes() == ("9A2213", "9B0116")
    unit.answers["190208"] = ["590209"]
    assert unit.tester.read_confirmed_codes() == ()


def test_clearing_waits_for_a_response_that_is_pending() -> None:
    unit = Unit({"14FFFFFF": ["7F1478", "7F1478", "54"]})
    unit.tester.clear_codes()
    unit.answers["14FFFFFF"] = ["7F1478"]
    with pytest.raises(DutError, match="does not answer ClearDiagnosticInformation FFFFFF in time"):
        unit.tester.clear_codes()


def test_a_routine_is_started_and_its_result_awaited() -> None:
    unit = Unit({"3101FF00": ["7101FF00"]})
    results = iter(["7103FF0001", "7103FF0001", "7103FF0000"])
    asked = unit.channel._hear
    unit.channel._hear = lambda frame: [as_frame(next(results))] if frame.hex().startswith("043103") else asked(frame)
    assert unit.tester.run_routine(0xFF00, 2.0).value == "00"
    assert unit.clock.seconds == pytest.approx(0.04)


def test_a_routine_that_does_not_end_is_the_units_fault() -> None:
    unit = Unit({"3101FF00": ["7101FF00"], "3103FF00": ["7103FF0001"]})
    with pytest.raises(DutError, match=r"routine FF00 is still under way after 0\.5 s"):
        unit.tester.run_routine(0xFF00, 0.5)
    assert unit.clock.seconds < 0.7


@pytest.mark.parametrize(
    ("ask", "request_", "answer", "said"),
    [
        (lambda t: t.read(0xF1AA), "22F1AA", "7F2231", r"ReadDataByIdentifier F1AA: request out of range \(0x31\)"),
        (lambda t: t.enter_session(2), "1002", "7F1012", r"Control 02: sub function not supported \(0x12\)"),
        (lambda t: t.clear_codes(), "14FFFFFF", "7F1422", r"FFFFFF: conditions not correct \(0x22\)"),
        (lambda t: t.read_confirmed_codes(), "190208", "7F1911", r"02: service not supported \(0x11\)"),
        (
            lambda t: t.run_routine(0xFF00, 1.0),
            "3101FF00",
            "7F317F",
            r"RoutineControl 01 FF00: service not supported in active session \(0x7F\)",
        ),
        (lambda t: t.read(0xF187), "22F187", "7F22F1", r"F187: .*\(0xF1\)"),
    ],
)
def test_a_refusal_is_the_units_fault_with_service_and_reason(
    ask: Callable[[UdsTester], object], request_: str, answer: str, said: str
) -> None:
    unit = Unit({request_: [answer]})
    with pytest.raises(DutError, match=f"the unit refuses .*{said}"):
        ask(unit.tester)
    assert unit.link.state is LinkState.OPEN


def test_a_silent_unit_is_the_units_fault_and_takes_p2() -> None:
    unit = Unit({"3E00": []})
    with pytest.raises(DutError, match="the unit does not answer ReadDataByIdentifier F187 in time"):
        unit.tester.read(0xF187)
    assert 0.2 < unit.clock.seconds < 0.8
    assert unit.link.state is LinkState.SUSPECT


def test_after_a_silence_the_late_answer_goes_by_before_anything_is_asked() -> None:
    unit = Unit({"22F187": []})
    with pytest.raises(DutError):
        unit.tester.read(0xF187)
    assert unit.link.state is LinkState.SUSPECT
    unit.answers |= {"3E00": ["62F187 4F4C44", "7E00"], "22F187": ["62F187 4E4557"]}
    unit.answers["3E01"] = ["7F3E12"]
    hear = unit.channel._hear

    def once(frame: bytes) -> list[bytes]:
        frames = hear(frame)
        unit.answers["3E00"] = ["7E00"]
        return frames

    unit.channel._hear = once
    assert unit.tester.read(0xF187).value == "NEW"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"22F187": ["62F189 31"]}, "62 f1 89 31 is no answer to ReadDataByIdentifier F187"),
        ({"22F187": ["5001"]}, "50 01 is no answer"),
        ({"22F187": ["7F3E31"]}, "7f 3e 31 is no answer"),
        ({"22F187": ["7F"]}, "7f is no answer"),
        ({"22F187": ["62F1"]}, "62 f1 is no answer"),
        ({"22F187": ["62F187 31", "62F187 31"]}, "out of step after .*: 62 f1 87 31 instead of 7e 00"),
        ({"22F187": ["62F187 31", "=21 CC"]}, "out of step after .*: Received a ConsecutiveFrame while"),
        ({"22F187": ["62F187 31", "=1014 62F187 31"]}, "out of step after .*: (a message is only half|Reception of)"),
        ({"22F187": ["=1014 62F187 31", "62F187 31"]}, "out of step after .*: Reception of IsoTP frame interrupted"),
        ({"3E01": ["7E00"]}, "out of step after a silence: 7e 00 instead of 7f 3e 12"),
    ],
)
def test_what_is_no_answer_or_not_alone_is_never_a_value(answers: Answers, said: str) -> None:
    unit = Unit(answers)
    with pytest.raises(LinkRefused, match=f"^diagnostics: .*({said})"):
        unit.tester.read(0xF187)
    assert unit.link.state is LinkState.SUSPECT


@pytest.mark.parametrize(
    "pieces",
    [
        ["=21 304E374B583732"],  # the last one is lost
        ["=22 36313130303031"],  # the first one is lost
        ["=21 304E374B583732", "=21 304E374B583732", "=22 36313130303031"],  # one came twice
        ["=22 36313130303031", "=21 304E374B583732"],
    ],
)
def test_a_message_with_pieces_missing_or_out_of_order_is_never_a_value(pieces: Frames) -> None:
    unit = Unit({**VIN_FRAMES, "30": pieces})
    with pytest.raises((DutError, LinkRefused)):
        unit.tester.read(0xF190)
    assert unit.link.state is LinkState.SUSPECT
    unit.answers["30"] = VIN_FRAMES["30"]
    assert unit.tester.read(0xF190).value == VIN


def test_what_is_no_text_is_the_units_fault() -> None:
    unit = Unit({"22F187": ["62F187 31 07"]})
    with pytest.raises(DutError, match="the unit answers 31 07 to ReadDataByIdentifier F187: no text"):
        unit.tester.read(0xF187)


def test_an_empty_text_is_a_text() -> None:
    assert Unit({"22F187": ["62F187 20 00"]}).tester.read(0xF187).value == ""

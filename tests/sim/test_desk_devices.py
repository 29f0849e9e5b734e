"""Scanner, scale and label printers of the bench in a box do what their manuals say."""

from __future__ import annotations

import pytest

from fixtures.sim.device import Reply, Session, SimClock
from fixtures.sim.handling import handle
from fixtures.sim.line_scanner import LineScanner
from fixtures.sim.mt_sics import Scale
from fixtures.sim.tspl_printer import TsplPrinter
from fixtures.sim.zpl_printer import ZplPrinter
from tests.sim.bench_wiring import dice

LABEL = b"^XA^FO10,10^FDFJN726110001^FS^XZ"
TSPL_LABEL = b'CLS\r\nTEXT 10,10,"3",0,1,1,"FJN726110001"\r\nPRINT 1,1\r\n'


class SteppedClock(SimClock):
    """A clock that a test moves."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds


def said(session: Session, data: bytes) -> bytes:
    return b"".join(reply.data for reply in session.receive(data))


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(1.0)


@pytest.fixture
def scale(clock: SteppedClock) -> Scale:
    return Scale(clock, dice(), "B847012345")


@pytest.mark.parametrize(("ending", "sent"), [("cr", b"X1\r"), ("lf", b"X1\n"), ("crlf", b"X1\r\n")])
def test_a_scanner_sends_each_code_to_who_listens_and_nothing_else(ending: str, sent: bytes) -> None:
    scanner, heard = LineScanner(ending), list[bytes]()
    session = scanner.connect()
    scanner.scan("lost")
    session.begin(lambda replies: heard.extend(reply.data for reply in replies))
    scanner.scan("X1")
    scanner.scan("X2", "none")
    assert (heard, session.receive(b"hello\r")) == ([sent, b"X2"], [])
    session.close()
    scanner.scan("X3")
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"@\r\n", b'I4 A "B847012345"\r\n'),
        (b"I4\r\n", b'I4 A "B847012345"\r\n'),
        (b"I2\r\n", b'I2 A "ML6002T 6200.00 g"\r\n'),
        (b"I3\r\n", b'I3 A "1.10 12.34.567.890"\r\n'),
        (b"X\r\n", b"ES\r\n"),
    ],
)
def test_a_scale_answers_as_level_0_does(scale: Scale, command: bytes, answer: bytes) -> None:
    assert said(scale.connect(), command) == answer


def test_a_load_swings_in_and_comes_to_rest(scale: Scale, clock: SteppedClock) -> None:
    session = scale.connect()
    assert said(session, b"SI\r\n") == b"S S       0.00 g\r\n"
    scale.weigh(1834.5)
    moving = said(session, b"SI\r\n")
    assert moving.startswith(b"S D") and float(moving[4:14]) < 1.0
    clock.seconds = 0.25
    assert float(said(session, b"SI\r\n")[4:14]) == pytest.approx(1834.5 * 0.632, rel=0.01)
    clock.seconds = 6.0
    rested = [said(session, b"SI\r\n") for _ in range(30)]
    assert all(answer.startswith(b"S S    18") and len(answer) == 18 for answer in rested)
    assert all(float(answer[4:14]) == pytest.approx(1834.5, abs=0.035) for answer in rested)
    assert len(set(rested)) > 1


def test_a_scale_keeps_a_stable_weight_back_until_it_is_at_rest(scale: Scale) -> None:
    scale.weigh(500.0)
    (reply,) = scale.connect().receive(b"S\r\n")
    assert reply.data.startswith(b"S S") and reply.delay_s == pytest.approx(2.55, abs=0.1)


@pytest.mark.parametrize(("grams", "answer"), [(6201.0, b"S +\r\n"), (-5.0, b"S -\r\n")])
def test_over_and_under_its_range_a_scale_says_so(
    scale: Scale, clock: SteppedClock, grams: float, answer: bytes
) -> None:
    scale.weigh(grams)
    clock.seconds = 10.0
    assert said(scale.connect(), b"SI\r\n") == answer


def test_a_busy_scale_cannot_weigh_and_a_zeroed_one_starts_from_there(scale: Scale, clock: SteppedClock) -> None:
    session = scale.connect()
    scale.weigh(120.0, busy_s=2.0)
    assert said(session, b"SI\r\n") == b"S I\r\n"
    clock.seconds = 20.0
    assert said(session, b"Z\r\n") == b"Z A\r\n"
    assert abs(float(said(session, b"SI\r\n")[4:14])) < 0.04


def test_a_zpl_printer_prints_one_after_the_other_and_counts(clock: SteppedClock) -> None:
    printer = ZplPrinter(clock)
    session = printer.connect()
    assert said(session, b"~HI\r\n").startswith(b"\x02ZTC ZD421")
    assert said(session, LABEL + b"\r\n" + LABEL.replace(b"^XZ", b"^PQ2^XZ")) == b""
    assert said(session, b"~HS\r\n").count(b"\x02") == 3
    assert b",00000003,1,000\x03" in said(session, b"~HS")
    clock.seconds = 0.9
    assert (len(printer.queue.printed), printer.queue.waiting()) == (1, 2)
    clock.seconds = 5.0
    assert (len(printer.queue.printed), printer.queue.waiting()) == (3, 0)
    assert printer.queue.printed[0] == LABEL


def test_a_format_in_pieces_is_partial_until_its_end_and_status_comes_between(clock: SteppedClock) -> None:
    printer = ZplPrinter(clock)
    session = printer.connect()
    assert said(session, LABEL[:12]) == b""
    assert said(session, b"~HS").split(b",")[7] == b"1"
    said(session, LABEL[12:])
    clock.seconds = 2.0
    assert printer.queue.printed == [LABEL]


def test_a_stopped_zpl_printer_says_why_and_cancels(clock: SteppedClock) -> None:
    printer = ZplPrinter(clock)
    session = printer.connect()
    handle({"p": printer}, {"op": "printer", "device": "p", "head_open": True, "ribbon_out": True, "paused": True})
    said(session, LABEL)
    first, second, _ = said(session, b"~HS").split(b"\r\n")[:3]
    assert first.split(b",")[1:3] == [b"0", b"1"] and second.split(b",")[2:4] == [b"1", b"1"]
    clock.seconds = 5.0
    assert printer.queue.waiting() == 1
    said(session, b"~JA")
    assert (printer.queue.waiting(), printer.queue.printed) == (0, [])


def test_the_end_of_the_roll_is_found_when_it_feeds(clock: SteppedClock) -> None:
    printer = ZplPrinter(clock)
    handle({"p": printer}, {"op": "printer", "device": "p", "stock": 1})
    said(printer.connect(), LABEL + LABEL)
    clock.seconds = 5.0
    assert (len(printer.queue.printed), printer.queue.waiting(), printer.queue.flags.is_paper_out) == (1, 1, True)
    assert handle({"p": printer}, {"op": "printer", "device": "p", "stock": None})["waiting"] == 1
    clock.seconds = 10.0
    assert len(printer.queue.printed) == 2


def test_a_tspl_printer_tells_its_state_at_once_and_answers_in_turn_when_it_is_ready(clock: SteppedClock) -> None:
    printer, heard = TsplPrinter(clock), list[Reply]()
    session = printer.connect()
    session.begin(heard.extend)
    assert said(session, b"\x1b!?\x1b!S") == b"\x00\x02@@@@\x03\r\n"
    said(session, TSPL_LABEL + b"~!A\r\n")
    assert said(session, b"\x1b!?") == b"\x20"
    assert (heard[0].data, heard[0].delay_s) == (b"4194304\r", pytest.approx(0.81, abs=0.01))
    clock.seconds = 1.0
    assert (said(session, b"\x1b!?"), list(printer.queue.printed)) == (b"\x00", [TSPL_LABEL])


def test_a_stopped_tspl_printer_owes_its_answer_until_it_is_ready(clock: SteppedClock) -> None:
    printer, heard = TsplPrinter(clock), list[Reply]()
    session = printer.connect()
    session.begin(heard.extend)
    handle({"p": printer}, {"op": "printer", "device": "p", "paper_out": True})
    said(session, TSPL_LABEL + b"~!A\r\n")
    assert (said(session, b"\x1b!?"), heard) == (b"\x04", [])
    assert said(session, b"\x1b!S") == b"\x02E@@A\x03\r\n"
    said(session, b"\x1b!.\r\n")
    handle({"p": printer}, {"op": "printer", "device": "p", "paper_out": False})
    assert len(heard) == 1 and list(printer.queue.printed) == []


def test_bytes_of_a_bitmap_are_no_commands(clock: SteppedClock) -> None:
    printer = TsplPrinter(clock)
    session = printer.connect()
    label = b"CLS\r\nBITMAP 0,0,4,2,0,\x1b!?\n\x1b!.\n\r\nPRINT 1\r\n"
    assert b"".join(said(session, label[at : at + 3]) for at in range(0, len(label), 3)) == b""
    clock.seconds = 1.0
    assert printer.queue.printed == [label]


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"op": "scan", "device": "p", "code": "X"}, "there is no device 'p' that can be told to scan"),
        ({"op": "scan", "device": "s", "code": ""}, "say code, and ending as one of cr, lf, crlf, none"),
        ({"op": "scan", "device": "s", "code": "X", "ending": "ff"}, "say code, and ending"),
        ({"op": "weigh", "device": "w", "grams": "much"}, "grams must be a number"),
        ({"op": "printer", "device": "p", "head_open": 1}, "head_open must be true or false"),
        ({"op": "printer", "device": "p", "stock": -1}, "stock must be a whole number or null"),
        ({"op": "printer", "device": ["p"]}, "there is no device"),
    ],
)
def test_what_cannot_be_done_at_the_desk_says_why(request_: dict[str, object], problem: str) -> None:
    clock = SimClock(0.0)
    devices = {"p": ZplPrinter(clock), "s": LineScanner("cr"), "w": Scale(clock, dice(), "1")}
    with pytest.raises(ValueError, match=problem):
        handle(devices, request_)

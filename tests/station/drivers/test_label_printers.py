"""The label printers by their exchanges: ready before, ready after, and nothing left to come out later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from station.drivers.tspl_printer import TsplPrinter
from station.drivers.zpl_printer import ZplPrinter
from station.link.link import Link, LinkState
from station.link.opening import open_link
from station.model.errors import InstrumentError, LinkRefused, LinkTimeout, PlanError
from station.model.roles import PrinterState
from tests.station.drivers.transcript import CLOCK
from tests.station.link.peer import scripted_peer

Exchange = tuple[bytes, bytes]
IDENTITY = b"\x02ZTC ZD421-203dpi ZPL,V93.21.23Z,8,8192KB\x03\r\n"
ZPL_LABEL = b"^XA^FO50,50^ADN,36,20^FDFJN726110001^FS^XZ"
TSPL_LABEL = b'SIZE 60 mm,30 mm\r\nCLS\r\nTEXT 10,10,"3",0,1,1,"FJN726110001"\r\nPRINT 1,1\r\n'


def status(**flags: int) -> bytes:
    """An answer to ~HS with flags of the manual's letters."""
    f = {"b": 0, "c": 0, "eee": 0, "h": 0, "j": 0, "k": 0, "l": 0, "o": 0, "p": 0, "t": 0, "u": 0} | flags
    return (
        f"\x02030,{f['b']},{f['c']},0639,{f['eee']:03},0,0,{f['h']},000,{f['j']},{f['k']},{f['l']}\x03\r\n"
        f"\x02000,0,{f['o']},{f['p']},0,2,4,{f['t']},{f['u']:08},1,000\x03\r\n\x021234,0\x03\r\n"
    ).encode()


READY = status()
ZPL_IN_STEP: list[Exchange] = [(b"~HI\r\n", IDENTITY), (b"~HS\r\n", READY)]
FRAME: Exchange = (b"\x1b!S\r\n", b"\x02@@@@\x03\r\n")
TSPL_IN_STEP: list[Exchange] = [FRAME, (b"\x1b!?\r\n", b"\x00")]


def said(byte: int) -> list[Exchange]:
    """The state byte, twice the same, and between them its proof."""
    asked = (b"\x1b!?\r\n", bytes([byte]))
    return [asked, FRAME, asked]


@contextmanager
def playing(exchanges: list[Exchange]) -> Iterator[Link]:
    """Answer exactly ``exchanges``, in order."""
    left = list(exchanges)
    wrong: list[bytes] = []

    def reply(message: bytes) -> list[tuple[float, bytes]]:
        """What arrives may be more than one message."""
        answers = []
        while message:
            expected, answer = left.pop(0) if left else (b"nothing", b"")
            if not message.startswith(expected):
                wrong.append(message)
                break
            message = message[len(expected) :]
            answers += [(0.0, answer)] if answer else []
        return answers

    with scripted_peer(reply, is_text=False) as peer:
        link = open_link("printer", peer.address, CLOCK, 1.0)
        try:
            yield link
        finally:
            link.close()
    assert wrong == [], left
    assert left == []


def zpl(link: Link, timeout_s: float = 1.0) -> ZplPrinter:
    return ZplPrinter(link, CLOCK, timeout_s)


def tspl(link: Link, timeout_s: float = 1.0) -> TsplPrinter:
    return TsplPrinter(link, CLOCK, timeout_s)


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        ({}, ""),
        ({"b": 1}, "out of labels"),
        ({"c": 1}, "paused"),
        ({"o": 1}, "print head open"),
        ({"p": 1}, "out of ribbon"),
        ({"l": 1}, "too hot"),
        ({"b": 1, "c": 1, "o": 1}, "out of labels, print head open, paused"),
    ],
)
def test_a_zpl_printer_tells_all_that_is_wrong(flags: dict[str, int], problem: str) -> None:
    with playing([*ZPL_IN_STEP, (b"~HS\r\n", status(**flags))]) as link:
        assert zpl(link).read_state() == PrinterState(problem, 0)


def test_a_zpl_printer_counts_formats_and_labels_that_are_to_come() -> None:
    with playing([*ZPL_IN_STEP, (b"~HS\r\n", status(eee=2, h=1, u=3))]) as link:
        assert zpl(link).read_state() == PrinterState("", 6)


def test_a_zpl_label_is_printed_when_nothing_is_left_to_come() -> None:
    after = [(b"~HS\r\n", status(eee=1)), (b"~HS\r\n", status(u=1)), (b"~HS\r\n", READY)]
    with playing([*ZPL_IN_STEP, (b"~HS\r\n", READY), (ZPL_LABEL + b"\r\n", b""), *after]) as link:
        zpl(link).print_label(ZPL_LABEL)


def test_a_zpl_printer_that_is_not_ready_gets_no_label() -> None:
    refusal = pytest.raises(InstrumentError, match="printer: is not ready: print head open")
    with playing([*ZPL_IN_STEP, (b"~HS\r\n", status(o=1))]) as link, refusal:
        zpl(link).print_label(ZPL_LABEL)


def test_a_zpl_printer_that_still_holds_labels_gets_none() -> None:
    refusal = pytest.raises(InstrumentError, match="2 labels of somebody else are still to come")
    with playing([*ZPL_IN_STEP, (b"~HS\r\n", status(u=2))]) as link, refusal:
        zpl(link).print_label(ZPL_LABEL)


def test_a_zpl_label_that_the_paper_did_not_last_for_is_cancelled() -> None:
    after = [(b"~HS\r\n", status(eee=1)), (b"~HS\r\n", status(b=1, u=1)), (b"~JA\r\n", b""), (b"~HS\r\n", status(b=1))]
    with (
        playing([*ZPL_IN_STEP, (b"~HS\r\n", READY), (ZPL_LABEL + b"\r\n", b""), *after]) as link,
        pytest.raises(InstrumentError, match="printer: out of labels: the label was not printed, and is cancelled"),
    ):
        zpl(link).print_label(ZPL_LABEL)


def test_a_zpl_label_that_cannot_be_cancelled_is_said_to_be_under_way() -> None:
    stuck = (b"~HS\r\n", status(c=1, u=1))
    after = [stuck, (b"~JA\r\n", b""), stuck]
    refusal = pytest.raises(InstrumentError, match="printer: paused: the label was not printed, and may still come out")
    with playing([*ZPL_IN_STEP, (b"~HS\r\n", READY), (ZPL_LABEL + b"\r\n", b""), *after]) as link, refusal:
        zpl(link).print_label(ZPL_LABEL)


@pytest.mark.parametrize("content", [b"", b"hello", b"^XA^FDx^FS", b"~JA"])
def test_what_is_no_zpl_label_is_not_sent(content: bytes) -> None:
    with playing([]) as link, pytest.raises(PlanError, match="begins with"):
        zpl(link).print_label(content)


@pytest.mark.parametrize(
    "answer", [READY[:-9] + b"\x02$#@!,x\x03\r\n", READY.replace(b"030,0", b"030,7"), IDENTITY * 3]
)
def test_what_is_no_host_status_makes_the_link_suspect(answer: bytes) -> None:
    with playing([*ZPL_IN_STEP, (b"~HS\r\n", answer)]) as link:
        with pytest.raises(LinkRefused, match="is no host status"):
            zpl(link).read_state()
        assert link.state is LinkState.SUSPECT


def test_a_zpl_printer_that_lags_by_one_answer_is_not_believed() -> None:
    with playing([(b"~HI\r\n", IDENTITY), (b"~HS\r\n", IDENTITY)]) as link:
        with pytest.raises(LinkTimeout):
            zpl(link, 0.2).read_state()
        assert link.state is LinkState.SUSPECT


@pytest.mark.parametrize(
    ("byte", "state"),
    [
        (0x00, PrinterState("", 0)),
        (0x01, PrinterState("print head open", 0)),
        (0x02, PrinterState("labels jammed", 0)),
        (0x04, PrinterState("out of labels", 0)),
        (0x08, PrinterState("out of ribbon", 0)),
        (0x0D, PrinterState("print head open, out of labels, out of ribbon", 0)),
        (0x10, PrinterState("paused", 0)),
        (0x20, PrinterState("", 1)),
        (0x80, PrinterState("too hot or too cold", 0)),
    ],
)
def test_a_tspl_printer_tells_its_state_in_the_bits_of_a_byte(byte: int, state: PrinterState) -> None:
    with playing([*TSPL_IN_STEP, *said(byte)]) as link:
        assert tspl(link).read_state() == state


def test_a_state_that_changes_is_asked_for_until_it_stands() -> None:
    asked = [(b"\x1b!?\r\n", b"\x20"), FRAME, (b"\x1b!?\r\n", b"\x00"), FRAME, (b"\x1b!?\r\n", b"\x00")]
    with playing([*TSPL_IN_STEP, *asked]) as link:
        assert tspl(link).read_state() == PrinterState("", 0)


def test_a_state_that_is_never_the_same_is_not_believed() -> None:
    asked = [(b"\x1b!?\r\n", b"#"), FRAME, (b"\x1b!?\r\n", b"\x00"), FRAME, (b"\x1b!?\r\n", b"@")]
    with playing([*TSPL_IN_STEP, *asked, FRAME, (b"\x1b!?\r\n", b"$")]) as link:
        with pytest.raises(LinkRefused, match="answers 0x40 and then 0x24"):
            tspl(link).read_state()
        assert link.state is LinkState.SUSPECT


def test_a_tspl_label_is_printed_when_a_question_behind_it_is_answered() -> None:
    after = [*said(0x20), *said(0x00), (b"~!A\r\n", b"4194304\r"), *said(0x00)]
    with playing([*TSPL_IN_STEP, *said(0x00), (TSPL_LABEL, b""), *after]) as link:
        tspl(link).print_label(TSPL_LABEL)


def test_a_tspl_printer_that_is_not_ready_gets_no_label() -> None:
    refusal = pytest.raises(InstrumentError, match="printer: is not ready: out of labels")
    with playing([*TSPL_IN_STEP, *said(0x04)]) as link, refusal:
        tspl(link).print_label(TSPL_LABEL)


def test_a_tspl_label_that_the_paper_did_not_last_for_is_cancelled() -> None:
    after = [*said(0x20), *said(0x04), (b"\x1b!.\r\n", b""), *said(0x04)]
    with (
        playing([*TSPL_IN_STEP, *said(0x00), (TSPL_LABEL, b""), *after]) as link,
        pytest.raises(InstrumentError, match="printer: out of labels: the label was not printed, and is cancelled"),
    ):
        tspl(link).print_label(TSPL_LABEL)


@pytest.mark.parametrize("content", [b"", b"CLS\r\n", b"PRINT 1,1\r\nCLS\r\n", b"PRINT x\r\n"])
def test_what_is_no_tspl_label_is_not_sent(content: bytes) -> None:
    with playing([]) as link, pytest.raises(PlanError, match="ends with a line PRINT"):
        tspl(link).print_label(content)


def test_a_state_byte_that_was_sent_twice_is_not_believed() -> None:
    with playing([*TSPL_IN_STEP, (b"\x1b!?\r\n", b"\x00"), (b"\x1b!S\r\n", b"\x00" + FRAME[1])]) as link:
        with pytest.raises(LinkRefused):
            tspl(link).read_state()
        assert link.state is LinkState.SUSPECT

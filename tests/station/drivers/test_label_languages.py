"""A label in the printers' languages: exactly these commands, and nothing of a text becomes a command."""

from __future__ import annotations

import pytest

from station.drivers.tspl_label import tspl_label
from station.drivers.zpl_label import zpl_label
from station.model.errors import PlanError
from station.model.label import CodeMark, Label, TextMark

SERIAL = "FJN726110001"


def label(*marks: TextMark | CodeMark) -> Label:
    return Label(60.0, 40.0, 2.0, 8, marks)


def test_a_zpl_label_is_a_format_of_fields_in_dots() -> None:
    marks = (TextMark(3, 2.5, 5, "FJ-N7 PASS"), CodeMark("code128", 3, 10, 10, 0.25, SERIAL))
    assert zpl_label(label(*marks)) == (
        b"^XA^CI28^PW480^LL320^LH0,0^FO24,20^A0N,40^FH_^FDFJ-N7 PASS^FS"
        b"^FO24,80^BY2^BCN,80,N,N,N,A^FH_^FDFJN726110001^FS^PQ1^XZ"
    )


def test_a_tspl_label_is_commands_that_end_with_one_print() -> None:
    marks = (TextMark(3, 2.5, 5, "FJ-N7 PASS"), CodeMark("data_matrix", 45, 24, 3, 0.6, SERIAL))
    assert tspl_label(label(*marks)).split(b"\r\n") == [
        b"SIZE 60 mm,40 mm",
        b"GAP 2 mm,0 mm",
        b"DIRECTION 1",
        b"CODEPAGE UTF-8",
        b"CLS",
        b'TEXT 24,20,"0",0,14,14,"FJ-N7 PASS"',
        b'DMATRIX 360,192,120,128,x5,"FJN726110001"',
        b"PRINT 1,1",
        b"",
    ]


def test_chinese_goes_to_a_font_that_the_printer_holds_in_its_encoding() -> None:
    zpl = zpl_label(label(TextMark(1, 1, 3, "合格", "E:SIMSUN.TTF")))
    assert b"^A@N,24,,E:SIMSUN.TTF^FH_^FD_E5_90_88_E6_A0_BC^FS" in zpl
    tspl = tspl_label(label(TextMark(1, 1, 3, "合格", "TSS24.BF2")))
    assert b'TEXT 8,8,"TSS24.BF2",0,1,1,"' + "合格".encode("gb18030") + b'"' in tspl


@pytest.mark.parametrize("text", ["^XZ", "~JA", "_5E", "a\nPRINT 9", "^FD"])
def test_no_text_ends_a_zpl_label_or_commands_its_printer(text: str) -> None:
    made = zpl_label(label(TextMark(1, 1, 3, text)))
    assert made.count(b"^XZ") == 1 and made.count(b"~") == 0 and made.count(b"^FD") == 1 and b"\n" not in made
    with pytest.raises(PlanError):
        zpl_label(label(CodeMark("code128", 1, 1, 9, 0.25, text)))


@pytest.mark.parametrize("text", ['A"', "A\r\nPRINT 9,1", "A\tB"])
def test_no_text_ends_a_tspl_line(text: str) -> None:
    with pytest.raises(PlanError):
        tspl_label(label(TextMark(1, 1, 3, text)))
    with pytest.raises(PlanError):
        tspl_label(label(CodeMark("data_matrix", 1, 1, 9, 0.5, text)))


def test_a_greater_sign_in_code_128_is_the_character_and_no_invocation() -> None:
    assert b"^FDA>0B^FS" in zpl_label(label(CodeMark("code128", 1, 1, 9, 0.25, "A>B")))


def test_an_empty_code_is_refused() -> None:
    with pytest.raises(PlanError):
        zpl_label(label(CodeMark("code128", 1, 1, 9, 0.25, "")))

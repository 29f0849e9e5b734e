"""A label in ZPL II: a format from ^XA to ^XZ, by the printer's own fonts and codes.

Source: ZPL II Programming Guide 45541L-004, ^PW, ^LL, ^CI (28: UTF-8), ^FO, ^A0 and ^A@, ^FH (hexadecimal after ``_``),
^BY, ^BC (mode A chooses the subsets by itself; ``>`` begins an invocation code, ``>0`` is the character), ^BX, ^PQ.
"""

from __future__ import annotations

from station.model.errors import PlanError
from station.model.label import CodeMark, Label, TextMark

SEVEREST_ECC = 200
"""Of ^BX: Data Matrix ECC 200, the only one that is printed today (ISO/IEC 16022)."""

_PLAIN = frozenset(" !\"#$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]abcdefghijklmnopqrstuvwxyz{|}<>")


def zpl_label(label: Label) -> bytes:
    """One copy of ``label``; raises PlanError for a code whose text no scanner would read back as it is."""
    head = f"^XA^CI28^PW{label.dots(label.width_mm)}^LL{label.dots(label.height_mm)}^LH0,0"
    return (head + "".join(_mark(label, mark) for mark in label.marks) + "^PQ1^XZ").encode("ascii")


def _mark(label: Label, mark: TextMark | CodeMark) -> str:
    place = f"^FO{label.dots(mark.x_mm)},{label.dots(mark.y_mm)}"
    height = label.dots(mark.height_mm)
    if isinstance(mark, TextMark):
        font = f"^A@N,{height},,{mark.font}" if mark.font else f"^A0N,{height}"
        return f"{place}{font}^FH_^FD{_escaped(mark.text)}^FS"
    text, module = code_text(mark), label.dots(mark.module_mm)
    if mark.kind == "code128":
        invoked = text.replace(">", ">0")
        return f"{place}^BY{module}^BCN,{height},N,N,N,A^FH_^FD{_escaped(invoked)}^FS"
    return f"{place}^BXN,{module},{SEVEREST_ECC}^FH_^FD{_escaped(text)}^FS"


def code_text(mark: CodeMark) -> str:
    """What goes into a code: printable ASCII without what printers take for a command."""
    text = mark.text
    if not text or not text.isascii() or not text.isprintable() or any(character in text for character in '"\\~^_`'):
        raise PlanError(f"{text!r} cannot stand in a {mark.kind} of a label: write letters, digits and - . / : only")
    return text


def _escaped(text: str) -> str:
    """Every byte that is no plain letter as ``_`` and two hexadecimal digits."""
    return "".join(
        character if character in _PLAIN else "".join(f"_{byte:02X}" for byte in character.encode("utf-8", "replace"))
        for character in text
    )

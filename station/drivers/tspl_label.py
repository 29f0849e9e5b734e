"""A label in TSPL: whole commands up to PRINT, by the printer's own fonts and codes.

Source: TSPL/TSPL2 Programming Language manual (TSC): SIZE, GAP, DIRECTION, CODEPAGE UTF-8, CLS, TEXT (font "0" is
scaled in points), BARCODE (type "128", human readable 0), DMATRIX (x: the module's size in dots), PRINT.
"""

from __future__ import annotations

from station.drivers.zpl_label import code_text
from station.model.errors import PlanError
from station.model.label import MM_PER_POINT, CodeMark, Label, TextMark

SCALED_FONT = "0"
GB_FONTS = ("TSS16.BF2", "TSS24.BF2")
"""Bitmaps of simplified Chinese with the GB encoding, 16 and 24 dots high; they are enlarged by whole numbers."""
LARGEST_TIMES = 10


def tspl_label(label: Label) -> bytes:
    """One copy of ``label``; raises PlanError for a text that TSPL cannot carry."""
    lines = [
        f"SIZE {label.width_mm:g} mm,{label.height_mm:g} mm".encode(),
        f"GAP {label.gap_mm:g} mm,0 mm".encode(),
        b"DIRECTION 1",
        b"CODEPAGE UTF-8",
        b"CLS",
        *(_mark(label, mark) for mark in label.marks),
        b"PRINT 1,1",
    ]
    return b"\r\n".join(lines) + b"\r\n"


def _mark(label: Label, mark: TextMark | CodeMark) -> bytes:
    place = f"{label.dots(mark.x_mm)},{label.dots(mark.y_mm)}"
    if isinstance(mark, TextMark):
        return _text(label, mark, place)
    text, module = code_text(mark), label.dots(mark.module_mm)
    if mark.kind == "code128":
        return f'BARCODE {place},"128",{label.dots(mark.height_mm)},0,0,{module},{module * 2},"{text}"'.encode()
    room = f"{label.dots(label.width_mm - mark.x_mm)},{label.dots(label.height_mm - mark.y_mm)}"
    return f'DMATRIX {place},{room},x{module},"{text}"'.encode()


def _text(label: Label, mark: TextMark, place: str) -> bytes:
    if '"' in mark.text or not mark.text.isprintable():
        raise PlanError(f"{mark.text!r} cannot stand on a TSPL label: it has a quotation mark or a control character")
    if mark.font in GB_FONTS:
        times = min(max(label.dots(mark.height_mm) // int(mark.font[3:5]), 1), LARGEST_TIMES)
        return f'TEXT {place},"{mark.font}",0,{times},{times},"{mark.text}"'.encode("gb18030", "replace")
    points = max(round(mark.height_mm / MM_PER_POINT), 1)
    return f'TEXT {place},"{mark.font or SCALED_FONT}",0,{points},{points},"{mark.text}"'.encode("utf-8", "replace")

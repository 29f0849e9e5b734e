"""Rows as a file for a spreadsheet program: CSV that Excel reads as UTF-8, and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import xlsxwriter
from fastapi import Response

Cell = str | int | float | None
CSV, XLSX = KINDS = ("csv", "xlsx")
MEDIA_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet program takes a text that begins so for a formula."""
NARROWEST, WIDEST = 8, 48
"""Of a column, in characters."""


def spreadsheet(kind: str, name: str, titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """The answer that downloads ``name.kind``; ``kind`` is csv or xlsx."""
    content = as_csv(titles, rows) if kind == CSV else as_xlsx(name, titles, rows)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{name}.{kind}')}"}
    return Response(content, media_type=MEDIA_TYPES[kind], headers=headers)


def as_csv(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """With a byte order mark, by which Excel knows the encoding; a text is never taken for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_safe(title) for title in titles])
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(name: str, titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet with a frozen, filtered line of titles; numbers are numbers, texts are texts."""
    file = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet(name[:31])
    sheet.write_row(0, 0, titles, book.add_format({"bold": True, "bottom": 1}))
    widths = [_width(title) for title in titles]
    last = 0
    for last, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if cell is not None:
                sheet.write(last, column, cell)
                widths[column] = max(widths[column], _width(str(cell)))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(max(width + 2, NARROWEST), WIDEST))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, max(len(titles) - 1, 0))
    book.close()
    return file.getvalue()


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def _width(text: str) -> int:
    """In columns: a Chinese character takes two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)

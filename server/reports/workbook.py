"""A monthly report as a workbook: a first sheet that says what it is, and a sheet for each section."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import xlsxwriter

from server.reports.sections import SECTIONS, Column, Sections

FORMATS = {"share": "0.0 %", "days": "0.0", "money": "#,##0.00"}
WIDE = 22


def workbook(
    cover: Mapping[str, str], sections: Sections, title: Callable[[str, str], str], said: Callable[[Column, str], str]
) -> bytes:
    """The bytes of the .xlsx; ``title`` gives the word for a section or column, ``said`` that for a text in a cell."""
    file = io.BytesIO()
    texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, {"constant_memory": True} | texts)
    bold = book.add_format({"bold": True, "bottom": 1})
    formats = {kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
    first = book.add_worksheet(title("report", "cover")[:31])
    first.set_column(0, 1, WIDE * 2)
    for row, pair in enumerate(cover.items()):
        first.write_row(row, 0, pair)
    for name, columns in SECTIONS.items():
        sheet = book.add_worksheet(title("report", name)[:31])
        sheet.set_column(0, len(columns) - 1, WIDE)
        sheet.write_row(0, 0, [title("report_column", column.name) for column in columns], bold)
        for at, row_cells in enumerate(sections.get(name, []), 1):
            for place, (column, cell) in enumerate(zip(columns, row_cells, strict=True)):
                value = said(column, cell) if isinstance(cell, str) else cell
                sheet.write(at, place, value, formats.get(column.kind))
        sheet.freeze_panes(1, 0)
    book.close()
    return file.getvalue()

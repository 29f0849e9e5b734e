"""A courier's bill as a CSV or XLSX file: its lines, and every line that cannot be read and why."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.errors import BadInput
from server.freight.matching import Line
from server.web.amounts import read_money, read_weight

MAX_BILL_BYTES = 8 * 1024 * 1024
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
MAX_LINES = 50_000
COLUMNS = {
    "number": ("运单号", "快递单号", "运单号码", "单号", "面单号", "number", "waybill", "waybill number"),
    "price": ("费用", "金额", "运费", "应付金额", "应付运费", "合计费用", "amount", "price", "freight"),
    "weight": ("计费重量", "重量", "结算重量", "计费重量(kg)", "重量(kg)", "weight", "weight (kg)"),
    "direction": ("方向", "类型", "收寄", "direction"),
    "day": ("日期", "寄件日期", "寄件时间", "揽收时间", "date", "day"),
}
DIRECTIONS = {
    "in": ("in", "寄入", "收件", "收", "到付", "退回", "incoming"),
    "out": ("out", "寄出", "寄件", "寄", "派件", "寄付", "outgoing"),
}
DAMAGED = (
    csv.Error,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # what the parser of XML raises is one
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
    OSError,
)
"""What zipfile, the parser and openpyxl raise over bytes that are no workbook."""
TOTALS = ("合计", "总计", "小计", "total", "sum")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that cannot be read: ``code`` says what is wrong with it."""

    position: int
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class BillFile:
    """What a file holds; ``days`` are as the bill writes them, by the position of their line."""

    lines: tuple[Line, ...]
    days: dict[int, str]
    unreadable: tuple[Unreadable, ...]

    @property
    def total_minor(self) -> int:
        return sum(line.price_minor for line in self.lines)


def read_bill(path: Path) -> BillFile:
    """The bill in the file; raises BadInput for a file that is neither CSV nor XLSX, or has no such columns.

    A line of totals is no line of the bill: what it says is held against the sum, and another sum is unreadable.
    """
    with path.open("rb") as file:
        is_xlsx = file.read(4) == b"PK\x03\x04"
    rows = _xlsx_rows(path) if is_xlsx else _csv_rows(path)
    try:
        places = _places(next(rows, (0, ()))[1])
        return _read(rows, places)
    except DAMAGED:
        raise BadInput("is neither a CSV nor an XLSX file that can be read", "file") from None


def _read(rows: Iterable[tuple[int, Sequence[str]]], places: dict[str, int]) -> BillFile:
    lines: list[Line] = []
    days: dict[int, str] = {}
    unreadable: list[Unreadable] = []
    for position, cells in rows:
        if not any(cells):
            continue
        if len(lines) >= MAX_LINES:
            raise BadInput(f"has at most {MAX_LINES} lines", "rows")
        named = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
        text = " ".join(cell for cell in cells if cell)[:80]
        try:
            if any(cell.strip().lower() in TOTALS for cell in cells[:3]):
                if read_money(named["price"], "price") != sum(line.price_minor for line in lines):
                    unreadable.append(Unreadable(position, text, "total"))
                continue
            lines.append(_line(position, named))
            days[position] = named.get("day", "")[:20]
        except BadInput as error:
            unreadable.append(Unreadable(position, text, error.field))
    if not lines and not unreadable:
        raise BadInput("has no line", "rows")
    return BillFile(tuple(lines), days, tuple(unreadable))


def _line(position: int, named: dict[str, str]) -> Line:
    number = unicodedata.normalize("NFKC", named["number"]).strip().lstrip("'").upper()
    if not 0 < len(number) <= 64 or not number.isprintable():
        raise BadInput("has 1 to 64 printable characters", "number")
    typed = named.get("direction", "").strip().lower()
    direction = next((code for code, words in DIRECTIONS.items() if typed in words), "")
    if typed and not direction:
        raise BadInput("is in or out", "direction")
    weight = named.get("weight", "")
    return Line(
        position,
        number,
        direction,
        read_weight(weight, "weight") if weight.strip() else None,
        read_money(named["price"], "price"),
    )


def _places(header: Sequence[str]) -> dict[str, int]:
    titles = [unicodedata.normalize("NFKC", title).strip().lower() for title in header]
    places = {
        name: next(titles.index(word) for word in words if word in titles)
        for name, words in COLUMNS.items()
        if any(word in titles for word in words)
    }
    if not {"number", "price"} <= set(places):
        raise BadInput("the first row names the columns; number and amount are among them", "columns")
    return places


def _csv_rows(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadInput("is neither UTF-8 nor GB 18030", "file")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    for cells in reader:
        yield reader.line_num, cells


def _xlsx_rows(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of the first sheet; a file that unpacks to more than a bill ever has is refused unread."""
    import openpyxl  # with all of numpy behind it: a server starts a third of a second sooner without

    with zipfile.ZipFile(path) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED_BYTES:
            raise BadInput("unpacks to too much", "file")
    with path.open("rb") as file:  # by its name openpyxl would judge it
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        for position, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            yield position, [_text(cell) for cell in cells]


def _text(cell: object) -> str:
    """A cell as it would be typed: a whole number without ``.0``, because numbers of waybills are kept as numbers."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4f}".rstrip("0").rstrip(".")
    return str(cell)

"""A list of parts as a CSV file: what would become of each row, and why some are refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from server.admin.author import Author
from server.errors import BadInput, Contradiction, RequestError
from server.parts.flows import CountLine, CountSheet, count
from server.parts.lines import MAX_NUMBER
from server.parts.master_flows import (
    MASTERS,
    MAX_MINIMUM,
    PartForm,
    add_part,
    change_part,
    part_row,
    require_changeable,
)
from server.parts.queries import KEPT, PART_KINDS, Part, part_by_id, parts_by_number, places
from server.web.refusals import refusal_of
from server.wire.ids import new_id

COLUMNS = (
    "number",
    "name_zh",
    "name_en",
    "unit",
    "kind",
    "target",
    "is_valuable",
    "minimum",
    "supplier",
    "place",
    "stock",
)
CHINESE = {
    "编号": "number",
    "料号": "number",
    "名称": "name_zh",
    "中文名称": "name_zh",
    "英文名称": "name_en",
    "单位": "unit",
    "类别": "kind",
    "芯片型号": "target",
    "贵重": "is_valuable",
    "最低库存": "minimum",
    "供应商": "supplier",
    "库位": "place",
    "期初库存": "stock",
}
KIND_WORDS = {"元件": "component", "空白IC": "ic", "模块": "module", "附件": "accessory", "耗材": "consumable"}
YES = frozenset({"1", "y", "yes", "true", "是", "✓", "贵重"})
ADD, CHANGE, SAME, REFUSED = OUTCOMES = ("add", "change", "same", "refused")
MAX_ROWS = 2000


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row as typed; ``line`` counts from 1, the header's."""

    line: int
    form: PartForm
    stock: str


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """What becomes of a row; ``why`` is the code of a refusal, ``about`` what it is about."""

    row: FileRow
    outcome: str
    why: str = ""
    about: str = ""


def decoded(content: bytes) -> str:
    """UTF-8 with or without a mark, or the GB 18030 that a Chinese Excel writes; raises BadInput."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("is neither UTF-8 nor GB 18030", "file")


def rows_of(text: str) -> list[FileRow]:
    """The rows below the header, whose columns may come in any order; raises BadInput for a file without them."""
    try:
        lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), strict=True))
    except csv.Error as error:
        raise BadInput(f"is no CSV file: {error}", "file", about=str(error)) from None
    header = [CHINESE.get(name.strip(), name.strip().lower()) for name in lines[0]] if lines else []
    missing = [name for name in ("number", "name_zh") if name not in header]
    if missing:
        raise BadInput(f"has no column {', '.join(missing)}", "file", about=", ".join(missing))
    rows = [(number, line) for number, line in enumerate(lines[1:], 2) if any(cell.strip() for cell in line)]
    if not 0 < len(rows) <= MAX_ROWS:
        raise BadInput(f"has 1 to {MAX_ROWS} rows", "file", about=f"1 … {MAX_ROWS}")
    return [_row(number, dict(zip(header, map(str.strip, line), strict=False))) for number, line in rows]


def judge(connection: sa.Connection, rows: Iterable[FileRow]) -> list[JudgedRow]:
    """What would become of each row; nothing is changed."""
    found, seen = [], set[str]()
    for row in rows:
        try:
            found.append(JudgedRow(row, _outcome(connection, row, seen)))
        except RequestError as error:
            found.append(JudgedRow(row, REFUSED, refusal_of(error), error.about))
    return found


def _outcome(connection: sa.Connection, row: FileRow, seen: set[str]) -> str:
    """Raises what is in the way; ``seen`` are the numbers and types of IC of the rows before."""
    wanted = part_row(connection, row.form, _id_of(connection, row))
    _stock(row)
    for field, word in (("number", wanted["number"]), ("type", wanted["target"])):
        if word is not None and f"{field} {word}" in seen:
            raise Contradiction("is named twice", about=str(word))
        seen.add(f"{field} {word}")
    number = str(wanted["number"])
    known = parts_by_number(connection, [number]).get(number)
    if known is None:
        return ADD
    require_changeable(connection, known, wanted)
    is_same = all(wanted[name] == value for name, value in asdict(known).items() if name in wanted)
    return SAME if is_same else CHANGE


def take(connection: sa.Connection, rows: Iterable[FileRow], author: Author) -> list[JudgedRow]:
    """Put on record what can be; a new part's opening stock is posted as a count. What became of each row."""
    author.require(connection, MASTERS)
    judged = judge(connection, rows)
    for one in judged:
        known_id = _id_of(connection, one.row)
        if one.outcome == ADD:
            made = part_by_id(connection, add_part(connection, one.row.form, author))
            if made is not None and _stock(one.row) > 0:
                _open(connection, made, _stock(one.row), author)
        elif one.outcome == CHANGE:
            known = part_by_id(connection, known_id)
            if known is not None:
                change_part(connection, known_id, known.version, one.row.form, author)
    return judged


def _open(connection: sa.Connection, made: Part, quantity: int, author: Author) -> None:
    home = next(place for place in places(connection, KEPT) if place.id == made.home_id)
    sheet = CountSheet(home.code, (CountLine(made.number, 0, quantity),), "opening")
    count(connection, new_id(author.at), sheet, author)


def _id_of(connection: sa.Connection, row: FileRow) -> str:
    number = row.form.number.upper()[:MAX_NUMBER]
    known = parts_by_number(connection, [number]).get(number)
    return known.id if known else ""


def _stock(row: FileRow) -> int:
    text = row.stock or "0"
    if not (text.isascii() and text.isdecimal()) or int(text) > MAX_MINIMUM:
        raise BadInput(f"is a number from 0 to {MAX_MINIMUM}", "stock", about=text[:20])
    return int(text)


def _row(line: int, cells: dict[str, str]) -> FileRow:
    kind = cells.get("kind", "").lower()
    kind = next((code for word, code in KIND_WORDS.items() if word.lower() == kind), kind)
    form = PartForm(
        number=cells.get("number", ""),
        name_zh=cells.get("name_zh", ""),
        name_en=cells.get("name_en", ""),
        unit=cells.get("unit", "") or "个",
        kind=kind or PART_KINDS[0],
        target=cells.get("target", ""),
        is_valuable=cells.get("is_valuable", "").lower() in YES,
        minimum=cells.get("minimum", "") or "0",
        supplier=cells.get("supplier", ""),
        place=cells.get("place", "") or "STORE",
    )
    return FileRow(line, form, cells.get("stock", ""))

"""Fault codes as a CSV file: read from what a spreadsheet writes, written for a spreadsheet to read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server.errors import BadInput
from server.quality.tree import KINDS, FaultCode

COLUMNS = ("kind", "code", "parents", "zh", "en", "state")
NEEDED = frozenset(COLUMNS) - {"parents", "state"}
CHINESE = {"类别": "kind", "代码": "code", "上级": "parents", "中文": "zh", "英文": "en", "状态": "state"}
KIND_WORDS = {"现象": "symptom", "原因": "cause", "措施": "action"} | {kind: kind for kind in KINDS}
IN_FORCE, RETIRED = "in force", "retired"
STATE_WORDS = {"": False, IN_FORCE: False, "启用": False, RETIRED: True, "停用": True}
MAX_ROWS = 2000


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A row as it was typed, trimmed; ``line`` counts from 1, the header's."""

    line: int
    kind: str
    code: str
    parents: tuple[str, ...]
    zh: str
    en: str
    state: str


def decode_file(content: bytes) -> str:
    """UTF-8 with or without a mark, or the GB 18030 that a Chinese Excel writes; raises BadInput."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("is neither UTF-8 nor GB 18030", "file")


def read_rows(text: str) -> list[TypedCode]:
    """The rows below the header, whose columns may come in any order; raises BadInput for a file without them."""
    try:
        lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), strict=True))
    except csv.Error as error:
        raise BadInput(f"is no CSV file: {error}", "file") from None
    header = [CHINESE.get(name.strip(), name.strip().lower()) for name in lines[0]] if lines else []
    missing = sorted(NEEDED - set(header))
    if missing:
        raise BadInput(f"has no column {', '.join(missing)}", "file")
    rows = [(number, line) for number, line in enumerate(lines[1:], 2) if any(cell.strip() for cell in line)]
    if not 0 < len(rows) <= MAX_ROWS:
        raise BadInput(f"has 1 to {MAX_ROWS} rows", "file")
    return [_row(number, dict(zip(header, line, strict=False))) for number, line in rows]


def write_rows(codes: Iterable[FaultCode]) -> str:
    """The codes with both languages, as ``read_rows`` reads them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_cells(codes))
    return "\ufeff" + out.getvalue()


def _row(number: int, cells: dict[str, str]) -> TypedCode:
    kind = cells.get("kind", "").strip().lower()
    return TypedCode(
        number,
        KIND_WORDS.get(kind, kind),
        cells.get("code", "").strip().upper(),
        tuple(cells.get("parents", "").upper().replace(",", " ").replace(";", " ").split()),
        cells.get("zh", "").strip(),
        cells.get("en", "").strip(),
        cells.get("state", "").strip().lower(),
    )


def _cells(codes: Iterable[FaultCode]) -> Iterator[tuple[str, ...]]:
    for code in codes:
        state = RETIRED if code.is_retired else IN_FORCE
        yield code.kind, code.code, " ".join(code.parents), code.zh, code.en, state

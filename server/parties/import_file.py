"""A list of parties as a CSV file: which rows can be taken, and why each other one cannot."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from server.errors import BadInput
from server.parties.flows import ContactEntry, PartyEntry, checked_contact, checked_party
from server.parties.queries import key_of, parties_named

MAX_ROWS, MAX_BYTES = 5000, 1024 * 1024
COLUMNS = {
    "kind": ("kind", "类型", "类别"),
    "name": ("name", "名称", "单位名称", "客户名称"),
    "region": ("region", "区域", "地区"),
    "note": ("note", "备注"),
    "contact": ("contact", "联系人"),
    "phone": ("phone", "电话", "联系电话", "手机"),
    "address": ("address", "地址", "联系地址"),
}
KIND_WORDS = {
    "customer": ("customer", "客户", "终端客户"),
    "agent": ("agent", "代理商", "经销商"),
    "dealer_4s": ("dealer_4s", "4s", "4s店", "4s dealer"),
    "courier": ("courier", "快递公司", "物流公司"),
    "supplier": ("supplier", "供应商"),
    "service_station": ("service_station", "维修站", "服务站", "service station"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file; ``problem`` is the code of why it is refused, empty where it can be taken."""

    line: int
    name: str
    problem: str
    party: PartyEntry
    contact: ContactEntry | None


def decoded(content: bytes) -> str:
    """UTF-8, or what a Chinese Excel writes (GB 18030); raises BadInput for neither, and for too much."""
    if len(content) > MAX_BYTES:
        raise BadInput(f"has at most {MAX_BYTES} bytes", "file")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("is neither UTF-8 nor GB 18030", "file")


def read_rows(connection: sa.Connection, text: str) -> list[Row]:
    """Every row, judged: beside what cannot be, a name that is on record or stands in the file twice is refused.

    Raises BadInput for a file without the columns kind and name, without rows, or with too many of them.
    """
    rows = list(_parsed(text))
    if not 0 < len(rows) <= MAX_ROWS:
        raise BadInput(f"has 1 to {MAX_ROWS} rows", "rows")
    known = {key_of(name) for name in parties_named(connection, [row.name for row in rows])}
    return list(_without_taken(rows, known))


def _parsed(text: str) -> Iterator[Row]:
    try:
        reader = csv.reader(io.StringIO(text), strict=True)
        places = _places(next(reader, []))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(reader.line_num, {n: cells[i].strip() for n, i in places.items() if i < len(cells)})
    except csv.Error:
        raise BadInput("is no CSV file", "file") from None


def _places(header: list[str]) -> dict[str, int]:
    titles = [title.strip().lower() for title in header]
    places = {
        name: next(titles.index(word) for word in words if word in titles)
        for name, words in COLUMNS.items()
        if any(word in titles for word in words)
    }
    if not {"kind", "name"} <= set(places):
        raise BadInput("the first row names the columns; kind and name are among them", "header")
    return places


def _row(line: int, cells: dict[str, str]) -> Row:
    typed_kind = cells.get("kind", "").lower()
    kind = next((kind for kind, words in KIND_WORDS.items() if typed_kind in words), typed_kind)
    party = PartyEntry(kind, cells.get("name", ""), cells.get("region", ""), cells.get("note", ""))
    person = [cells.get(name, "") for name in ("contact", "phone", "address")]
    contact = ContactEntry(*person) if any(person) else None
    problem = ""
    try:
        party = checked_party(party)
        contact = checked_contact(contact) if contact else None
    except BadInput as error:
        problem = error.field
    return Row(line, party.name, problem, party, contact)


def _without_taken(rows: list[Row], known: set[str]) -> Iterator[Row]:
    seen: set[str] = set()
    for row in rows:
        key = key_of(row.name)
        taken = "on_record" if key in known else "twice" if key in seen else ""
        if not row.problem:
            seen.add(key)
        yield row if row.problem or not taken else Row(row.line, row.name, taken, row.party, row.contact)

"""Parts and places are put on record, changed and retired; the audit keeps what they were before."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import Change, note
from server.db.pending import Row
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.parts.lines import canonical, known_place
from server.parts.queries import (
    BENCH,
    CABINET,
    IC,
    KEPT,
    PART_KINDS,
    STORE,
    Part,
    Place,
    holdings,
    part_by_id,
    part_of_target,
    parts_by_number,
    place_by_code,
    place_by_id,
)
from server.parts.tables import part, stock_location
from server.wire.ids import new_id

MASTERS = "parts.master"
MADE_KINDS = (STORE, CABINET, BENCH)
"""What places people make; the others are there once."""
MAX_NAME, MAX_UNIT, MAX_TARGET, MAX_SUPPLIER, MAX_MINIMUM = 100, 20, 100, 200, 1_000_000


@dataclass(frozen=True, slots=True)
class PartForm:
    """A part as typed; ``place`` is the code of the store or cabinet where it is kept."""

    number: str
    name_zh: str
    name_en: str = ""
    unit: str = "个"
    kind: str = "component"
    target: str = ""
    is_valuable: bool = False
    minimum: str = "0"
    supplier: str = ""
    place: str = "STORE"


@dataclass(frozen=True, slots=True)
class PlaceForm:
    """A place as typed."""

    code: str
    name_zh: str
    name_en: str = ""
    kind: str = BENCH
    custodian: str = ""


def add_part(connection: sa.Connection, form: PartForm, author: Author) -> str:
    """Put a part on record; its id. Raises BadInput, and Contradiction for a number or target that is taken."""
    author.require(connection, MASTERS)
    row = part_row(connection, form)
    number = str(row["number"])
    if number in parts_by_number(connection, [number]):
        raise Contradiction(f"there is a part {number} already", about=number)
    made = new_id(author.at)
    connection.execute(sa.insert(part), row | {"id": made, "version": 1})
    note(connection, author.at, author.actor, "part.add", number, _said(row))
    return made


def change_part(connection: sa.Connection, part_id: str, version: int, form: PartForm, author: Author) -> None:
    """Change a part; raises NotFound, and Contradiction where another person changed version ``version`` meanwhile."""
    author.require(connection, MASTERS)
    before = _known_part(connection, part_id)
    row = part_row(connection, form, part_id)
    known = parts_by_number(connection, [str(row["number"])]).get(str(row["number"]))
    if known is not None and known.id != part_id:
        raise Contradiction(f"there is a part {known.number} already", about=known.number)
    require_changeable(connection, before, row)
    _change(connection, part, part_id, version, row)
    changed = Change(_said(_row_of(before)), _said(row))
    note(connection, author.at, author.actor, "part.change", before.number, change=changed)


def retire_part(connection: sa.Connection, part_id: str, version: int, author: Author) -> None:
    """Take a part out of use; raises NotInForce with the state ``in_stock`` while there is any."""
    author.require(connection, MASTERS)
    before = _known_part(connection, part_id)
    if holdings(connection, [part_id]):
        raise NotInForce(f"{before.number} is in stock", "in_stock")
    _change(connection, part, part_id, version, {"retired_at": author.at, "target": None})
    note(connection, author.at, author.actor, "part.retire", before.number)


def add_place(connection: sa.Connection, form: PlaceForm, author: Author) -> str:
    """Put a store, cabinet or bench on record; its id. Raises BadInput, and Contradiction for a code that is taken."""
    author.require(connection, MASTERS)
    row = _place_row(connection, form)
    if place_by_code(connection, str(row["code"])) is not None:
        raise Contradiction(f"there is a place {row['code']} already", about=str(row["code"]))
    made = new_id(author.at)
    connection.execute(sa.insert(stock_location), row | {"id": made, "version": 1})
    note(connection, author.at, author.actor, "place.add", str(row["code"]), _said(row))
    return made


def change_place(connection: sa.Connection, place_id: str, version: int, form: PlaceForm, author: Author) -> None:
    """Change a place's names and custodian; raises NotFound, and Contradiction as for a part."""
    author.require(connection, MASTERS)
    before = _known_place(connection, place_id)
    row = _place_row(connection, PlaceForm(before.code, form.name_zh, form.name_en, before.kind, form.custodian))
    _change(connection, stock_location, place_id, version, row)
    changed = Change(f"{before.name_zh} {before.custodian}", f"{row['name_zh']} {row['custodian']}")
    note(connection, author.at, author.actor, "place.change", before.code, change=changed)


def retire_place(connection: sa.Connection, place_id: str, version: int, author: Author) -> None:
    """Take a place out of use; raises NotInForce with the state ``in_stock`` while anything is there or kept there."""
    author.require(connection, MASTERS)
    before = _known_place(connection, place_id)
    is_home = sa.select(part.c.id).where(part.c.home_id == place_id, part.c.retired_at.is_(None)).limit(1)
    if holdings(connection, place_id=place_id) or connection.scalar(is_home) is not None:
        raise NotInForce(f"{before.code} is in use", "in_stock")
    _change(connection, stock_location, place_id, version, {"retired_at": author.at})
    note(connection, author.at, author.actor, "place.retire", before.code)


def require_changeable(connection: sa.Connection, before: Part, row: Row) -> None:
    """Raise NotInForce for a part that is retired, and where one in stock would cease to be valuable."""
    if before.retired_at is not None:
        raise NotInForce(f"the part {before.number} is retired", "retired", about=before.number)
    if before.is_valuable and not row["is_valuable"] and holdings(connection, [before.id]):
        said = f"{before.number} is in stock: it stays valuable until it is used up"
        raise NotInForce(said, "in_stock", about=before.number)


def part_row(connection: sa.Connection, form: PartForm, part_id: str = "") -> Row:
    """The columns of a part; raises BadInput, and Contradiction where another part has its target."""
    if form.kind not in PART_KINDS:
        raise BadInput(f"is one of {', '.join(PART_KINDS)}", "kind")
    target = typed(form.target, "type", MAX_TARGET, may_be_empty=True)
    if target and form.kind != IC:
        raise BadInput("is of an IC alone", "type")
    other = part_of_target(connection, target) if target else None
    if other is not None and other.id != part_id:
        raise Contradiction(f"{other.number} is the blank {target} already", about=f"{other.number}: {target}")
    minimum = form.minimum.strip() or "0"
    if not (minimum.isascii() and minimum.isdecimal()) or int(minimum) > MAX_MINIMUM:
        raise BadInput(f"is a number from 0 to {MAX_MINIMUM}", "minimum")
    name_zh = typed(form.name_zh or form.name_en, "name_zh", MAX_NAME)
    return {
        "number": canonical(form.number, "number"),
        "name_zh": name_zh,
        "name_en": typed(form.name_en, "name_en", MAX_NAME, may_be_empty=True) or name_zh,
        "unit": typed(form.unit, "unit", MAX_UNIT),
        "kind": form.kind,
        "target": target or None,
        "is_valuable": form.is_valuable,
        "minimum": int(minimum),
        "supplier": typed(form.supplier, "supplier", MAX_SUPPLIER, may_be_empty=True),
        "home_id": known_place(connection, form.place, KEPT, "place").id,
    }


def _place_row(connection: sa.Connection, form: PlaceForm) -> Row:
    if form.kind not in MADE_KINDS:
        raise BadInput(f"is one of {', '.join(MADE_KINDS)}", "kind")
    name_zh = typed(form.name_zh or form.name_en, "name_zh", MAX_NAME)
    return {
        "code": canonical(form.code, "code"),
        "name_zh": name_zh,
        "name_en": typed(form.name_en, "name_en", MAX_NAME, may_be_empty=True) or name_zh,
        "kind": form.kind,
        "custodian": typed(form.custodian, "custodian", 80, may_be_empty=True),
    }


def _change(connection: sa.Connection, table: sa.Table, row_id: str, version: int, values: Row) -> None:
    changed = connection.execute(
        sa.update(table).where(table.c.id == row_id, table.c.version == version).values(**values, version=version + 1)
    )
    if changed.rowcount != 1:
        raise Contradiction("somebody else has changed it meanwhile")


def _known_part(connection: sa.Connection, part_id: str) -> Part:
    found = part_by_id(connection, part_id)
    if found is None or found.retired_at is not None:
        raise NotFound("no such part is on record")
    return found


def _known_place(connection: sa.Connection, place_id: str) -> Place:
    found = place_by_id(connection, place_id)
    if found is None or found.kind not in MADE_KINDS or found.retired_at is not None:
        raise NotFound("no such place can be changed")
    return found


def _row_of(known: Part) -> Row:
    return {name: value for name, value in asdict(known).items() if name not in ("id", "version", "retired_at")}


def _said(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)

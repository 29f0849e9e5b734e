"""What the parts ledger looks like over the API: taken and given, with examples."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from server.parts.flows import MAX_CASE, MAX_DOCUMENT, MAX_NOTE, MAX_PERSON, Hand
from server.parts.lines import MAX_LINES, MAX_NUMBER, Line
from server.parts.movements import Movement
from server.parts.posting import MAX_QUANTITY
from server.parts.queries import Holding, PartRow

PART_EXAMPLE: JsonDict = {
    "id": "01a1f3a0-2c00-7000-8000-0000000000aa",
    "number": "LCD-7-FJN7",
    "name_zh": "7寸液晶屏总成",
    "name_en": "7 inch display assembly",
    "unit": "个",
    "kind": "module",
    "target": None,
    "is_valuable": True,
    "minimum": 2,
    "supplier": "",
    "place": "CABINET",
    "in_stock": 4,
    "is_below": False,
}
HAND_EXAMPLE: JsonDict = {
    "kind": "issue",
    "lines": [{"number": "C-0603-100N", "quantity": 50}],
    "source": "STORE",
    "target": "BENCH-1",
    "person": "李雷",
    "document": "",
    "case_no": "",
    "note": "",
}
MOVEMENT_EXAMPLE: JsonDict = {
    "id": "01a1f3a0-2c00-7000-8000-0000000000bb",
    "command_id": "01a1f3a0-2c00-7000-8000-0000000000cc",
    "kind": "issue",
    "number": "C-0603-100N",
    "quantity": 50,
    "source": "STORE",
    "target": "BENCH-1",
    "source_after": 1150,
    "target_after": 50,
    "posted_at": "2026-11-27T01:10:00Z",
    "actor": "parts_clerk",
    "approver": "",
    "person": "李雷",
    "reason": "",
    "document": "",
    "case_no": "",
    "order_no": "",
    "note": "",
    "reverses": None,
}


class PartAnswer(BaseModel):
    """A part with what is in stock at all real places."""

    model_config = ConfigDict(json_schema_extra={"examples": [PART_EXAMPLE]})

    id: str
    number: str
    name_zh: str
    name_en: str
    unit: str
    kind: str
    target: str | None
    is_valuable: bool
    minimum: int
    supplier: str
    place: str
    in_stock: int
    is_below: bool

    @classmethod
    def of(cls, row: PartRow) -> PartAnswer:
        part = row.part
        return cls(
            id=part.id,
            number=part.number,
            name_zh=part.name_zh,
            name_en=part.name_en,
            unit=part.unit,
            kind=part.kind,
            target=part.target,
            is_valuable=part.is_valuable,
            minimum=part.minimum,
            supplier=part.supplier,
            place=row.home_code,
            in_stock=row.in_stock,
            is_below=row.is_below,
        )


class HoldingAnswer(BaseModel):
    """How many are at a place, and who keeps it."""

    place: str
    custodian: str
    quantity: int

    @classmethod
    def of(cls, holding: Holding) -> HoldingAnswer:
        return cls(place=holding.place.code, custodian=holding.place.custodian, quantity=holding.quantity)


class PartsAnswer(BaseModel):
    """Parts by number; ``next`` is what to give as ``after`` for those that follow, None at the end."""

    parts: list[PartAnswer]
    next: str | None


class OnePartAnswer(BaseModel):
    """A part, and where it is."""

    part: PartAnswer
    holdings: list[HoldingAnswer]


class MovementAnswer(BaseModel):
    """A movement with both its ends and the balances behind it."""

    model_config = ConfigDict(json_schema_extra={"examples": [MOVEMENT_EXAMPLE]})

    id: str
    command_id: str
    kind: str
    number: str
    quantity: int
    source: str
    target: str
    source_after: int
    target_after: int
    posted_at: datetime
    actor: str
    approver: str
    person: str
    reason: str
    document: str
    case_no: str
    order_no: str
    note: str
    reverses: str | None

    @classmethod
    def of(cls, row: Movement) -> MovementAnswer:
        return cls(
            id=row.id,
            command_id=row.command_id,
            kind=row.kind,
            number=row.number,
            quantity=row.quantity,
            source=row.from_code,
            target=row.to_code,
            source_after=row.from_after,
            target_after=row.to_after,
            posted_at=row.posted_at,
            actor=row.actor,
            approver=row.approver,
            person=row.person,
            reason=row.reason,
            document=row.document,
            case_no=row.case_no,
            order_no=row.order_no,
            note=row.note,
            reverses=row.reverses,
        )


class MovementsAnswer(BaseModel):
    """Movements, the newest first; ``next`` is what to give as ``after`` for those that follow, None at the end."""

    movements: list[MovementAnswer]
    next: str | None


class LineBody(BaseModel):
    """So many of a part."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(min_length=1, max_length=MAX_NUMBER)
    quantity: int = Field(ge=1, le=MAX_QUANTITY)


class HandBody(BaseModel):
    """Parts that change hands; places by their codes, empty where the way of moving says it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [HAND_EXAMPLE]})

    kind: Literal["receive", "issue", "return", "move"]
    lines: list[LineBody] = Field(min_length=1, max_length=MAX_LINES)
    source: str = Field(default="", max_length=MAX_NUMBER)
    target: str = Field(default="", max_length=MAX_NUMBER)
    person: str = Field(default="", max_length=MAX_PERSON)
    document: str = Field(default="", max_length=MAX_DOCUMENT)
    case_no: str = Field(default="", max_length=MAX_CASE)
    note: str = Field(default="", max_length=MAX_NOTE)

    def as_hand(self) -> Hand:
        lines = tuple(Line(line.number, line.quantity) for line in self.lines)
        return Hand(lines, self.source, self.target, self.person, self.document, self.note, self.case_no)

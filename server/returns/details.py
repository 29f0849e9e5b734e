"""What a case says besides its state, as typed and as it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from server.admin.author import typed
from server.errors import BadInput
from server.wire.fields import UUID

KINDS = ("repair", "exchange", "refund", "refurbish", "in_plant", "navigation_upgrade")
GRADES = ("A", "B", "C")
DATES = ("due_on", "sold_on", "warranty_until")
LONGEST = {"owner": 80, "confirmed_reason": 500}
FIELDS = ("kind", *LONGEST, "grade", *DATES, "replaced_by")


def checked(changes: Mapping[str, str]) -> dict[str, str | date | None]:
    """The columns of return_case for ``changes``; an empty text takes back what was said. Raises BadInput."""
    return {field: _checked(field, text) for field, text in changes.items()}


def _checked(field: str, text: str) -> str | date | None:
    text = text.strip()
    if field in LONGEST:
        return typed(text, field, LONGEST[field], may_be_empty=True)
    if field in DATES:
        return _day(field, text) if text else None
    if field == "kind":
        return _one_of(field, text, KINDS)
    if field == "grade":
        return _one_of(field, text, GRADES) if text else ""
    if field == "replaced_by":
        if not re.fullmatch(UUID, text):
            raise BadInput("is no unit's id", field)
        return text
    raise BadInput("is nothing that a case says", field)


def _one_of(field: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise BadInput(f"is one of {', '.join(allowed)}", field)
    return text


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("is no day: write it as 2026-11-27", field) from None

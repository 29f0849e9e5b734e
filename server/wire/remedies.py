"""What fixed a measurement on other units; the document is fixtures/wire/v1/remedies.schema.json."""

from __future__ import annotations

from typing import Literal

import msgspec


class FixRow(msgspec.Struct, frozen=True):
    """What was done; ``retest`` where nothing but another test is on record."""

    kind: Literal["repair", "burn", "note", "retest"]
    text: str
    at: str


class RemedyRow(msgspec.Struct, frozen=True):
    """A unit that failed ``measurement`` and passed later."""

    measurement: str
    serial: str
    failed_at: str
    passed_at: str
    fixes: tuple[FixRow, ...]


class Remedies(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, the newest first."""

    schema: Literal["fanji/remedies/1"] = "fanji/remedies/1"
    remedies: tuple[RemedyRow, ...]

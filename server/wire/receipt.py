"""The answer to a letter; the document is fixtures/wire/v1/receipt.schema.json."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec


class Outcome(StrEnum):
    """What became of a letter: 201 stored, 200 the same again, 409 same id with another body, 422 quarantined."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"


STATUS = {Outcome.STORED: 201, Outcome.DUPLICATE: 200, Outcome.CONFLICT: 409, Outcome.QUARANTINED: 422}

MAX_DISCREPANCIES, MAX_DISCREPANCY, MAX_PROBLEM, MAX_ID = 100, 500, 2000, 100


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """``sha256`` is over the letter's bytes, after any content encoding was undone."""

    schema: Literal["fanji/receipt/1"] = "fanji/receipt/1"
    id: str
    sha256: str
    outcome: Outcome
    discrepancies: tuple[str, ...] = ()
    problem: str = ""

    def encoded(self) -> bytes:
        """The receipt's JSON, every text cut to the contract's bound."""
        cut = msgspec.structs.replace(
            self,
            id=self.id[:MAX_ID],
            discrepancies=tuple(text[:MAX_DISCREPANCY] for text in self.discrepancies[:MAX_DISCREPANCIES]),
            problem=self.problem[:MAX_PROBLEM],
        )
        return msgspec.json.encode(cut)

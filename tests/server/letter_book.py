"""Writes letters as a station does: valid, numbered and chained, each with the changes a test wants."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from server.wire.ids import new_id, unit_id
from server.wire.state import moment_text

GOLDEN = Path(__file__).parents[2] / "fixtures/wire/v1/golden"


@dataclass(frozen=True)
class Letter:
    """A letter ready to be put."""

    kind: str
    id: str
    body: bytes

    @property
    def path(self) -> str:
        return f"/v1/{self.kind if self.kind == 'custody' else f'{self.kind}s'}/{self.id}"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


class LetterBook:
    """One chain of one station."""

    def __init__(self, station_id: str = "bench-1") -> None:
        self.station_id = station_id
        self.born = datetime.now(UTC)
        self.chain_id = new_id(self.born)
        self.seq = 0
        self.previous = "0" * 64

    def run(self, golden: str = "run-pass", serial: str = "FJR126110001", **changes: Any) -> Letter:
        """The next letter of the chain: a golden run on the unit ``serial``, its top-level fields changed."""
        content = self._content(golden, changes)
        if "unit" not in changes:
            content["unit"] = unit(serial)
        for row in content["measurements"]:
            if row["comparator"] == "same_as" and "measurements" not in changes:
                row["value"] = content["unit"]["serial"]
        return self._letter("run", content)

    def burn(self, golden: str = "burn-pass", serial: str | None = "FJR126110001", **changes: Any) -> Letter:
        """The next letter of the chain: a golden burn, for a unit or for none."""
        content = self._content(golden, changes)
        if "unit" not in changes:
            content["unit"] = unit(serial) if serial else None
        return self._letter("burn", content)

    def letter(self, kind: str, golden: str, changes: dict[str, Any]) -> Letter:
        """The next letter of the chain: a golden one of ``kind``, its top-level fields changed."""
        return self._letter(kind, self._content(golden, changes))

    def skip(self, letters: int = 1) -> None:
        """Number ``letters`` that are never sent."""
        for _ in range(letters):
            self.run()

    def _content(self, golden: str, changes: dict[str, Any]) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((GOLDEN / f"{golden}.json").read_bytes())
        self.seq += 1
        now = datetime.now(UTC)
        place = {
            "id": new_id(self.born + timedelta(milliseconds=self.seq)),
            "station_id": self.station_id,
            "chain_id": self.chain_id,
            "seq": self.seq,
            "prev_sha256": self.previous,
            "created_at": moment_text(now),
        }
        return content | place | deepcopy(changes)

    def _letter(self, kind: str, content: dict[str, Any]) -> Letter:
        letter = Letter(kind, content["id"], json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
        self.previous = letter.sha256
        return letter


def unit(serial: str, family: str = "FJ-R1") -> dict[str, str]:
    """A unit as letters name it."""
    return {"family": family, "serial": serial, "id": unit_id(family, serial)}


def measurement(**changes: Any) -> dict[str, Any]:
    """A passing measurement with changes."""
    return {
        "name": "rail_5v",
        "step": "rails",
        "value": 5.0,
        "unit": "V",
        "comparator": "between",
        "low": 4.75,
        "high": 5.25,
        "expected": [],
        "required": True,
        "outcome": "PASS",
        "retries": 0,
        "instrument": "dmm",
        "cal_due": None,
        "taken_at": "2026-11-23T08:00:05.000000Z",
    } | changes


def schema(name: str) -> dict[str, Any]:
    """A document of the wire contract."""
    content: dict[str, Any] = json.loads((GOLDEN.parent / f"{name}.schema.json").read_bytes())
    return content

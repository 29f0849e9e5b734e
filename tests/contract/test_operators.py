"""Who may sign on at a bench: the station reads people and hashes as the contract says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from station.model.errors import ServerError
from station.outbox.operators import Roster, checked_roster, roster_of
from station.outbox.state_cache import StateCache

WIRE = Path(__file__).parents[2] / "fixtures/wire/v1"
SCHEMA: Any = json.loads((WIRE / "state.schema.json").read_text(encoding="utf-8"))
GOLDEN = (WIRE / "golden/state-operators.json").read_bytes()
BADGE, OTHER_BADGE, PIN = "EMP-00042", "EMP-00043", "246810"


def test_the_golden_snapshot_lets_its_people_sign_on_and_nobody_else() -> None:
    jsonschema.validate(json.loads(GOLDEN), SCHEMA)
    roster = checked_roster(GOLDEN)
    fang, na = roster.by_badge(BADGE), roster.by_pin("李娜", PIN)
    assert fang is not None and (fang.name, fang.language) == ("王芳", "zh-CN")
    assert na is not None and na.role == "technician"
    assert roster.by_badge(OTHER_BADGE) is None
    assert roster.by_pin("李娜", "246811") is None
    assert roster.by_pin("王芳", PIN) is None, "she has no PIN"
    assert roster.by_pin("nobody", PIN) is None


def test_a_snapshot_without_people_has_an_empty_roster_and_an_expired_one_keeps_its_people(tmp_path: Path) -> None:
    cache = StateCache(tmp_path / "state.json")
    assert roster_of(cache.path) == Roster()
    cache.store((WIRE / "golden/state.json").read_bytes())
    assert roster_of(cache.path) == Roster()
    cache.store(GOLDEN)
    assert cache.valid_at(datetime(2030, 1, 1, tzinfo=UTC)) is None
    assert len(roster_of(cache.path).operators) == 2
    assert cache.path.stat().st_mode & 0o077 == 0, "hashes of PINs are nobody else's"


@pytest.mark.parametrize("pin", ["plain", "$argon2i$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$m=8"])
def test_a_snapshot_whose_hashes_are_none_is_not_kept(tmp_path: Path, pin: str) -> None:
    body = json.loads(GOLDEN)
    body["operators"][0]["pin"] = pin
    with pytest.raises(ServerError, match="operators"):
        StateCache(tmp_path / "state.json").store(json.dumps(body).encode())

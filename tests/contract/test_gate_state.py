"""The snapshot's plans, holds and routes: one document, written by the server and read by the station."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import msgspec
import pytest

from server.wire.state import StationState
from station.outbox.gate_state import read_gate_state
from station.outbox.state_cache import StateCache

WIRE = Path(__file__).parents[2] / "fixtures/wire/v1"
GOLDEN = WIRE / "golden/state-gates.json"
SCHEMA = json.loads((WIRE / "state.schema.json").read_bytes())
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_golden_snapshot_is_of_the_contract_and_so_is_one_of_before() -> None:
    for golden in ("state-gates", "state"):
        jsonschema.validate(json.loads((WIRE / f"golden/{golden}.json").read_bytes()), SCHEMA)


def test_the_server_writes_what_the_golden_snapshot_holds() -> None:
    written = msgspec.json.encode(msgspec.json.decode(GOLDEN.read_bytes(), type=StationState))
    assert json.loads(written) == json.loads(GOLDEN.read_bytes())


def test_the_station_reads_every_part_of_it(tmp_path: Path) -> None:
    cache = StateCache(tmp_path / "state.json")
    cache.store(GOLDEN.read_bytes())
    state = read_gate_state(cache.path, AT)
    assert (state.version, state.age_s, state.is_expired) == (9, 3600, False)
    plans, holds, routes = state.plans.rows, state.holds.rows, state.routes.rows
    assert plans is not None and holds is not None and routes is not None
    assert [(row.product, [one.sha256 for one in row.released]) for row in plans] == [
        ("FJ-R1", ["ab" * 32]),
        ("FJ-N7", []),
    ]
    assert [(row.serial, row.product, row.held_by) for row in holds] == [
        ("FJR126110001", "", "zhao"),
        ("", "FJ-N7", "zhao"),
    ]
    (route,) = routes
    assert [(one.what, one.detail) for one in route.missing] == [("repair", ""), ("burn", "FJ-R1 1.4.2")]
    assert read_gate_state(cache.path, AT + timedelta(days=30)).is_expired


@pytest.mark.parametrize("part", ["plans", "holds", "routes", "issued_at"])
def test_each_part_is_optional_for_the_station(tmp_path: Path, part: str) -> None:
    content = json.loads(GOLDEN.read_bytes())
    del content[part]
    jsonschema.validate(content, SCHEMA)
    StateCache(tmp_path / "state.json").store(json.dumps(content).encode())
    state = read_gate_state(tmp_path / "state.json", AT)
    parts = {
        "plans": state.plans.rows,
        "holds": state.holds.rows,
        "routes": state.routes.rows,
        "issued_at": state.age_s,
    }
    assert [name for name, value in parts.items() if value is None] == [part]

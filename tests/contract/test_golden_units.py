"""The snapshot's golden units: one document, written by the server and read by the station."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import msgspec
import pytest

from server.wire.state import StationState
from station.outbox.gate_state import read_gate_state
from station.outbox.state_cache import StateCache

WIRE = Path(__file__).parents[2] / "fixtures/wire/v1"
GOLDEN = WIRE / "golden/state-golden.json"
SCHEMA = json.loads((WIRE / "state.schema.json").read_bytes())
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_golden_snapshot_is_of_the_contract_and_written_so_by_the_server() -> None:
    content = json.loads(GOLDEN.read_bytes())
    jsonschema.validate(content, SCHEMA)
    assert json.loads(msgspec.json.encode(msgspec.json.decode(GOLDEN.read_bytes(), type=StationState))) == content


def test_the_station_reads_it_and_an_older_one_says_nothing_of_golden_units(tmp_path: Path) -> None:
    cache = StateCache(tmp_path / "state.json")
    cache.store(GOLDEN.read_bytes())
    rows = read_gate_state(cache.path, AT).golden_units.rows
    assert rows is not None
    assert [(row.station_id, row.product, row.serial, row.every_h) for row in rows] == [
        ("bench-1", "FJ-R1", "FJR126119999", 24.0),
        ("bench-2", "FJ-R1", "FJR126119998", 12.5),
    ]
    cache.store((WIRE / "golden/state-gates.json").read_bytes())
    assert read_gate_state(cache.path, AT).golden_units.rows is None


@pytest.mark.parametrize("every_h", [0, -1, 8785])
def test_hours_that_no_station_could_keep_are_not_of_the_contract(every_h: float) -> None:
    content = json.loads(GOLDEN.read_bytes())
    content["golden_units"][0]["every_h"] = every_h
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, SCHEMA)

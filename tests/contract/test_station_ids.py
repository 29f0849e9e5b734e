"""The station computes unit ids and reads the server's snapshot as the contract says."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from station.model.errors import OperatorError
from station.model.ids import UNIT_NAMESPACE, canonical_serial, new_id, unit_id
from station.outbox.state_cache import StateCache, unit_of

WIRE = Path(__file__).parents[2] / "fixtures/wire/v1"
VECTORS: Any = json.loads((WIRE / "unit-ids.json").read_text(encoding="utf-8"))


def test_the_namespace_is_that_of_the_contract() -> None:
    assert str(UNIT_NAMESPACE) == VECTORS["namespace"]


@pytest.mark.parametrize("vector", VECTORS["vectors"])
def test_each_vector_gives_its_canonical_serial_and_id(vector: dict[str, str]) -> None:
    assert canonical_serial(vector["serial"]) == vector["canonical"]
    assert unit_id(vector["family"], vector["serial"]) == vector["id"]


@pytest.mark.parametrize("serial", VECTORS["refused"])
def test_each_refused_serial_is_refused(serial: str) -> None:
    with pytest.raises(OperatorError):
        canonical_serial(serial)


def test_new_ids_are_version_7_and_sort_by_time() -> None:
    early, late = (new_id(datetime(2026, 11, 23, 8, second, tzinfo=UTC)) for second in (1, 2))
    assert uuid.UUID(early).version == 7 and early < late


def test_the_golden_snapshot_gives_the_family_of_a_known_serial(tmp_path: Path) -> None:
    cache = StateCache(tmp_path / "state.json")
    cache.store((WIRE / "golden/state.json").read_bytes())
    state = cache.valid_at(datetime(2026, 11, 24, tzinfo=UTC))
    assert state is not None and state.version == 3
    assert unit_of(" fjr126110001", state).id == VECTORS["vectors"][0]["id"]
    assert unit_of("X-9", state).family == ""

"""The server's snapshot on the station's disk: what expires, what is refused, which rule wins."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from station.model.errors import OperatorError, ServerError
from station.outbox.state_cache import StateCache, unit_of
from tests.station.runner.bench_pieces import START

RULES = [
    {"family": "FJ-R1", "product": "FJ-R1", "pattern": "FJR1[0-9]{8}"},
    {"family": "ANY", "product": "ANY", "pattern": ".*"},
]


def _snapshot(**changes: Any) -> bytes:
    words = {"schema": "fanji/state/1", "version": 7, "expires_at": "2026-11-30T08:00:00.000000Z"}
    return json.dumps(words | {"serial_rules": RULES} | changes).encode()


def test_a_snapshot_is_kept_until_it_expires(tmp_path: Path) -> None:
    cache = StateCache(tmp_path / "state.json")
    assert cache.version() is None and cache.valid_at(START) is None
    cache.store(_snapshot())
    assert cache.version() == 7
    assert cache.valid_at(START) is not None
    assert cache.valid_at(START + timedelta(days=8)) is None


def test_the_first_rule_that_matches_the_whole_serial_wins(tmp_path: Path) -> None:
    state = StateCache(tmp_path / "state.json").store(_snapshot())
    assert unit_of("fjr126110001", state).family == "FJ-R1"
    assert unit_of("FJR126110001X", state).family == "ANY"
    assert unit_of("FJR126110001", None).family == ""


def test_a_serial_that_cannot_be_used_is_the_operators_matter() -> None:
    with pytest.raises(OperatorError, match="scan the label again"):
        unit_of("  ", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        _snapshot(schema="fanji/state/2"),
        _snapshot(version="7"),
        _snapshot(expires_at="2026-11-30T08:00:00"),
        _snapshot(serial_rules=[RULES[0] | {"pattern": "("}]),
    ],
)
def test_a_snapshot_that_cannot_be_used_leaves_the_last_one(tmp_path: Path, body: bytes) -> None:
    cache = StateCache(tmp_path / "state.json")
    cache.store(_snapshot())
    with pytest.raises(ServerError, match="snapshot"):
        cache.store(body)
    assert cache.version() == 7


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    cache = StateCache(tmp_path / "state.json")
    cache.path.write_bytes(_snapshot()[:40])
    assert cache.version() is None and cache.valid_at(START) is None

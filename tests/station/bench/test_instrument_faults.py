"""Every fault of a line, at every instrument: an error that names it, in time, never a wrong value; then it recovers.

A driver is a row of tests/instrument_benches.py.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.bench import examine, open_bench
from station.config.bench_file import read_bench_file
from station.model.errors import WrongIdentity
from tests.conftest import Bench, start_bench
from tests.instrument_benches import HELPER, INSTRUMENT, ROWS, Row, instrument_world
from tests.instrument_trials import CLOCK, FAULTS, LATE_S, asked, feed, recovers, role_of

MACHINE_S = 3.0
"""What a loaded machine may add to a single one."""


@pytest.fixture(scope="module", params=ROWS, ids=str)
def row(request: pytest.FixtureRequest) -> Row:
    found: Row = request.param
    return found


@pytest.fixture(scope="module")
def box(row: Row, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp(row.driver)
    running = start_bench(instrument_world(folder, row), folder / "bench.toml", 0.0)
    feed(running, row)
    yield running
    running.stop()


@pytest.fixture
def role(box: Bench, row: Row) -> Iterator[Any]:
    with role_of(box, row) as played:
        yield played


@pytest.mark.parametrize("fault", FAULTS)
def test_what_spoils_every_answer_is_an_error_in_time_and_is_over_when_the_fault_is(
    box: Bench, row: Row, role: Any, fault: str
) -> None:
    took_s: list[float] = []
    box.control("fault", device=INSTRUMENT, fault=fault, on=True, **FAULTS[fault])
    try:
        assert asked(row, role, 3, took_s) == 0
    finally:
        box.control("fault", device=INSTRUMENT, fault=fault, on=False)
    assert statistics.median(took_s) < row.longest_s + LATE_S
    assert max(took_s) < row.longest_s + MACHINE_S
    assert recovers(row, role)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_spoils_some_answers_never_makes_a_wrong_value(box: Bench, row: Row, role: Any, fault: str) -> None:
    box.control("fault", device=INSTRUMENT, fault=fault, on=True, probability=0.15, **FAULTS[fault])
    try:
        asked(row, role, 6)
    finally:
        box.control("fault", device=INSTRUMENT, fault=fault, on=False)
    assert recovers(row, role)


def test_an_answer_in_pieces_is_a_whole_answer(box: Bench, row: Row, role: Any) -> None:
    box.control("fault", device=INSTRUMENT, fault="split", on=True, parts=3, seconds=0.002)
    try:
        assert any(asked(row, role, 4) == 4 for _ in range(3))  # a loaded machine may be late for one
    finally:
        box.control("fault", device=INSTRUMENT, fault="split", on=False)


def test_another_instrument_at_the_address_is_named_with_both_identities(box: Bench, row: Row) -> None:
    if row.identity is None:
        return  # it cannot say who it is
    box.control("fault", device=INSTRUMENT, fault="wrong_identity", on=True)
    try:
        with pytest.raises(WrongIdentity, match=f"{INSTRUMENT}: expected .* found NOBODY,NOTHING,0"):
            open_bench(read_bench_file(box.bench_file), CLOCK, {INSTRUMENT})
    finally:
        box.control("fault", device=INSTRUMENT, fault="wrong_identity", on=False)


def test_swapped_addresses_of_two_instruments_are_found_out(box: Bench, tmp_path: Path) -> None:
    text = box.bench_file.read_text(encoding="utf-8")
    first, second = box.address[INSTRUMENT], box.address[HELPER]
    swapped = tmp_path / "swapped.toml"
    swapped.write_text(text.replace(first, "*").replace(second, first).replace("*", second), encoding="utf-8")
    reports = {report.name: report for report in examine(read_bench_file(swapped), CLOCK)}
    assert reports[INSTRUMENT].problem, reports[INSTRUMENT]
    assert reports[HELPER].problem, reports[HELPER]


def test_a_line_that_is_cut_is_an_error_that_names_the_instrument(box: Bench, row: Row, role: Any) -> None:
    took_s: list[float] = []
    box.control("fault", device=INSTRUMENT, fault="close", on=True)
    assert asked(row, role, 3, took_s) == 0
    assert statistics.median(took_s) < row.longest_s + LATE_S

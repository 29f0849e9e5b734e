"""Every fault of a line, at every supply: an error that names the instrument, never a wrong value; then it recovers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from station.bench import examine, open_bench
from station.config.bench_file import read_bench_file
from station.drivers.supply_models import SUPPLY_MODELS
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import link_to
from station.model.clock import wait_until
from station.model.errors import InstrumentError, LinkError, WrongIdentity
from station.model.roles import Supply
from tests.conftest import Bench, start_bench
from tests.supply_benches import FEEDS, HELPER, PSU, supply_world

CLOCK = SystemClock()
VOLTS = 12.0
TIMEOUT_S = 0.12
RECOVERY_S = 3.0
FAULTS: Mapping[str, Mapping[str, float]] = {"drop": {}, "delay": {"seconds": 0.4}, "stale": {}, "garbage": {}}
MODELS = ("hmp4040", "e36312a", "dp832", "spd3303x", "spd1168x", "it6322a", "it6832a", "gpd3303s")
"""One of each driver; the other models are rows of the same phrases."""


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def box(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp(model)
    running = start_bench(supply_world(folder, model, FEEDS.get(model, FEEDS["dp832"])), folder / "bench.toml", 0.0)
    yield running
    running.stop()


@pytest.fixture
def psu(box: Bench, model: str) -> Iterator[tuple[Link, Supply]]:
    """The output under test, on and at 12 V without a load, over a link of its own."""
    link = link_to(PSU, read_bench_file(box.bench_file).instruments[PSU].address, CLOCK)
    link.open(TIMEOUT_S)
    instrument = SUPPLY_MODELS[model].opened(link, CLOCK, TIMEOUT_S)
    instrument.begin()
    feed = next(feed for feed in FEEDS.get(model, FEEDS["dp832"]) if feed.instrument == PSU)
    output = instrument.output(feed.channel)
    output.set(VOLTS, 0.5)
    output.switch_on()
    yield link, output
    link.close()


def readings(output: Supply, count: int) -> int:
    """Read ``count`` times; each reading is right or raises an error that names the supply; how many were right."""
    right = 0
    for index in range(count):
        try:
            reading = output.read_a() if index % 2 else output.read_v()
        except (LinkError, InstrumentError) as error:
            assert str(error).startswith(f"{PSU}: ")
            continue
        assert reading.value == pytest.approx(0.0 if index % 2 else VOLTS, abs=0.06)
        right += 1
    return right


def recovers(output: Supply) -> bool:
    """Whether it reads right again; on a serial line late answers may have to run dry first."""
    return wait_until(CLOCK, lambda: readings(output, 4) == 4, CLOCK.now() + RECOVERY_S, 0.05)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_spoils_every_answer_is_an_error_and_is_over_when_the_fault_is(
    box: Bench, psu: tuple[Link, Supply], fault: str
) -> None:
    _, output = psu
    box.control("fault", device=PSU, fault=fault, on=True, **FAULTS[fault])
    try:
        assert readings(output, 3) == 0
    finally:
        box.control("fault", device=PSU, fault=fault, on=False)
    assert recovers(output)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_spoils_some_answers_never_makes_a_wrong_value(box: Bench, psu: tuple[Link, Supply], fault: str) -> None:
    _, output = psu
    box.control("fault", device=PSU, fault=fault, on=True, probability=0.15, **FAULTS[fault])
    try:
        readings(output, 6)
    finally:
        box.control("fault", device=PSU, fault=fault, on=False)
    assert recovers(output)


def test_an_answer_in_pieces_is_a_whole_answer(box: Bench, psu: tuple[Link, Supply]) -> None:
    box.control("fault", device=PSU, fault="split", on=True, parts=3, seconds=0.002)
    try:
        assert readings(psu[1], 4) == 4
    finally:
        box.control("fault", device=PSU, fault="split", on=False)


def test_another_instrument_at_the_address_is_named_with_both_identities(box: Bench) -> None:
    bench = read_bench_file(box.bench_file)
    role = next(role for role in ("supply", "acc") if bench.roles[role].instrument == PSU)
    box.control("fault", device=PSU, fault="wrong_identity", on=True)
    try:
        with pytest.raises(WrongIdentity, match=f"{PSU}: expected .* found NOBODY,NOTHING,0"):
            open_bench(bench, CLOCK, {role})
    finally:
        box.control("fault", device=PSU, fault="wrong_identity", on=False)


def test_swapped_addresses_of_two_supplies_are_found_out(box: Bench, tmp_path: Path) -> None:
    text = box.bench_file.read_text(encoding="utf-8")
    first, second = box.address[PSU], box.address[HELPER]
    swapped = tmp_path / "swapped.toml"
    swapped.write_text(text.replace(first, "*").replace(second, first).replace("*", second), encoding="utf-8")
    bench = read_bench_file(swapped)
    reports = {report.name: report for report in examine(bench, CLOCK)}
    assert reports[PSU].problem, reports[PSU]
    assert reports[HELPER].problem, reports[HELPER]


def test_a_line_that_is_cut_is_an_error_that_names_the_supply(box: Bench, psu: tuple[Link, Supply]) -> None:
    box.control("fault", device=PSU, fault="close", on=True)
    assert readings(psu[1], 2) == 0

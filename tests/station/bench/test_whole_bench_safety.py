"""On the benches as they are shipped make-safe leaves nothing on: no carrier, no sine, no load, no relay, no supply."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from station.bench import check_bench, make_safe, open_bench
from station.config.bench_file import BenchFile, read_bench_file
from station.link.clock import SystemClock
from station.model.errors import ConfigError
from station.model.run_record import SafeAction
from tests.conftest import WORLDS, Bench, start_bench

CLOCK = SystemClock()
ORDER = ["rf", "audio", "load", "relays", "acc", "supply"]
UNITS = {"radio": "FJR526110001", "navigation": "FJN726110001"}
INSTRUMENTS = {
    "radio": {"rf": "generator", "audio": "sine", "load": "load", "relays": "relays", "acc": "psu", "supply": "psu"},
    "navigation": {
        "rf": "generator",
        "audio": "analyser",
        "load": "load",
        "relays": "relays",
        "acc": "psu",
        "supply": "psu",
    },
}
"""Which device is switched off for each role."""


@pytest.fixture(scope="module", params=UNITS)
def box(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Bench]]:
    folder = tmp_path_factory.mktemp(request.param)
    running = start_bench(WORLDS / f"{request.param}.world.toml", folder / "bench.toml", 1.0)
    running.control("insert", unit=UNITS[request.param])
    yield request.param, running
    running.stop()


def all_on(running: Bench) -> BenchFile:
    """Everything on that can be, as a killed run leaves it, and the station's links gone."""
    bench_file = read_bench_file(running.bench_file)
    opened = open_bench(bench_file, CLOCK, ORDER)
    roles: dict[str, Any] = dict(opened.roles)
    for name in ("supply", "acc"):
        roles[name].set(14.4, 3.0)
        roles[name].switch_on()
    roles["relays"].close("usb_load")
    roles["load"].draw(0.1)
    roles["rf"].tune(98e6, 60.0)
    roles["audio"].generate(1000.0, 0.1)
    opened.close()
    truth = running.truth()
    assert truth["antenna"] is not None and truth["line_in"] != [] and truth["relays"]["closed"] != []
    return bench_file


def timed(bench_file: BenchFile) -> tuple[tuple[SafeAction, ...], float]:
    start = time.monotonic()
    return make_safe(bench_file, CLOCK), time.monotonic() - start


def test_everything_is_off_and_proved_within_a_second(box: tuple[str, Bench]) -> None:
    _, running = box
    actions, took_s = timed(all_on(running))
    assert [(action.role, action.is_proved) for action in actions] == [(role, True) for role in ORDER]
    assert [action.detail for action in actions[:2]] == ["carrier off", "sine off"]
    truth = running.truth()
    assert truth["antenna"] is None and truth["line_in"] == [] and truth["relays"]["closed"] == []
    assert not any(output["is_on"] for output in truth["outputs"].values())
    assert took_s < 1.0


def with_fault(running: Bench, devices: Sequence[str], is_on: bool) -> None:
    for device in devices:
        running.control("fault", device=device, fault="drop", on=is_on)


@pytest.mark.parametrize("dead", [("rf", "audio"), ("audio",), tuple(ORDER)], ids=["sources", "sine", "all"])
def test_dead_instruments_keep_no_other_on_and_make_safe_within_its_second(
    box: tuple[str, Bench], dead: tuple[str, ...]
) -> None:
    world, running = box
    bench_file = all_on(running)
    devices = sorted({INSTRUMENTS[world][role] for role in dead})
    with_fault(running, devices, True)
    try:
        actions, took_s = timed(bench_file)
        truth = running.truth()
    finally:
        with_fault(running, devices, False)
    assert {action.role for action in actions if not action.is_proved} == set(dead)
    assert truth["line_in"] == [] or "audio" in dead
    assert "supply" in dead or not any(output["is_on"] for output in truth["outputs"].values())
    assert took_s < 1.05


@pytest.mark.parametrize("forgotten", ORDER)
def test_a_bench_that_forgets_one_of_them_is_refused(box: tuple[str, Bench], tmp_path: Path, forgotten: str) -> None:
    _, running = box
    text = running.bench_file.read_text(encoding="utf-8")
    file = tmp_path / "bench.toml"
    file.write_text(_without(text, forgotten), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"roles\.{forgotten}: .* not in make_safe\.order: nothing would "):
        check_bench(read_bench_file(file))


def _without(text: str, role: str) -> str:
    head, order = text[: text.index("order = [")], [name for name in ORDER if name != role]
    return f"{head}order = {order}\n"

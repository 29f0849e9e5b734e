"""The steps of the links with real drivers on a bench in a box: a good unit passes, each fault of a link is caught."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from station.bench import OpenBench, open_bench
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock
from station.model.clock import wait_until
from station.model.reading import Reading
from station.model.roles import HeadUnit, Load, Scale, Supply
from station.runner.step import Step
from station.sequences.steps import links, packing
from tests.conftest import Bench, start_bench
from tests.desk_bench import UNIT, desk_world
from tests.station.sequences.link_limits import outcome

CLOCK = SystemClock()
STEPS = (
    links.bluetooth,
    links.usb_storage,
    links.usb_charging,
    links.sd_card,
    links.gnss_reception,
    links.gnss_first_fix,
    links.antenna_diagnosis,
)
CAUGHT_BY: Mapping[str, Step] = {
    "deaf_bluetooth": links.bluetooth,
    "dead_usb": links.usb_storage,
    "weak_usb": links.usb_charging,
    "usb_limits_early": links.usb_charging,
    "usb_stuck": links.usb_storage,
    "dead_sd_slot": links.sd_card,
    "sd_stuck": links.sd_card,
    "deaf_gnss": links.gnss_reception,
    "keeps_its_fix": links.gnss_first_fix,
}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("desk")
    running = start_bench(desk_world(folder), folder / "bench.toml", 0.0)
    running.control("insert", unit=UNIT)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def opened(box: Bench) -> Iterator[OpenBench]:
    """All roles, and the unit awake."""
    bench = open_bench(read_bench_file(box.bench_file), CLOCK)
    for name in ("supply", "acc"):
        output: Supply = bench.roles[name]  # type: ignore[assignment]
        output.set(14.4, 3.0)
        output.switch_on()
    dut: HeadUnit = bench.roles["dut"]  # type: ignore[assignment]
    assert wait_until(CLOCK, dut.is_ready, CLOCK.now() + 5.0, 0.05)
    yield bench
    bench.close()


def played_on(opened: OpenBench, tmp_path: Path, step: Step) -> tuple[dict[str, object], str, str]:
    return outcome(tmp_path, step, **{role: opened.roles[role] for role in step.roles})


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_good_unit_passes_and_nothing_stays_connected(opened: OpenBench, tmp_path: Path, step: Step) -> None:
    values, result, message = played_on(opened, tmp_path, step)
    assert (result, message) == ("PASS", ""), values
    assert values.keys() == step.declaration.measures.keys()


@pytest.mark.parametrize("fault", CAUGHT_BY)
def test_a_fault_of_a_link_is_caught_by_its_step(box: Bench, opened: OpenBench, tmp_path: Path, fault: str) -> None:
    box.control("unit_fault", unit=UNIT, fault=fault)
    try:
        assert played_on(opened, tmp_path, CAUGHT_BY[fault])[1] == "FAIL"
    finally:
        box.control("unit_fault", unit=UNIT, fault=fault, on=False)


@pytest.mark.parametrize("load", ["load", "spare_load"])
def test_the_port_is_as_good_with_another_load(opened: OpenBench, tmp_path: Path, load: str) -> None:
    roles = {"relays": opened.roles["relays"], "load": opened.roles[load]}
    values, result, message = outcome(tmp_path, links.usb_charging, **roles)
    assert (result, message) == ("PASS", "")
    assert values["usb_voltage_1a"] == pytest.approx(4.90, abs=0.06)
    assert values["usb_voltage_1a5"] == pytest.approx(4.84, abs=0.06)


def test_the_last_units_kit_on_the_pan_is_no_weight(box: Bench, opened: OpenBench, tmp_path: Path) -> None:
    box.control("weigh", device="scale", grams=412.5)
    try:
        says = {packing.EMPTY_PAN[1]: "no"}
        values, result, _ = outcome(tmp_path, packing.kit_weight, says, scale=opened.roles["scale"])
    finally:
        box.control("weigh", device="scale", grams=0.0)
    assert (values, result) == ({}, "ABORTED")


@dataclass
class IdleLoad:
    """A load whose input stays off whatever it is told; the port's full voltage is at its terminals."""

    load: Load

    def draw(self, amperes_a: float) -> None:
        self.load.switch_off()

    def switch_off(self) -> None:
        self.load.switch_off()

    def read_v(self) -> Reading:
        return self.load.read_v()

    def read_a(self) -> Reading:
        return self.load.read_a()


def test_a_load_that_draws_nothing_is_never_a_good_port(opened: OpenBench, tmp_path: Path) -> None:
    load: Load = opened.roles["load"]  # type: ignore[assignment]
    roles = {"relays": opened.roles["relays"], "load": IdleLoad(load)}
    values, result, message = outcome(tmp_path, links.usb_charging, **roles)
    assert (values, result) == ({}, "ERROR")
    assert message.startswith("load: draws 0 A instead of 1 A, though the port gives 5.0")


@dataclass
class LoadedOnceSeen:
    """The scale; somebody puts the kit on it when its pan has been seen."""

    scale: Scale
    box: Bench

    def read_g(self, longest_s: float) -> Reading:
        reading = self.scale.read_g(longest_s)
        if abs(reading.value) < 1.0:
            self.box.control("weigh", device="scale", grams=412.5)
        return reading


def test_the_label_is_scanned_and_the_kit_is_weighed(box: Bench, opened: OpenBench, tmp_path: Path) -> None:
    hand = threading.Timer(0.3, lambda: box.control("scan", device="scanner", code="FJR126110001"))
    hand.start()
    assert played_on(opened, tmp_path, packing.label_serial)[:2] == ({"label_serial": "FJR126110001"}, "PASS")
    hand.join()
    scale: Scale = opened.roles["scale"]  # type: ignore[assignment]
    values, result, _ = outcome(tmp_path, packing.kit_weight, scale=LoadedOnceSeen(scale, box))
    assert (values["kit_weight"], result) == (pytest.approx(412.5, abs=0.05), "PASS")

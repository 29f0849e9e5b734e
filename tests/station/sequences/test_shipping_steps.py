"""The factory reset: done and not only accepted, and every item of the shipping state read after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from station.model.reading import TextReading
from station.runner.step import Step
from station.sequences.steps import shipping
from tests.station.runner.bench_pieces import START, plan_of, played, row

SHIPPED = {
    "phones": "0",
    "contacts": "0",
    "history": "0",
    "wifi": "0",
    "language": "zh",
    "volume": "12",
    "source": "tuner",
    "preset1": "0",
    "band": "fm",
    "frequency": "87500",
    "fader": "0",
    "balance": "0",
    "mute": "0",
}
"""docs/fj-head-units.md, "Shipping state"."""

CONDITIONS = '[conditions.longest_reset]\nvalue = 3.0\nunit = "s"\nsource = "this test"\n'
each_reset = pytest.mark.parametrize("step", [shipping.factory_reset, shipping.navigation_reset], ids=lambda s: s.name)


@dataclass
class Owned:
    """A unit as its last owner left it; the reset does not reach ``kept``, and takes a few looks."""

    kept: str = ""
    is_reset: bool = True
    looks: int = 0
    items: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SHIPPED, "5"))

    def write(self, item: str, value: str) -> None:
        self.items[item] = value

    def act(self, action: str) -> None:
        assert action == "factory_reset"
        self.looks = 3

    def read(self, item: str) -> TextReading:
        if self.looks and self.is_reset:
            self.looks -= 1
            if not self.looks:
                self.items = {**SHIPPED, **({self.kept: self.items[self.kept]} if self.kept else {})}
        return TextReading(self.items[item], "dut", START)


def outcome(tmp_path: Path, step: Step, unit: Owned) -> tuple[set[str], str, str]:
    """The measurements that failed, the step's outcome and its message."""
    items = shipping.NAVIGATION_ITEMS
    limits = "".join(row(name, "equals", expected=[SHIPPED[items[name]]]) for name in step.declaration.measures)
    _, record = played(plan_of(tmp_path, [step], CONDITIONS + limits), dut=unit)
    (told,) = record.steps
    return {each.limit.name for each in record.measurements if each.outcome == "FAIL"}, told.outcome, told.message


@each_reset
def test_a_unit_that_is_reset_is_as_it_ships(tmp_path: Path, step: Step) -> None:
    assert outcome(tmp_path, step, Owned()) == (set(), "PASS", "")


@each_reset
def test_a_reset_that_was_only_accepted_is_none(tmp_path: Path, step: Step) -> None:
    found = outcome(tmp_path, step, Owned(is_reset=False))
    assert found == (set(), "FAIL", "the factory reset has not taken effect after 3 s")


@pytest.mark.parametrize("name", sorted(set(shipping.NAVIGATION_ITEMS) - {"shipped_preset"}))
def test_what_the_reset_does_not_reach_fails_by_its_own_name(tmp_path: Path, name: str) -> None:
    unit = Owned(kept=shipping.NAVIGATION_ITEMS[name])
    assert outcome(tmp_path, shipping.navigation_reset, unit)[:2] == ({name}, "FAIL")


def test_the_radios_reset_reads_all_but_what_a_radio_does_not_have() -> None:
    assert set(shipping.NAVIGATION_ITEMS) - set(shipping.SHIPPED_ITEMS) == {"destinations", "networks"}

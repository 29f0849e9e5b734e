"""B+ as the supply itself measures it, watched while a unit is tested: what no step has an eye on meanwhile.

Monitors for units whose bench names the output of B+ a second time, as roles that only read it.
"""

from __future__ import annotations

from station.model.reading import Reading
from station.model.roles import Ammeter, Multimeter
from station.runner.monitor import monitor

EVERY_S = 0.25
"""Estimate: a reading takes some 20 ms of the supply, which hardly keeps a step of the same supply waiting."""
AT_LEAST = 5
"""Estimate: the shortest plan leaves the supply alone for many times as long; fewer samples watch nothing."""


@monitor(
    zh="供电电压监视",
    en="B+ meanwhile",
    unit="V",
    every_s=EVERY_S,
    at_least=AT_LEAST,
    measures={"feed_voltage_lowest": "minimum", "feed_voltage_highest": "maximum"},
)
def feed_voltage(feed: Multimeter) -> Reading:
    """The voltage at the output: it falls where the unit draws more than the supply's limit, however short."""
    return feed.read_v("b_plus", 0.0)


@monitor(
    zh="供电电流监视",
    en="Current from B+ meanwhile",
    unit="A",
    every_s=EVERY_S,
    at_least=AT_LEAST,
    measures={"feed_current_highest": "maximum"},
    trips=True,
)
def feed_current(feed_current: Ammeter) -> Reading:
    """The current out of it, which ends the run where it is too high: a unit that burns is not tested on."""
    return feed_current.read_a(0.0)

"""One circuit: what the supply delivers is what the unit gets and what the probes see."""

from __future__ import annotations

import time

import pytest

from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.device import SimClock
from fixtures.sim.head_unit import HeadUnit, State
from fixtures.sim.jig import JigProbes
from fixtures.sim.nor import Nor
from fixtures.sim.world import World

B_PLUS, ACC = 1, 2


class HandClock(SimClock):
    """A clock that the test moves."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds


class Jig:
    """A world with a unit in it, at hand-made time."""

    def __init__(self, scale: float = 1.0) -> None:
        self.clock = HandClock(scale)
        self.world = World(self.clock, B_PLUS, ACC)
        self.unit = HeadUnit("FJR126110003", "1.4.2", 1, Nor(chip_kinds()["W25Q64JV"], bytes(8), self.clock))
        self.world.insert(self.unit)
        self.probes = JigProbes(self.world)

    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds
        self.world.catch_up()

    def switch_on(self, volts_v: float = 14.4, limit_a: float = 2.0) -> None:
        self.world.drive(B_PLUS, volts_v, limit_a, True)
        self.world.drive(ACC, volts_v, 1.0, True)


@pytest.fixture
def jig() -> Jig:
    return Jig()


def test_the_unit_gets_the_supplys_volts_less_the_drop_of_harness_and_shunt(jig: Jig) -> None:
    jig.switch_on()
    jig.wait(3.0)
    current_a = jig.world.current_a(B_PLUS)
    assert current_a == pytest.approx(0.41, rel=0.05)
    assert jig.probes.volts_v(1) == pytest.approx(14.4 - 0.15 * current_a)
    assert jig.probes.volts_v(2) == 14.4
    assert jig.probes.volts_v(7) == pytest.approx(0.1 * current_a)


def test_the_unit_draws_its_power_at_its_own_volts(jig: Jig) -> None:
    jig.switch_on()
    jig.wait(3.0)
    assert jig.probes.volts_v(1) * jig.world.current_a(B_PLUS) == pytest.approx(jig.unit.traits.idle_w, rel=1e-4)


@pytest.mark.parametrize("channel", [1, 2, 3, 4, 5, 6, 7])
def test_an_empty_jig_shows_nothing_of_a_unit(jig: Jig, channel: int) -> None:
    jig.switch_on()
    jig.wait(3.0)
    jig.world.insert(None)
    expected = 14.4 if channel in (1, 2) else 0.0
    assert jig.probes.volts_v(channel) == expected
    assert jig.world.current_a(B_PLUS) == 0.0


def test_open_inputs_read_nothing(jig: Jig) -> None:
    jig.switch_on()
    assert [jig.probes.volts_v(channel) for channel in (None, 8, 10)] == [0.0, 0.0, 0.0]


def test_an_output_that_is_switched_off_is_at_zero_volts_within_fifty_milliseconds(jig: Jig) -> None:
    jig.switch_on()
    jig.wait(3.0)
    jig.world.drive(B_PLUS, 14.4, 2.0, False)
    jig.wait(0.005)
    assert 2.0 < jig.world.volts_v(B_PLUS) < 14.0
    jig.wait(0.045)
    assert jig.world.volts_v(B_PLUS) == 0.0
    assert jig.unit.state is State.OFF


def test_a_short_interruption_is_a_dip_not_a_power_down(jig: Jig) -> None:
    jig.switch_on()
    jig.wait(3.0)
    jig.world.drive(B_PLUS, 14.4, 2.0, False)
    jig.wait(0.004)
    jig.world.drive(B_PLUS, 14.4, 2.0, True)
    jig.wait(0.1)
    assert jig.unit.state is State.AWAKE


def test_too_low_a_current_limit_pulls_the_volts_down_and_the_unit_never_boots(jig: Jig) -> None:
    jig.switch_on(limit_a=0.3)
    lowest_v, states = 99.0, set()
    for _ in range(600):
        jig.wait(0.01)
        assert jig.world.current_a(B_PLUS) <= 0.3
        lowest_v = min(lowest_v, jig.world.volts_v(B_PLUS))
        states.add(jig.unit.state)
    assert lowest_v < 8.0
    assert State.AWAKE not in states


def test_an_hour_that_nobody_looked_at_is_on_the_units_uptime(jig: Jig) -> None:
    jig.switch_on()
    jig.wait(3600.0)
    assert jig.world.listener() == (jig.unit, pytest.approx(3600.0))
    assert jig.unit.uptime_s(3600.0) == pytest.approx(3600.0 - jig.unit.traits.boot_s, abs=0.05)


def test_time_passes_faster_at_a_smaller_scale() -> None:
    jig = Jig(scale=0.1)
    jig.switch_on()
    jig.wait(0.15)
    assert jig.unit.state is State.BOOTING
    jig.wait(0.10)
    assert jig.unit.state is State.AWAKE


def test_at_scale_zero_every_change_has_already_settled() -> None:
    jig = Jig(scale=0.0)
    jig.switch_on()
    assert jig.unit.state is State.AWAKE
    jig.world.drive(ACC, 14.4, 1.0, False)
    assert jig.world.current_a(B_PLUS) == pytest.approx(jig.unit.traits.asleep_a, rel=0.001)
    jig.world.drive(B_PLUS, 14.4, 2.0, False)
    assert jig.world.volts_v(B_PLUS) == 0.0


def test_an_unloaded_channel_keeps_what_it_is_set_to(jig: Jig) -> None:
    jig.world.drive(3, 12.0, 1.0, True)
    assert (jig.world.volts_v(3), jig.world.current_a(3)) == (12.0, 0.0)


def test_a_long_playing_world_answers_quickly(jig: Jig) -> None:
    jig.switch_on(limit_a=0.3)
    started = time.process_time()
    jig.wait(86400.0)
    assert time.process_time() - started < 1.0

"""The GNSS receiver of a simulated FJ-N7 keeps its data sheet: docs/fj-head-units.md, "GNSS"."""

from __future__ import annotations

import pytest

from fixtures.sim.surroundings import ANTENNA_OPEN, ANTENNA_SHORT
from fixtures.sim.unit.gnss import Gnss
from fixtures.sim.unit.nmea_sentences import Satellite, framed, gsv
from fixtures.sim.unit.part import Body
from fixtures.sim.unit_traits import UnitTraits, draw_traits, with_faults

SERIALS = tuple(f"FJN72612{number:04d}" for number in range(20))


def traits_of(serial: str) -> UnitTraits:
    return draw_traits(serial, 20261, "FJ-N7")


class Jig:
    """A receiver, its surroundings, and somebody on the wire."""

    def __init__(self, traits: UnitTraits) -> None:
        self.body = Body(traits)
        self.gnss = Gnss(self.body)
        self.heard: list[str] = []
        self.body.surroundings.nmea_listeners.append(lambda data: self.heard.append(data.decode("ascii")))

    def wake(self, at: float) -> None:
        self.body.is_awake, self.body.awake_since = True, at

    def live(self, until: float, begin: float = 0.0) -> None:
        """Let time pass in steps of 10 ms."""
        for step in range(round((until - begin) / 0.01) + 1):
            for watch in self.body.watchers:
                watch(begin + step * 0.01)

    def fixed_at(self) -> list[int]:
        """Which of the cycles reported a fix."""
        return [number for number, cycle in enumerate(self.heard, 1) if "RMC" in cycle and ",A," in cycle.split("*")[0]]


def levels(cycle: str) -> list[str]:
    """C/N0 of each satellite, empty where it is not tracked."""
    sky = [line.split("*")[0].split(",")[4:] for line in cycle.splitlines() if "GSV" in line]
    return [fields[place] for fields in sky for place in range(3, len(fields), 4)]


def test_a_frame_has_the_checksum_of_the_published_sentence() -> None:
    assert framed("GPGLL,4717.11364,N,00833.91565,E,092321.00,A,A") == (
        "$GPGLL,4717.11364,N,00833.91565,E,092321.00,A,A*60\r\n"
    )
    published = [(23, 38, 230, 44), (29, 71, 156, 47), (7, 29, 116, 41), (8, 9, 81, 36), (10, 7, 189, None)]
    sentences = gsv([Satellite(*each) for each in published])
    assert sentences[0].startswith("$GPGSV,2,1,05,23,38,230,44,29,71,156,47,07,29,116,41,08,09,081,36*")
    assert sentences[1].startswith("$GPGSV,2,2,05,10,07,189,*")


@pytest.mark.parametrize("serial", SERIALS)
def test_it_says_five_sentences_a_second_with_right_checksums(serial: str) -> None:
    jig = Jig(traits_of(serial))
    jig.wake(0.0)
    jig.live(10.0)
    assert len(jig.heard) == 10
    for cycle in jig.heard:
        lines = cycle.splitlines()
        assert [line[1:6] for line in lines] == ["GNRMC", "GNGGA", "GPGSV", "GPGSV", "GPGSV"]
        assert all(line == framed(line[1:-3]).strip() for line in lines)
        assert {line.split(",")[3] for line in lines[2:]} == {"12"}


@pytest.mark.parametrize("serial", SERIALS)
def test_the_signal_is_42_dbhz_within_a_decibel_a_unit_and_half_a_one_a_satellite(serial: str) -> None:
    jig = Jig(traits_of(serial))
    jig.wake(0.0)
    jig.live(3.0)
    found = [int(level) for level in levels(jig.heard[-1])]
    assert len(found) == 12
    assert all(abs(level - 42) <= 2 for level in found)
    assert sum(found) / 12 == pytest.approx(42.0, abs=1.5)


@pytest.mark.parametrize("serial", SERIALS)
def test_a_hot_start_has_its_fix_in_the_second_cycle_and_a_cold_start_in_the_third_after_it(serial: str) -> None:
    jig = Jig(traits_of(serial))
    jig.wake(5.0)
    jig.live(10.1, begin=5.0)
    assert jig.fixed_at() == [2, 3, 4, 5]
    jig.gnss.actions()["gnss_cold_start"](10.1)
    jig.live(15.0, begin=10.1)
    assert jig.fixed_at() == [2, 3, 4, 5, 8, 9, 10]


def test_a_receiver_that_ignores_a_cold_start_keeps_its_fix() -> None:
    jig = Jig(with_faults(traits_of(SERIALS[0]), {"keeps_its_fix"}))
    jig.wake(0.0)
    jig.live(3.1)
    jig.gnss.actions()["gnss_cold_start"](3.1)
    jig.live(6.0, begin=3.1)
    assert jig.fixed_at() == [2, 3, 4, 5, 6]


def test_the_fix_comes_when_its_time_is_over() -> None:
    traits = traits_of(SERIALS[0])
    jig = Jig(traits)
    jig.wake(0.0)
    jig.live(0.5)
    assert ",V," in jig.gnss.sentences(traits.first_fix_s - 0.001)
    assert ",A," in jig.gnss.sentences(traits.first_fix_s + 0.001)


@pytest.mark.parametrize(("coil", "word"), [(ANTENNA_OPEN, "open"), (ANTENNA_SHORT, "short")])
def test_without_an_antenna_there_is_no_fix_and_no_level(coil: int, word: str) -> None:
    jig = Jig(traits_of(SERIALS[0]))
    antenna = jig.gnss.items()["antenna"]
    jig.wake(0.0)
    jig.live(3.0)
    assert antenna.get(3.0) == "ok"
    jig.body.surroundings.closed = frozenset({coil})
    jig.live(6.0, begin=3.0)
    assert antenna.get(6.0) == word
    assert ",V," in jig.heard[-1]
    assert levels(jig.heard[-1]) == [""] * 12
    jig.body.surroundings.closed = frozenset()
    jig.live(9.0, begin=6.0)
    assert jig.fixed_at() == [2, 3, 8, 9]


def test_a_unit_that_is_asleep_says_nothing_and_begins_anew_when_it_wakes() -> None:
    jig = Jig(traits_of(SERIALS[0]))
    jig.live(3.0)
    assert jig.heard == []
    jig.wake(3.0)
    jig.live(6.0, begin=3.0)
    jig.body.is_awake = False
    jig.live(9.0, begin=6.0)
    assert len(jig.heard) == 3


def test_of_a_long_time_that_nobody_looked_only_the_last_second_is_said() -> None:
    jig = Jig(traits_of(SERIALS[0]))
    jig.wake(0.0)
    for watch in jig.body.watchers:
        watch(0.0)
        watch(25.5)
    assert len(jig.heard) == 1
    assert jig.heard[0] == jig.gnss.sentences(25.0)

"""The tuner of a simulated unit keeps its data sheet: docs/fj-head-units.md, "Tuner"."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fixtures.sim.surroundings import Line, Programme, RfSignal
from fixtures.sim.unit.memory import Memory
from fixtures.sim.unit.part import Body, Refusal
from fixtures.sim.unit.tuner import Tuner
from fixtures.sim.unit_traits import UnitTraits, draw_traits, with_faults

SERIALS = tuple(f"FJR52612{number:04d}" for number in range(40))
MONO = RfSignal(98e6, 60.0, fm_deviation_hz=22_500.0)
STEREO = replace(MONO, side="both", pilot_hz=6_750.0)
STATION = replace(STEREO, pi="D3C1", ps="FANJI FM")
LOUD_LEFT = replace(STEREO, side="left", fm_deviation_hz=67_500.0)
AM = RfSignal(999e3, 60.0, am_depth_pct=30.0, audio_hz=400.0)


def traits_of(serial: str) -> UnitTraits:
    return draw_traits(serial, 20261, "FJ-R5")


def tuner_of(traits: UnitTraits, signal: RfSignal | None, band: str = "fm", khz: int = 98000) -> tuple[Tuner, Body]:
    body = Body(traits, is_awake=True)
    body.surroundings.antenna = signal
    tuner = Tuner(body, Memory(body))
    put(tuner, "band", band)
    put(tuner, "frequency", str(khz))
    return tuner, body


def put(tuner: Tuner, item: str, value: str, now: float = 0.0) -> None:
    setter = tuner.items()[item].put
    assert setter is not None
    setter(now, value)


def get(tuner: Tuner, item: str, now: float = 10.0) -> str:
    return tuner.items()[item].get(now)


def programme(traits: UnitTraits, signal: RfSignal | None) -> Programme:
    tuner = tuner_of(traits, signal, "am", 999)[0] if signal and signal.am_depth_pct else tuner_of(traits, signal)[0]
    return tuner.programme(10.0)


def volts(line: Line, frequency_hz: float) -> float:
    return math.sqrt(sum(tone.volts_v**2 for tone in line.tones if tone.frequency_hz == frequency_hz))


def decibels(ratio: float) -> float:
    return 20 * math.log10(ratio)


def snr_db(line: Line, frequency_hz: float = 1000.0) -> float:
    return decibels(volts(line, frequency_hz) / line.noise_v)


@pytest.mark.parametrize("serial", SERIALS)
@pytest.mark.parametrize(
    ("level_dbuv", "typical_db", "within_db"),
    [(12.0, 30.0, 1.5), (13.0, 31.0, 1.5), (30.0, 48.0, 1.5), (60.0, 62.0, 1.0), (2.0, 20.0, 4.5), (0.0, 14.0, 4.5)],
)
def test_fm_signal_to_noise_ratio_follows_the_level(
    serial: str, level_dbuv: float, typical_db: float, within_db: float
) -> None:
    found = programme(traits_of(serial), replace(MONO, level_dbuv_emf=level_dbuv))
    assert snr_db(found.left) == pytest.approx(typical_db, abs=within_db + 1e-6)
    assert snr_db(found.right) == pytest.approx(snr_db(found.left), abs=1e-6)


def test_a_programme_below_the_noise_is_softer_and_the_noise_never_louder_than_without_a_signal() -> None:
    traits = traits_of(SERIALS[0])
    weak = programme(traits, replace(MONO, level_dbuv_emf=traits.fm_sensitivity_dbuv - 20.0))
    assert snr_db(weak.left) == pytest.approx(-10.0, abs=1e-6)
    assert weak.left.noise_v == pytest.approx(0.1, rel=0.15)
    nothing = programme(traits, None)
    assert (nothing.left.tones, nothing.left.noise_v, nothing.right.noise_v) == ((), 0.1, 0.1)


@pytest.mark.parametrize("serial", SERIALS)
def test_stereo_has_its_own_ceiling_separation_and_pilot(serial: str) -> None:
    traits = traits_of(serial)
    both, left = programme(traits, STEREO), programme(traits, LOUD_LEFT)
    right = programme(traits, replace(LOUD_LEFT, side="right"))
    assert snr_db(both.left) == pytest.approx(56.0, abs=1.0)
    for loud, soft in ((left.left, left.right), (right.right, right.left)):
        assert decibels(volts(loud, 1000) / volts(soft, 1000)) == pytest.approx(38.0, abs=2.4)
    loud = programme(traits, replace(STEREO, fm_deviation_hz=67_500.0)).left
    assert decibels(volts(loud, 19_000) / volts(loud, 1000)) == pytest.approx(-50.0, abs=3.0)


def test_separation_falls_to_nothing_with_the_level() -> None:
    traits = replace(traits_of(SERIALS[0]), separation_db=38.0, stereo_from_dbuv=25.0, tuner_balance_db=0.0)
    found = {}
    for level in (25.5, 37.5, 50.0, 80.0):
        line = programme(traits, replace(LOUD_LEFT, level_dbuv_emf=level))
        found[level] = decibels(volts(line.left, 1000) / volts(line.right, 1000))
    assert found[25.5] == pytest.approx(0.76, abs=0.01)
    assert found[37.5] == pytest.approx(19.0, abs=0.01)
    assert found[50.0] == found[80.0] == pytest.approx(38.0, abs=0.01)


def test_one_side_alone_is_as_loud_in_its_channel_as_both() -> None:
    traits = traits_of(SERIALS[0])
    both = volts(programme(traits, replace(STEREO, fm_deviation_hz=67_500.0)).left, 1000)
    assert volts(programme(traits, LOUD_LEFT).left, 1000) == pytest.approx(both, rel=0.02)


@pytest.mark.parametrize(
    ("signal", "is_on"),
    [
        (STEREO, "1"),
        (MONO, "0"),
        (replace(STEREO, level_dbuv_emf=22.0), "0"),
        (replace(STEREO, frequency_hz=98.1e6), "0"),
    ],
)
def test_stereo_needs_a_pilot_and_a_level(signal: RfSignal, is_on: str) -> None:
    assert get(tuner_of(traits_of(SERIALS[0]), signal)[0], "stereo") == is_on


def test_without_stereo_one_side_is_heard_on_both() -> None:
    found = programme(with_faults(traits_of(SERIALS[0]), {"missing_pilot"}), LOUD_LEFT)
    assert abs(decibels(volts(found.left, 1000) / volts(found.right, 1000))) <= 0.4


@pytest.mark.parametrize("serial", SERIALS)
def test_levels_balance_and_distortion_of_fm(serial: str) -> None:
    traits = traits_of(serial)
    found, wide = programme(traits, MONO), programme(traits, replace(MONO, fm_deviation_hz=75_000.0))
    assert abs(decibels(volts(found.left, 1000) / volts(found.right, 1000))) <= 0.4
    assert decibels(volts(found.left, 1000) / 0.15) == pytest.approx(0.0, abs=0.5 + 0.2)
    assert volts(wide.left, 1000) / volts(found.left, 1000) == pytest.approx(75 / 22.5, rel=1e-6)
    for line, typical in ((found.left, 0.0035), (wide.left, 0.005)):
        second, third = volts(line, 2000), volts(line, 3000)
        assert second == pytest.approx(third)
        assert math.hypot(second, third) / volts(line, 1000) == pytest.approx(typical, rel=0.2)


def test_high_notes_are_softer_by_the_de_emphasis() -> None:
    traits = traits_of(SERIALS[0])
    low, high = programme(traits, MONO), programme(traits, replace(MONO, audio_hz=10_000.0))
    assert decibels(volts(high.left, 10_000) / volts(low.left, 1000)) == pytest.approx(-9.95, abs=0.05)


@pytest.mark.parametrize("serial", SERIALS)
def test_am_keeps_its_part_of_the_sheet(serial: str) -> None:
    traits = traits_of(serial)
    at_30 = programme(traits, replace(AM, level_dbuv_emf=30.0)).left
    strong, deep = programme(traits, AM).left, programme(traits, replace(AM, am_depth_pct=80.0)).left
    assert snr_db(at_30, 400) == pytest.approx(20.0, abs=2.0)
    assert snr_db(programme(traits, replace(AM, level_dbuv_emf=90.0)).left, 400) == pytest.approx(52.0, abs=1.0)
    assert decibels(volts(strong, 400) / 0.15) == pytest.approx(0.0, abs=0.5 + 0.2)
    for line, typical in ((strong, 0.009), (deep, 0.02)):
        assert math.hypot(volts(line, 800), volts(line, 1200)) / volts(line, 400) == pytest.approx(typical, rel=0.2)


def test_a_signal_of_another_channel_or_kind_is_not_heard() -> None:
    traits = traits_of(SERIALS[0])
    assert not tuner_of(traits, replace(MONO, frequency_hz=98.05e6))[0].programme(10.0).left.tones
    assert not programme(traits, replace(MONO, fm_deviation_hz=0.0)).left.tones


def test_rds_comes_some_time_after_tuning() -> None:
    tuner, body = tuner_of(traits_of(SERIALS[0]), STATION)
    put(tuner, "frequency", "98000", 5.0)
    assert [get(tuner, "pi", at) for at in (5.19, 5.21)] == ["none", "D3C1"]
    assert [get(tuner, "ps", at) for at in (5.79, 5.81)] == ["none", "FANJI FM"]
    body.surroundings.antenna_since = 9.0
    assert get(tuner, "pi", 9.1) == "none"


@pytest.mark.parametrize(
    "signal",
    [
        replace(STATION, level_dbuv_emf=19.0),
        replace(STATION, pi="", ps=""),
        replace(STATION, frequency_hz=99e6),
    ],
)
def test_rds_needs_a_level_a_sender_and_the_channel(signal: RfSignal) -> None:
    tuner, _ = tuner_of(traits_of(SERIALS[0]), signal)
    assert (get(tuner, "pi"), get(tuner, "ps")) == ("none", "none")


def test_a_dead_rds_decoder_receives_nothing() -> None:
    traits = with_faults(traits_of(SERIALS[0]), {"no_rds"})
    tuner, _ = tuner_of(traits, STATION)
    assert get(tuner, "pi") == "none"


def test_seeking_takes_two_milliseconds_a_channel_and_stops_at_the_station() -> None:
    tuner, _ = tuner_of(traits_of(SERIALS[0]), MONO, khz=97000)
    tuner.actions()["seek_up"](1.0)
    assert [get(tuner, "frequency", at) for at in (1.0, 1.039, 1.041)] == ["seeking", "seeking", "98000"]
    assert get(tuner, "stations") == "1"


def test_a_seek_without_a_station_ends_where_it_began() -> None:
    traits = traits_of(SERIALS[0])
    for signal in (None, replace(MONO, level_dbuv_emf=traits.seek_stop_dbuv - 0.1), replace(MONO, frequency_hz=96e6)):
        tuner, _ = tuner_of(traits, signal, khz=97000)
        tuner.actions()["seek_up"](1.0)
        assert [get(tuner, "frequency", at) for at in (1.43, 1.45)] == ["seeking", "97000"]


def test_a_seek_hears_nothing_takes_no_second_and_ends_when_tuned() -> None:
    tuner, _ = tuner_of(traits_of(SERIALS[0]), MONO, khz=90000)
    tuner.actions()["seek_up"](1.0)
    silent = tuner.programme(1.1).left
    assert (silent.tones, silent.noise_v) == ((), 0.0)
    with pytest.raises(Refusal, match="busy"):
        tuner.actions()["seek_up"](1.1)
    put(tuner, "frequency", "99000", 1.2)
    assert get(tuner, "frequency", 1.2) == "99000"


def test_a_reset_ends_a_seek_where_it_began() -> None:
    tuner, body = tuner_of(traits_of(SERIALS[0]), MONO, khz=90000)
    tuner.actions()["seek_up"](1.0)
    body.awake_since = 1.05
    assert get(tuner, "frequency", 9.0) == "90000"


@pytest.mark.parametrize(("band", "wrong"), [("fm", "98020"), ("fm", "108050"), ("fm", "999"), ("am", "1000")])
def test_a_band_takes_its_own_channels_only(band: str, wrong: str) -> None:
    tuner, _ = tuner_of(traits_of(SERIALS[0]), None, band, 98000 if band == "fm" else 999)
    with pytest.raises(Refusal, match="range"):
        put(tuner, "frequency", wrong)


def test_each_band_remembers_where_it_was() -> None:
    tuner, _ = tuner_of(traits_of(SERIALS[0]), None)
    put(tuner, "band", "am")
    assert get(tuner, "frequency") == "522"
    put(tuner, "frequency", "999")
    put(tuner, "band", "fm")
    assert get(tuner, "frequency") == "98000"
    put(tuner, "band", "am")
    assert get(tuner, "frequency") == "999"


def test_a_deaf_tuner_is_twenty_decibels_less_sensitive() -> None:
    deaf = with_faults(traits_of(SERIALS[0]), {"deaf_tuner"})
    assert snr_db(programme(deaf, replace(MONO, level_dbuv_emf=32.0)).left) == pytest.approx(30.0, abs=1e-6)

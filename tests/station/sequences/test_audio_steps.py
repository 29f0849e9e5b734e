"""The steps for sound on a simulated unit: its own figures are found, and every fault of its sound is caught."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import cast

import pytest
from msgspec.structs import replace

from fixtures.sim.unit_traits import UnitTraits, draw_traits, unit_faults
from station.bench import OpenBench, open_bench
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock
from station.model.clock import wait_until
from station.model.errors import DutError, InstrumentError
from station.model.reading import Reading
from station.model.roles import AudioAnalyser, HeadUnit, Supply, Weighting
from station.runner.conditions import Conditions
from station.runner.measure import AnyReading
from station.runner.step import Step
from station.sequences.steps import audio
from station.sequences.steps.line_input import CHANNELS, line_input
from tests.audio_benches import SEED, SERIAL, audio_world
from tests.conftest import Bench, start_bench

CONDITIONS = {
    "audio_volume": 40.0,
    "load_resistance": 4.0,
    "audio_settling": 0.05,
    "power_distortion": 1.0,
    "highest_power": 40.0,
    "low_frequency": 40.0,
    "high_frequency": 15000.0,
    "volume_step": 1.5,
    "fader_playing": -1.0,
    "fader_silent": -30.0,
}
LIMITS: Mapping[str, tuple[float, float]] = {
    **{f"power_{channel}": (16.0, 30.0) for channel in CHANNELS},
    **{f"distortion_{channel}": (0.0, 0.3) for channel in CHANNELS},
    **{f"noise_{channel}": (75.0, 100.0) for channel in CHANNELS},
    "residual_noise": (0.0, 0.0003),
    "response_low": (-2.0, 1.0),
    "response_high": (-3.0, 1.0),
    "response_low_loudest": (-200.0, -0.2),
    "response_high_loudest": (-200.0, -0.4),
    "channel_balance": (0.0, 2.0),
    "crosstalk_1khz": (-200.0, -50.0),
    "crosstalk_10khz": (-200.0, -45.0),
    "volume_range": (55.0, 62.0),
    "volume_law_error": (0.0, 1.0),
    "mute_attenuation": (60.0, 200.0),
}
"""What FJ-R5 has by docs/fj-head-units.md, with margin."""
SOUND_FAULTS = (
    "blown_output",
    "weak_output",
    "distorted_output",
    "noisy_amplifier",
    "dull_sound",
    "sharp_sound",
    "dead_volume_step",
    "crosstalk",
    "no_mute",
    "swapped_speakers",
)


class HurriedClock(SystemClock):
    """Settling takes no time where the unit takes none; what was waited is counted."""

    def __init__(self) -> None:
        self.waited_s = 0.0

    def wait(self, seconds: float) -> None:
        self.waited_s += seconds


@dataclass
class Playing:
    """A unit that is awake, and its roles."""

    running: Bench
    bench: OpenBench
    clock: HurriedClock
    traits: UnitTraits

    def analyser(self, role: str = "audio") -> AudioAnalyser:
        return cast(AudioAnalyser, self.bench.roles[role])

    @property
    def dut(self) -> HeadUnit:
        return cast(HeadUnit, self.bench.roles["dut"])

    def measured(self, *steps: Step, role: str = "audio") -> dict[str, AnyReading]:
        """What ``steps`` measure."""
        found: dict[str, AnyReading] = {}
        for step in steps:
            step.function(
                audio=self.analyser(role),
                dut=self.dut,
                clock=self.clock,
                conditions=Conditions(step.name, {name: CONDITIONS[name] for name in step.declaration.uses}),
                measure=found.__setitem__,
            )
            assert found.keys() >= step.declaration.measures.keys()
        return found


def playing_on(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    folder = tmp_path_factory.mktemp(kind)
    running = start_bench(audio_world(folder, kind), folder / "bench.toml", 0.0)
    running.control("insert", unit=SERIAL)
    clock = HurriedClock()
    bench = open_bench(read_bench_file(running.bench_file), clock)
    supply, acc = (cast(Supply, bench.roles[name]) for name in ("supply", "acc"))
    for output, limit_a in ((supply, 4.0), (acc, 0.5)):
        output.set(14.4, limit_a)
        output.switch_on()
    dut = cast(HeadUnit, bench.roles["dut"])
    assert wait_until(SystemClock(), dut.is_ready, clock.now() + 10.0, 0.05)
    yield Playing(running, bench, clock, draw_traits(SERIAL, SEED, "FJ-R5"))
    bench.close()
    running.stop()


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    yield from playing_on("both", tmp_path_factory)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    yield from playing_on("pcm_stream", tmp_path_factory)


def value(reading: AnyReading) -> float:
    assert isinstance(reading, Reading)
    assert not reading.is_overload and math.isfinite(reading.value)
    return reading.value


def failing(found: Mapping[str, AnyReading]) -> set[str]:
    bad = {name for name, (low, high) in LIMITS.items() if not low <= value(found[name]) <= high}
    return bad | {name for name in ("is_fader_right", "is_volume_monotone") if not found[name].is_so}  # type: ignore[union-attr]


def own_gains_db(traits: UnitTraits) -> list[float]:
    names = ("front_left", "front_right", "rear_left", "rear_right")
    return [float(asdict(traits)[f"gain_{name}_db"]) for name in names]


def check_figures(found: Mapping[str, AnyReading], traits: UnitTraits) -> None:
    """Every measurement is the unit's own figure."""
    for channel in CHANNELS:
        expected = 100 * math.hypot(traits.distortion, traits.noise_a_v / 0.79 / 2.0)
        assert value(found[f"distortion_{channel}"]) == pytest.approx(expected, rel=0.03)
        noise_db = 20 * math.log10(2.0 / traits.noise_a_v)
        assert value(found[f"noise_{channel}"]) == pytest.approx(noise_db, abs=0.6)
        clipped_w = (14.1 - traits.clip_drop_v) ** 2 / 2 / 4.0
        assert clipped_w * 0.97 < value(found[f"power_{channel}"]) < clipped_w * 1.08
    assert value(found["residual_noise"]) == pytest.approx(traits.residual_noise_a_v, rel=0.1)
    low_db = -10 * math.log10((1 + (traits.low_corner_hz / 40) ** 2) / (1 + (traits.low_corner_hz / 1000) ** 2))
    assert value(found["response_low"]) == pytest.approx(low_db, abs=0.05)
    assert value(found["response_high"]) == pytest.approx(
        -10 * math.log10((1 + (15000 / traits.high_corner_hz) ** 2) / (1 + (1000 / traits.high_corner_hz) ** 2)),
        abs=0.05,
    )
    gains_db = own_gains_db(traits)
    for name in ("response_low", "response_high"):
        assert value(found[f"{name}_loudest"]) == pytest.approx(value(found[name]), abs=0.05)
    assert value(found["channel_balance"]) == pytest.approx(max(gains_db) - min(gains_db), abs=0.15)
    assert value(found["crosstalk_1khz"]) == pytest.approx(traits.crosstalk_db, abs=0.3)
    assert value(found["crosstalk_10khz"]) == pytest.approx(traits.crosstalk_db + 6, abs=0.3)
    assert value(found["volume_range"]) == pytest.approx(58.5, abs=0.2)
    assert value(found["volume_law_error"]) < 0.2


def test_the_units_own_figures_are_found_in_less_than_ten_modelled_seconds(playing: Playing) -> None:
    before_s = playing.clock.waited_s
    found = playing.measured(*audio.STEPS)
    check_figures(found, playing.traits)
    assert failing(found) == set()
    assert playing.running.truth()["line_in"] == []
    assert playing.clock.waited_s - before_s < 6.0  # the records of some 40 readings come to 5 s more


def test_a_sound_card_and_a_function_generator_find_the_same_figures(card: Playing) -> None:
    check_figures(card.measured(*audio.STEPS), card.traits)


@pytest.mark.parametrize("fault", SOUND_FAULTS)
def test_every_fault_of_the_sound_is_caught_and_only_where_it_may_be(playing: Playing, fault: str) -> None:
    row = unit_faults()[fault]
    playing.running.control("unit_fault", unit=SERIAL, fault=fault, on=True)
    try:
        bad = failing(playing.measured(*audio.STEPS))
    finally:
        playing.running.control("unit_fault", unit=SERIAL, fault=fault, on=False)
    assert set(row.must_fail) <= bad
    assert bad <= {*row.must_fail, *row.may_fail}


def test_a_unit_that_gives_no_sound_at_all_is_the_units_fault(playing: Playing) -> None:
    playing.dut.write("mute", "1")

    class Silent:
        """The unit's port, with a mute that does not go off."""

        def write(self, item: str, setting: str) -> None:
            if item != "mute":
                playing.dut.write(item, setting)

    with pytest.raises(DutError, match="no output is heard"):
        audio.frequency_response.function(
            audio=playing.analyser(),
            dut=Silent(),
            clock=playing.clock,
            conditions=Conditions("frequency_response", CONDITIONS),
            measure=lambda name, reading: None,
        )
    assert playing.running.truth()["line_in"] == []


class StuckSine:
    """An analyser whose generator takes no command; what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def generate(self, frequency_hz: float, level_v: float) -> None:
        self.asked.append(level_v)
        raise InstrumentError("sine", "did not switch off")


class Obedient:
    def write(self, item: str, setting: str) -> None:
        """Any setting is taken."""


@pytest.mark.parametrize("trouble", [DutError("no output is heard"), ZeroDivisionError("a mistake in a step")])
def test_the_sine_is_switched_off_after_every_error_and_the_first_error_is_told(trouble: Exception) -> None:
    stuck = StuckSine()
    conditions = Conditions("any", CONDITIONS)
    with (
        pytest.raises(type(trouble), match=str(trouble)),
        line_input(cast(AudioAnalyser, stuck), cast(HeadUnit, Obedient()), HurriedClock(), conditions),
    ):
        raise trouble
    assert stuck.asked == [0.0]


def test_a_sine_that_stays_on_after_a_step_is_told() -> None:
    stuck = cast(AudioAnalyser, StuckSine())
    conditions = Conditions("any", CONDITIONS)
    with (
        pytest.raises(InstrumentError, match="did not switch off"),
        line_input(stuck, cast(HeadUnit, Obedient()), HurriedClock(), conditions),
    ):
        pass


class Louder:
    """An analyser on a unit of which one output is 10 dB louder at one frequency, or below one level."""

    def __init__(self, analyser: AudioAnalyser, frequency_hz: float = 0.0, below_v: float = 0.0) -> None:
        self._analyser = analyser
        self._frequency_hz = frequency_hz
        self._below_v = below_v
        self.generate = analyser.generate
        self.read_level_v = analyser.read_level_v
        self.read_thd_n = analyser.read_thd_n
        self.steady = analyser.steady

    def read_tone_v(self, channel: str, frequency_hz: float) -> Reading:
        reading = self._analyser.read_tone_v(channel, frequency_hz)
        is_louder = frequency_hz == self._frequency_hz or reading.value < self._below_v
        return replace(reading, value=reading.value * 10**0.5) if channel == "rear_right" and is_louder else reading


def response_with(playing: Playing, analyser: AudioAnalyser) -> dict[str, AnyReading]:
    found: dict[str, AnyReading] = {}
    audio.frequency_response.function(
        audio=analyser,
        dut=playing.dut,
        clock=playing.clock,
        conditions=Conditions("frequency_response", CONDITIONS),
        measure=found.__setitem__,
    )
    return found


@pytest.mark.parametrize(("name", "frequency_hz"), [("response_low", 40.0), ("response_high", 15000.0)])
def test_one_output_that_is_too_loud_is_found_though_the_others_are_right(
    playing: Playing, name: str, frequency_hz: float
) -> None:
    found = response_with(playing, Louder(playing.analyser(), frequency_hz))
    assert value(found[f"{name}_loudest"]) > 8.0
    assert LIMITS[name][0] <= value(found[name]) <= LIMITS[name][1]


def test_channels_that_part_at_a_low_volume_are_found(playing: Playing) -> None:
    found = response_with(playing, Louder(playing.analyser(), below_v=0.1))
    assert value(found["channel_balance"]) > 9.0
    assert value(response_with(playing, playing.analyser())["channel_balance"]) < 1.5


def levels_db(playing: Playing, role: str, frequency_hz: float) -> dict[str, float]:
    """What one analyser reads of a steady sound, in decibels (levels) and decibels of distortion."""
    analyser, found = playing.analyser(role), {}
    with analyser.steady():
        for channel in CHANNELS:
            found[f"{channel} level"] = analyser.read_level_v(channel, Weighting.FLAT).value
            found[f"{channel} broadcast"] = analyser.read_level_v(channel, Weighting.BROADCAST).value
            found[f"{channel} a"] = analyser.read_level_v(channel, Weighting.A).value
            found[f"{channel} tone"] = analyser.read_tone_v(channel, frequency_hz).value
            found[f"{channel} thd+n"] = analyser.read_thd_n(channel, frequency_hz).value
    return {name: 20 * math.log10(found_v) for name, found_v in found.items()}


@pytest.mark.parametrize("frequency_hz", [100.0, 1000.0, 6300.0])
def test_both_analysers_read_the_same_of_the_same_sound(playing: Playing, frequency_hz: float) -> None:
    play_aux(playing, 0.09, frequency_hz)
    one, other = (levels_db(playing, role, frequency_hz) for role in ("audio", "card_audio"))
    assert one == {name: pytest.approx(level, abs=0.2) for name, level in other.items()}


def play_aux(playing: Playing, level_v: float, frequency_hz: float = 1000.0) -> None:
    for item, setting in (("source", "aux"), ("mute", "0"), ("fader", "0"), ("balance", "0"), ("volume", "40")):
        playing.dut.write(item, setting)
    playing.analyser("card_audio").generate(frequency_hz, level_v)


def test_both_analysers_and_the_model_agree_on_level_distortion_and_noise(playing: Playing) -> None:
    play_aux(playing, 0.09)
    traits = playing.traits
    gain = 10 ** ((traits.gain_db + traits.gain_front_left_db) / 20)
    level_v = 0.09 * gain / math.sqrt(1 + (traits.low_corner_hz / 1000) ** 2)
    noise_v = traits.noise_a_v / 0.79
    distortion = 100 * math.hypot(traits.distortion * level_v, noise_v) / level_v
    for role in ("audio", "card_audio"):
        found = levels_db(playing, role, 1000.0)
        assert found["front_left tone"] == pytest.approx(20 * math.log10(level_v), abs=0.2)
        assert found["front_left thd+n"] == pytest.approx(20 * math.log10(distortion), abs=0.2)
    playing.analyser().generate(1000.0, 0.0)
    for role in ("audio", "card_audio"):
        analyser = playing.analyser(role)
        squares = [analyser.read_level_v(channel, Weighting.A).value ** 2 for _ in range(4) for channel in CHANNELS]
        assert 10 * math.log10(sum(squares) / len(squares)) == pytest.approx(20 * math.log10(traits.noise_a_v), abs=0.2)


def test_a_level_above_the_cards_full_scale_is_an_overload_and_no_value(playing: Playing) -> None:
    play_aux(playing, 0.25)
    playing.dut.write("fader", "7")
    playing.dut.write("balance", "-7")
    reading = playing.analyser("card_audio").read_level_v("front_left", Weighting.FLAT)
    assert reading.is_overload
    assert playing.analyser("card_audio").read_level_v("rear_left", Weighting.FLAT).value < 0.001
    assert playing.analyser().read_level_v("front_left", Weighting.FLAT).value == pytest.approx(5.0, rel=0.1)
    playing.analyser().generate(1000.0, 0.0)

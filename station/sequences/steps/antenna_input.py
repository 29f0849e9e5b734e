"""The unit between RF generator and analyser: how steps tune both, modulate, and compare what the front outputs say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from station.model.clock import Clock
from station.model.reading import Reading
from station.model.roles import AudioAnalyser, FmModulation, HeadUnit, RfSource, Weighting
from station.runner.conditions import Conditions
from station.sequences.steps.line_input import extreme, ratio, sure

LEFT, RIGHT = "front_left", "front_right"
TUNER = {"tuner_volume": "step", "tuner_settling": "s"}
FM = {**TUNER, "fm_frequency": "kHz", "fm_deviation": "kHz", "fm_audio": "Hz"}
STEREO = {**FM, "fm_level": "dBuV EMF", "stereo_deviation": "kHz", "pilot_deviation": "kHz"}
AM = {**TUNER, "am_frequency": "kHz", "am_depth": "%", "am_audio": "Hz"}
"""The conditions of each kind of reception; levels are dBuV EMF at the antenna socket."""


GUIDED, NEARLY = 5, 0.9
"""How many levels are tried by what the one before says, each that much of half the resolution beyond; then halves."""


@dataclass(frozen=True, slots=True)
class Search:
    """Where the level for a signal-to-noise ratio is looked for, and how finely."""

    weakest_dbuv: float
    strongest_dbuv: float
    resolution_db: float
    snr_db: float


@dataclass(frozen=True, slots=True)
class Reception:
    """One unit on one frequency; ``modulate`` and ``leave_bare`` put the programme on the carrier and take it off."""

    rf: RfSource
    audio: AudioAnalyser
    clock: Clock
    frequency_khz: float
    settling_s: float
    modulate: Callable[[], None]
    leave_bare: Callable[[], None]

    def tune(self, level_dbuv_emf: float) -> None:
        """A modulated carrier of this level."""
        self.rf.tune(self.frequency_khz * 1000, level_dbuv_emf)
        self.modulate()
        self.clock.wait(self.settling_s)

    def tones(self, frequency_hz: float) -> tuple[Reading, Reading]:
        """The tone left and right, of one record."""
        with self.audio.steady():
            return self.audio.read_tone_v(LEFT, frequency_hz), self.audio.read_tone_v(RIGHT, frequency_hz)

    def snr(self, weighting: Weighting = Weighting.FLAT) -> Reading:
        """Level with the programme over level without, in dB, of the worse side; the programme is off afterwards."""
        loud = self._levels(weighting)
        self.leave_bare()
        self.clock.wait(self.settling_s)
        quiet = self._levels(weighting)
        return extreme([ratio(*pair) for pair in zip(loud, quiet, strict=True)], is_largest=False)

    def distortion(self, frequency_hz: float) -> Reading:
        """THD+N of the worse side, in per cent."""
        with self.audio.steady():
            found = [self.audio.read_thd_n(side, frequency_hz) for side in (LEFT, RIGHT)]
        return extreme(found, is_largest=True)

    def sensitivity(self, search: Search) -> Reading:
        """The least level in dBuV EMF with the wanted ratio, within the resolution; the strongest if that has it not.

        Near that level S/N changes about 1 dB a dB, which says where to look next; halving finds it where it does not.
        """
        low, high = search.weakest_dbuv, search.strongest_dbuv
        found = self._snr_at(high)
        at, tries, margin_db = found, 0, search.resolution_db / 2
        level = high
        while high - low > search.resolution_db and sure(found) >= search.snr_db:
            excess_db = sure(at) - search.snr_db
            guess = level - excess_db + (-margin_db if excess_db >= 0 else margin_db) * NEARLY
            level = guess if tries < GUIDED and low < guess < high else (low + high) / 2
            at, tries = self._snr_at(level), tries + 1
            if sure(at) >= search.snr_db:
                high, found = level, at
            else:
                low = level
        return replace(found, value=high, unit="dBuV EMF", raw=f"S/N {found.value:.2f} dB at {high:.2f} dBuV EMF")

    def _snr_at(self, level_dbuv_emf: float) -> Reading:
        self.tune(level_dbuv_emf)
        return self.snr()

    def _levels(self, weighting: Weighting) -> list[Reading]:
        with self.audio.steady():
            return [self.audio.read_level_v(side, weighting) for side in (LEFT, RIGHT)]


def fm_reception(
    rf: RfSource,
    audio: AudioAnalyser,
    dut: HeadUnit,
    clock: Clock,
    conditions: Conditions,
    modulation: FmModulation | None = None,
    frequency: str = "fm_frequency",
) -> Reception:
    """The unit on the FM frequency of that condition; mono at the plan's deviation where no modulation is given."""
    loud = modulation or FmModulation(conditions["fm_deviation"] * 1000, conditions["fm_audio"])
    frequency_khz = conditions[frequency]
    _listen(dut, conditions, "fm", frequency_khz)
    return Reception(
        rf,
        audio,
        clock,
        frequency_khz,
        conditions["tuner_settling"],
        lambda: rf.modulate_fm(loud),
        lambda: rf.modulate_fm(replace(loud, deviation_hz=0.0)),
    )


def am_reception(rf: RfSource, audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions) -> Reception:
    """The unit on the AM frequency."""
    frequency_khz, audio_hz = conditions["am_frequency"], conditions["am_audio"]
    _listen(dut, conditions, "am", frequency_khz)
    return Reception(
        rf,
        audio,
        clock,
        frequency_khz,
        conditions["tuner_settling"],
        lambda: rf.modulate_am(conditions["am_depth"], audio_hz),
        lambda: rf.modulate_am(0.0, audio_hz),
    )


def stereo_modulation(conditions: Conditions, side: str, deviation: str = "stereo_deviation") -> FmModulation:
    """A programme with its pilot, at the deviation of that condition."""
    pilot_hz = conditions["pilot_deviation"] * 1000
    return FmModulation(conditions[deviation] * 1000, conditions["fm_audio"], side, pilot_hz)


def _listen(dut: HeadUnit, conditions: Conditions, band: str, frequency_khz: float) -> None:
    """The tuner is heard at the front alike, at the plan's volume."""
    settings = {"source": "tuner", "mute": "0", "fader": "0", "balance": "0"}
    settings |= {"volume": f"{conditions['tuner_volume']:.0f}", "band": band, "frequency": f"{frequency_khz:.0f}"}
    for item, value in settings.items():
        dut.write(item, value)

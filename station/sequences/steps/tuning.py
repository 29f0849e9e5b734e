"""Tuning: where a seek stops, how weak a station may be for that, and where the bands end.

Steps for any unit with an antenna socket on an RF generator. Levels are dBuV EMF, found by halving as for sensitivity.
"""

from __future__ import annotations

from dataclasses import dataclass

from station.model.clock import Clock, wait_until
from station.model.errors import DutError
from station.model.reading import Reading, Statement
from station.model.roles import AudioAnalyser, HeadUnit, RfSource
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps.antenna_input import FM, Reception, fm_reception

POLL_S = 0.05
SEEK = {**FM, "seek_from": "kHz", "longest_seek": "s"}
BANDS = {
    "fm": ("fm_lowest", "fm_highest", "fm_channel"),
    "am": ("am_lowest", "am_highest", "am_channel"),
}
"""The conditions of each band: both ends, and from one channel to the next."""


@step(
    zh="自动搜台",
    en="Seek",
    deadline_s=60,
    uses={
        **SEEK,
        "fm_level": "dBuV EMF",
        "seek_weakest": "dBuV EMF",
        "seek_strongest": "dBuV EMF",
        "sensitivity_resolution": "dB",
    },
    measures={"seek_frequency": "kHz", "seek_stop_level": "dBuV EMF"},
    takes_s=5,
)
def seek(
    rf: RfSource, audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """From below the station, where the unit stops; then the least level at which it stops there.

    That is the strongest of the search where the unit does not stop even there.
    """
    seeking = _Seeking(fm_reception(rf, audio, dut, clock, conditions), dut, conditions)
    found = seeking.from_below(conditions["fm_level"])
    measure("seek_frequency", found)
    low, high = conditions["seek_weakest"], conditions["seek_strongest"]
    stops = seeking.stops_at(high)
    while high - low > conditions["sensitivity_resolution"] and stops:
        middle = (low + high) / 2
        low, high = (low, middle) if seeking.stops_at(middle) else (middle, high)
    raw = f"{'stops' if stops else 'does not stop'} at {high:.2f} dBuV EMF"
    measure("seek_stop_level", Reading(high, "dBuV EMF", found.instrument, raw, clock.utc()))


@step(
    zh="波段边界",
    en="Band limits",
    deadline_s=20,
    uses={name: "kHz" for names in BANDS.values() for name in names},
    measures={"are_bands_right": ""},
)
def band_limits(dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """Of FM and AM both ends can be tuned to, and the channel beyond each cannot."""
    is_right = True
    for band, (lowest, highest, channel) in BANDS.items():
        dut.write("band", band)
        for end, outwards in ((lowest, -1), (highest, 1)):
            inside_khz = conditions[end]
            beyond_khz = inside_khz + outwards * conditions[channel]
            is_right &= _takes(dut, inside_khz) and not _takes(dut, beyond_khz)
    measure("are_bands_right", Statement(is_right, "dut", clock.utc()))


STEPS = (seek, band_limits)


@dataclass(frozen=True, slots=True)
class _Seeking:
    reception: Reception
    dut: HeadUnit
    conditions: Conditions

    def from_below(self, level_dbuv_emf: float) -> Reading:
        """Where the unit has stopped, in kHz, with the station at that level; raises DutError where it never does."""
        self.dut.write("frequency", f"{self.conditions['seek_from']:.0f}")
        self.reception.tune(level_dbuv_emf)
        self.dut.act("seek_up")
        clock, longest_s = self.reception.clock, self.conditions["longest_seek"]
        if not wait_until(
            clock, lambda: self.dut.read("frequency").value != "seeking", clock.now() + longest_s, POLL_S
        ):
            raise DutError(f"the unit still seeks after {longest_s:g} s")
        found = self.dut.read("frequency")
        if not found.value.isdecimal():
            raise DutError(f"the unit says that its frequency is {found.value!r}")
        return Reading(float(found.value), "kHz", found.instrument, found.value, found.taken_at)

    def stops_at(self, level_dbuv_emf: float) -> bool:
        """Whether it stops at the station."""
        return self.from_below(level_dbuv_emf).value == self.conditions["fm_frequency"]


def _takes(dut: HeadUnit, frequency_khz: float) -> bool:
    """Whether the unit tunes there; raises DutError for one that does not answer."""
    wanted = f"{frequency_khz:.0f}"
    try:
        dut.write("frequency", wanted)
    except DutError:
        return dut.read("frequency").value == wanted
    return True

"""The tuner: sensitivity, noise, stereo, distortion and RDS in FM; sensitivity, noise and distortion in AM.

Steps for any unit with an antenna socket on an RF generator and its front outputs on an analyser. Methods: IEC 60315-4
(FM) and 60315-3 (AM) for sensitivity, S/N, distortion, separation and pilot; IEC 60315-9 (RDS). Levels are dBuV EMF. A
step sets all it needs and leaves generator and unit as it used them.
"""

from __future__ import annotations

from station.model.clock import Clock
from station.model.roles import AudioAnalyser, FmModulation, HeadUnit, Rds, RfSource, Weighting
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps.antenna_input import (
    AM,
    FM,
    STEREO,
    Search,
    am_reception,
    fm_reception,
    stereo_modulation,
)
from station.sequences.steps.line_input import extreme, ratio

PROGRAMME = Rds("D3C1", "FANJI FM")
"""What is sent as PI and PS; the plan's limits name the same."""

FM_SENSITIVITIES = {
    "fm_sensitivity_90": "fm_low_frequency",
    "fm_sensitivity": "fm_frequency",
    "fm_sensitivity_106": "fm_high_frequency",
}
PILOT_HZ = 19_000.0
POLL_S = 0.02


@step(
    zh="调频灵敏度",
    en="FM sensitivity",
    deadline_s=90,
    uses={
        **FM,
        "fm_low_frequency": "kHz",
        "fm_high_frequency": "kHz",
        "fm_sensitivity_snr": "dB",
        "fm_weakest": "dBuV EMF",
        "fm_strongest": "dBuV EMF",
        "sensitivity_resolution": "dB",
    },
    measures={"fm_sensitivity_90": "dBuV EMF", "fm_sensitivity": "dBuV EMF", "fm_sensitivity_106": "dBuV EMF"},
    takes_s=10,
)
def fm_sensitivity(
    rf: RfSource, audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """The least level with the rated S/N, mono, at the band's lower end, middle and upper end."""
    search = Search(
        conditions["fm_weakest"],
        conditions["fm_strongest"],
        conditions["sensitivity_resolution"],
        conditions["fm_sensitivity_snr"],
    )
    for name, frequency in FM_SENSITIVITIES.items():
        reception = fm_reception(rf, audio, dut, clock, conditions, frequency=frequency)
        measure(name, reception.sensitivity(search))


@step(
    zh="调频信噪比",
    en="FM signal-to-noise ratio",
    deadline_s=20,
    uses={**FM, "fm_level": "dBuV EMF", "pilot_deviation": "kHz"},
    measures={"fm_snr_mono": "dB", "fm_snr_stereo": "dB"},
)
def fm_noise(
    rf: RfSource, audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """At a strong signal, mono and with the pilot; what is left of the pilot is no noise."""
    mono = fm_reception(rf, audio, dut, clock, conditions)
    mono.tune(conditions["fm_level"])
    measure("fm_snr_mono", mono.snr())
    stereo = fm_reception(rf, audio, dut, clock, conditions, stereo_modulation(conditions, "both", "fm_deviation"))
    stereo.tune(conditions["fm_level"])
    measure("fm_snr_stereo", stereo.snr(Weighting.BROADCAST))


@step(
    zh="立体声分离度与导频抑制",
    en="Stereo separation and pilot suppression",
    deadline_s=20,
    uses=STEREO,
    measures={"fm_separation_left": "dB", "fm_separation_right": "dB", "pilot_suppression": "dB"},
)
def fm_stereo(
    rf: RfSource, audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """One side alone, and what the other side makes of it; then both, against what is left of the pilot."""
    for side in ("left", "right"):
        reception = fm_reception(rf, audio, dut, clock, conditions, stereo_modulation(conditions, side))
        reception.tune(conditions["fm_level"])
        left, right = reception.tones(conditions["fm_audio"])
        measure(f"fm_separation_{side}", ratio(left, right) if side == "left" else ratio(right, left))
    reception = fm_reception(rf, audio, dut, clock, conditions, stereo_modulation(conditions, "both"))
    reception.tune(conditions["fm_level"])
    programme, pilot = reception.tones(conditions["fm_audio"]), reception.tones(PILOT_HZ)
    suppressions = [ratio(*pair) for pair in zip(programme, pilot, strict=True)]
    measure("pilot_suppression", extreme(suppressions, is_largest=False))


@step(
    zh="调频失真与声道平衡",
    en="FM distortion and balance",
    deadline_s=20,
    uses={**FM, "fm_level": "dBuV EMF", "distortion_deviation": "kHz"},
    measures={"fm_distortion": "%", "fm_balance": "dB"},
)
def fm_distortion(
    rf: RfSource, audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """THD+N of the worse side at a wide deviation, and left against right, both mono."""
    wide = FmModulation(conditions["distortion_deviation"] * 1000, conditions["fm_audio"])
    reception = fm_reception(rf, audio, dut, clock, conditions, wide)
    reception.tune(conditions["fm_level"])
    measure("fm_distortion", reception.distortion(conditions["fm_audio"]))
    measure("fm_balance", ratio(*reception.tones(conditions["fm_audio"])))


@step(
    zh="RDS",
    en="RDS",
    deadline_s=20,
    uses={**STEREO, "longest_rds": "s"},
    measures={"rds_pi": "", "rds_name": ""},
)
def rds(
    rf: RfSource, audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """Programme identification and name, as soon as the unit has them."""
    pilot_hz = conditions["pilot_deviation"] * 1000
    sent = FmModulation(conditions["fm_deviation"] * 1000, conditions["fm_audio"], "both", pilot_hz, PROGRAMME)
    fm_reception(rf, audio, dut, clock, conditions, sent).tune(conditions["fm_level"])
    deadline = clock.now() + conditions["longest_rds"]
    for name, item, text in (("rds_pi", "pi", PROGRAMME.pi), ("rds_name", "ps", PROGRAMME.ps)):
        found = dut.read(item)
        while found.value != text and clock.now() < deadline:
            clock.wait(POLL_S)
            found = dut.read(item)
        measure(name, found)


@step(
    zh="调幅接收",
    en="AM reception",
    deadline_s=60,
    uses={
        **AM,
        "am_level": "dBuV EMF",
        "am_sensitivity_snr": "dB",
        "am_weakest": "dBuV EMF",
        "am_strongest": "dBuV EMF",
        "sensitivity_resolution": "dB",
    },
    measures={"am_sensitivity": "dBuV EMF", "am_snr": "dB", "am_distortion": "%"},
)
def am(
    rf: RfSource, audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """The least level with the rated S/N; then THD+N and S/N at a strong signal."""
    reception = am_reception(rf, audio, dut, clock, conditions)
    search = Search(
        conditions["am_weakest"],
        conditions["am_strongest"],
        conditions["sensitivity_resolution"],
        conditions["am_sensitivity_snr"],
    )
    measure("am_sensitivity", reception.sensitivity(search))
    reception.tune(conditions["am_level"])
    measure("am_distortion", reception.distortion(conditions["am_audio"]))
    measure("am_snr", reception.snr())


STEPS = (fm_sensitivity, fm_noise, fm_stereo, fm_distortion, rds, am)

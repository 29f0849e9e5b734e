"""The RF generators by their exchanges, and the arithmetic of their levels by hand."""

from __future__ import annotations

import pytest

from station.config.bench_file import Identity
from station.drivers.generator_models import GENERATOR_MODELS
from station.drivers.rf_level import dbm_of_emf, emf_of_dbm
from station.drivers.smb100a import AntennaSource, RsGenerator
from station.link.link import Link, LinkState
from station.model.errors import CommandRefused, InstrumentError, LinkRefused
from station.model.roles import FmModulation, Rds, RfSource
from tests.station.drivers.transcript import CLOCK, NO_ERROR, SYNCHRONISED, Exchange, asked, playing, proved

SETTLED = asked("*OPC?", "1")
MONO = FmModulation(22_500.0, 1000.0)
STEREO = FmModulation(67_500.0, 1000.0, "left", 6_750.0, Rds("D3C1", "FANJI FM"))


def source(link: Link, model: str = "smb100a", path_loss_db: float = 0.0) -> RfSource:
    played: AntennaSource = RsGenerator(link, CLOCK, 1.0, GENERATOR_MODELS[model]).antenna(path_loss_db)
    return played


def answers(*pairs: tuple[str, str]) -> list[Exchange]:
    return [exchange for query, answer in pairs for exchange in asked(query, answer)]


@pytest.mark.parametrize(
    ("emf_dbuv", "dbm"),
    [
        (60.0, -53.01),  # 1 mV of source, 0.5 mV across 50 ohm: 5 nW
        (113.01, 0.0),  # 447.2 mV of source, 223.6 mV across 50 ohm: 1 mW
        (6.02, -106.99),  # 2 uV of source, 1 uV across 50 ohm: 0.02 pW
        (0.0, -113.01),
    ],
)
def test_source_voltage_and_power_into_a_load_are_6_db_and_50_ohm_apart(emf_dbuv: float, dbm: float) -> None:
    assert dbm_of_emf(emf_dbuv) == pytest.approx(dbm, abs=0.005)
    assert emf_of_dbm(dbm) == pytest.approx(emf_dbuv, abs=0.005)


def tuning(level: str, *read_back: tuple[str, str]) -> list[Exchange]:
    return [
        *SYNCHRONISED,
        *proved("UNIT:POW DBM", "FREQ 98000000.00", f"POW {level}DBM", "OUTP ON"),
        *SETTLED,
        *answers(*read_back),
    ]


RIGHT = (("FREQ?", "98000000"), ("UNIT:POW?", "DBM"), ("OUTP?", "1"))


@pytest.mark.parametrize(("path_loss_db", "level"), [(0.0, "-53.01"), (6.3, "-46.71")])
def test_tuning_sends_the_matched_level_with_the_path_s_loss_and_reads_all_back(
    path_loss_db: float, level: str
) -> None:
    with playing(tuning(level, *RIGHT, ("POW?", level))) as link:
        source(link, path_loss_db=path_loss_db).tune(98e6, 60.0)


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ([("FREQ?", "97999000")], "asked for 98000000.0, FREQ. says 97999000"),
        ([RIGHT[0], ("UNIT:POW?", "DBUV")], "asked for DBM, UNIT:POW. says DBUV"),
        ([*RIGHT[:2], ("OUTP?", "0")], "asked for True, OUTP. says False"),
        ([*RIGHT, ("POW?", "-53.03")], "asked for -53.01, POW. says -53.03"),
        ([*RIGHT, ("POW?", "53.98")], "asked for -53.01, POW. says 53.98"),
        ([*RIGHT, ("POW?", "9.9E37")], "asked for -53.01, POW. says 9.9E37"),
    ],
)
def test_what_was_not_taken_is_refused(found: list[tuple[str, str]], problem: str) -> None:
    with playing(tuning("-53.01", *found)) as link, pytest.raises(CommandRefused, match=f"psu: {problem}"):
        source(link).tune(98e6, 60.0)


@pytest.mark.parametrize(
    ("model", "frequency_hz", "emf_dbuv", "problem"),
    [
        ("smb100a", 8e3, 60.0, "delivers 9000 Hz to 1.1e.09 Hz, not 8000 Hz"),
        ("sml01", 1.2e9, 60.0, "not 1.2e.09 Hz"),
        ("smb100a", 98e6, 132.0, "delivers -145 dBm to 18 dBm, not 18.99 dBm"),
        ("sml01", 98e6, -28.0, "delivers -140 dBm to 13 dBm, not -141.01 dBm"),
    ],
)
def test_what_the_model_does_not_deliver_is_refused_before_anything_is_sent(
    model: str, frequency_hz: float, emf_dbuv: float, problem: str
) -> None:
    with playing([]) as link, pytest.raises(CommandRefused, match=problem):
        source(link, model).tune(frequency_hz, emf_dbuv)


def test_an_error_of_the_generator_is_said_in_its_words() -> None:
    exchanges = [*SYNCHRONISED, *proved("UNIT:POW DBM", "FREQ 98000000.00", "POW -53.01DBM", "OUTP ON")[:-1]]
    queue: list[Exchange] = [("SYST:ERR?", '-222,"Data out of range"'), ("SYST:ERR?", NO_ERROR)]
    with playing([*exchanges, *queue]) as link, pytest.raises(CommandRefused, match='-222,"Data out of range" after'):
        source(link).tune(98e6, 60.0)


@pytest.mark.parametrize(("model", "audio"), [("smb100a", "LFO:FREQ"), ("sml01", "FM:INT:FREQ")])
def test_mono_is_fm_of_the_lf_generator_and_nothing_else(model: str, audio: str) -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved("AM:STAT OFF", "STER:STAT OFF", "FM:SOUR INT"),
        *proved(f"{audio} 1000.0", "FM:DEV 22500"),
        *proved("FM:STAT ON"),
        *SETTLED,
        *answers(("FM:STAT?", "1"), ("AM:STAT?", "0"), ("STER:STAT?", "0")),
        *answers(("FM:DEV?", "22500"), (f"{audio}?", "1000")),
    ]
    with playing(exchanges) as link:
        source(link, model).modulate_fm(MONO)


def coding(mode: str, *rest: Exchange) -> list[Exchange]:
    return [
        *SYNCHRONISED,
        *proved("AM:STAT OFF", "FM:STAT OFF", "STER:STAT ON", "STER:SOUR LFG", f"STER:AUD:MODE {mode}"),
        *proved("STER:AUD 1000.0", "STER:DEV 67500"),
        *proved("STER:PIL:DEV 6750"),
        *proved("STER:PIL:STAT ON"),
        *rest,
    ]


RDS_SENT = [
    *proved('STER:DIR "PI=D3C1"', 'STER:DIR "PS=FANJI FM"', "STER:RDS:STAT ON"),
    *answers(("STER:RDS:STAT?", "1"), ('STER:DIR? "PI"', '"D3C1"'), ('STER:DIR? "PS"', '"FANJI FM"')),
]
STATES = answers(("STER:STAT?", "1"), ("AM:STAT?", "0"), ("FM:STAT?", "0"), ("STER:PIL:STAT?", "1"))


def test_stereo_and_rds_are_set_and_read_back() -> None:
    exchanges = [
        *coding("LEFT", *RDS_SENT, *SETTLED, *STATES),
        *answers(("STER:SOUR?", "LFG"), ("STER:AUD:MODE?", "LEFT"), ("STER:DEV?", "67500"), ("STER:AUD?", "1000")),
        *answers(("STER:PIL:DEV?", "6750")),
    ]
    with playing(exchanges) as link:
        source(link).modulate_fm(STEREO)


def test_a_mode_that_was_not_taken_is_refused() -> None:
    exchanges = [
        *coding("LEFT", *RDS_SENT, *SETTLED, *STATES),
        *answers(("STER:SOUR?", "LFG"), ("STER:AUD:MODE?", "RIGH")),
    ]
    with playing(exchanges) as link, pytest.raises(CommandRefused, match=r"asked for LEFT, STER:AUD:MODE. says RIGH"):
        source(link).modulate_fm(STEREO)


@pytest.mark.parametrize(
    "rds", [Rds("123", "FANJI FM"), Rds("12345", "FANJI FM"), Rds("d3c1", "FANJI FM"), Rds("D3C1", "FANJI"),
            Rds("D3C1", "FANJI FM!"), Rds("D3C1", 'FANJI"FM')]
)  # fmt: skip
def test_a_pi_of_other_than_4_digits_or_a_ps_of_other_than_8_characters_is_refused_unsent(rds: Rds) -> None:
    wrong = FmModulation(67_500.0, 1000.0, "left", 6_750.0, rds)
    with playing([]) as link, pytest.raises(CommandRefused, match="PI is 4 hex digits and PS 8 characters"):
        source(link).modulate_fm(wrong)


def test_a_side_that_is_none_is_refused_before_anything_is_sent() -> None:
    with playing([]) as link, pytest.raises(CommandRefused, match="'centre' is no side"):
        source(link).modulate_fm(FmModulation(22_500.0, 1000.0, "centre"))


def test_rds_without_stereo_has_no_pilot() -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved("AM:STAT OFF", "FM:STAT OFF", "STER:STAT ON", "STER:SOUR LFG", "STER:AUD:MODE REL"),
        *proved("STER:AUD 1000.0", "STER:DEV 22500"),
        *proved("STER:PIL:STAT OFF"),
        *RDS_SENT,
        *SETTLED,
        *answers(("STER:STAT?", "1"), ("AM:STAT?", "0"), ("FM:STAT?", "0"), ("STER:PIL:STAT?", "0")),
        *answers(("STER:SOUR?", "LFG"), ("STER:AUD:MODE?", "RELeft"), ("STER:DEV?", "22500"), ("STER:AUD?", "1000")),
    ]
    with playing(exchanges) as link:
        source(link).modulate_fm(FmModulation(22_500.0, 1000.0, rds=STEREO.rds))


@pytest.mark.parametrize(
    ("model", "audio", "depth"), [("smb100a", "LFO:FREQ", "AM:DEPT:LIN"), ("sml01", "AM:INT:FREQ", "AM:DEPT")]
)
@pytest.mark.parametrize(("depth_pct", "state"), [(30.0, "ON"), (0.0, "OFF")])
def test_am_is_a_depth_and_none_is_a_bare_carrier(
    model: str, audio: str, depth: str, depth_pct: float, state: str
) -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved("FM:STAT OFF", "STER:STAT OFF", "AM:SOUR INT", f"{audio} 400.0"),
        *proved(f"{depth} {depth_pct:.1f}PCT", f"AM:STAT {state}"),
        *SETTLED,
        *answers(("FM:STAT?", "0"), ("STER:STAT?", "0"), ("AM:STAT?", str(int(state == "ON")))),
        *answers((f"{depth}?", f"{depth_pct:g}"), (f"{audio}?", "400")),
    ]
    with playing(exchanges) as link:
        source(link, model).modulate_am(depth_pct, 400.0)


def test_off_is_proved() -> None:
    with playing([*SYNCHRONISED, *proved("OUTP OFF"), *SETTLED, *answers(("OUTP?", "0"))]) as link:
        source(link).switch_off()


def test_a_carrier_that_stays_on_is_an_instrument_error() -> None:
    exchanges = [*SYNCHRONISED, *proved("OUTP OFF"), *SETTLED, *answers(("OUTP?", "1"))]
    with playing(exchanges) as link, pytest.raises(InstrumentError, match="psu: its carrier did not switch off"):
        source(link).switch_off()


def test_a_state_that_is_none_makes_the_link_suspect() -> None:
    exchanges = [*SYNCHRONISED, *proved("OUTP OFF"), *SETTLED, *answers(("OUTP?", "-53.01"))]
    with playing(exchanges) as link:
        with pytest.raises(LinkRefused, match=r"'-53.01' to OUTP. is neither 0 nor 1"):
            source(link).switch_off()
        assert link.state is LinkState.SUSPECT


def test_it_begins_with_its_name_and_is_prepared_by_a_reset_that_is_read_back() -> None:
    exchanges = [
        *SYNCHRONISED,
        *asked("*IDN?", "Rohde&Schwarz,SMB100A,1406.6000k02/101234,5.00.116.43"),
        *proved("*RST"),
        *SETTLED,
        *answers(
            ("*OPT?", "SMB-B5,SMB-B106,SMB-K22,SMB-K23"),
            ("OUTP?", "0"),
            ("FM:STAT?", "0"),
            ("AM:STAT?", "0"),
            ("STER:STAT?", "0"),
        ),
    ]
    with playing(exchanges) as link:
        generator = RsGenerator(link, CLOCK, 1.0, GENERATOR_MODELS["smb100a"])
        assert generator.begin() == Identity("Rohde&Schwarz", "SMB100A", "1406.6000k02/101234")
        generator.prepare()


@pytest.mark.parametrize("options", ["SMB-B106,SMB-K22", "0", "SMB-B51", ""])
def test_a_generator_without_the_coder_is_refused_with_the_options_it_has(options: str) -> None:
    exchanges = [*SYNCHRONISED, *proved("*RST"), *SETTLED, *asked("*OPT?", options)]
    problem = rf"psu: has no stereo/RDS coder, which is option SMB-B5: \*OPT\? says {options}"
    with playing(exchanges) as link, pytest.raises(InstrumentError, match=problem):
        RsGenerator(link, CLOCK, 1.0, GENERATOR_MODELS["smb100a"]).prepare()

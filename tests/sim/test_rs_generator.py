"""The simulated RF generators do what their manuals say, and put on the antenna socket what their settings mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.rs_generator import RsGenerator
from fixtures.sim.rs_generator_models import SML_MODELS, GeneratorModel, smb100a
from fixtures.sim.surroundings import RfSignal
from fixtures.sim.world import World
from tests.sim.bench_wiring import Client, dice

SERIAL = "1406.6000k02/101234"
SMB = smb100a("B101")
SML = SML_MODELS["sml01"]
BOTH = pytest.mark.parametrize("model", [SMB, SML], ids=lambda model: model.name)
LEVEL_ERROR_DB = 0.5


class Bench:
    def __init__(self, model: GeneratorModel = SMB, path_loss_db: float = 0.0) -> None:
        self.clock = SimClock(0.0)
        self.world = World(self.clock, 1, 2)
        self.client = Client(RsGenerator(model, self.world, path_loss_db, self.clock, dice(), SERIAL))

    @property
    def antenna(self) -> RfSignal:
        signal = self.world.surroundings.antenna
        assert signal is not None
        return signal


@BOTH
def test_each_says_who_it_is(model: GeneratorModel) -> None:
    assert Bench(model).client.ask("*IDN?") == f"{model.maker},{model.name},{SERIAL},{model.firmware}"


def test_options_are_told_and_without_the_coder_there_are_no_coder_commands() -> None:
    assert Bench().client.ask("*OPT?") == "SMB-B5,SMB-B101"
    assert Bench(SML).client.ask("*OPT?") == "SML-B5"
    bare = Bench(replace(SML, coder="")).client
    assert bare.ask("*OPT?") == "0"
    bare.say("STER:STAT ON")
    assert bare.ask("SYST:ERR?").startswith("-113")


@BOTH
def test_it_starts_with_the_carrier_off_at_its_reset_values(model: GeneratorModel) -> None:
    bench = Bench(model)
    bench.client.say("FREQ 98MHZ", "POW -50", "OUTP ON", "AM:STAT ON", "STER:STAT ON")
    assert bench.antenna.frequency_hz == 98e6
    bench.client.say("*RST")
    assert bench.world.surroundings.antenna is None
    states = "FREQ?;:POW?;:UNIT:POW?;:OUTP?;:AM:STAT?;:FM:STAT?;:STER:STAT?;:STER:PIL:STAT?;:STER:RDS:STAT?"
    assert bench.client.ask(states) == "100000000;-30;DBM;0;0;0;0;0;0"
    assert bench.client.ask("*OPC?;:SYST:ERR?") == '1;0,"No error"'


@pytest.mark.parametrize(
    ("setting", "dbm"),
    [("POW -53.01DBM", -53.01), ("POW 53.98DBUV", -53.01), ("POW 0.5mV", -53.01), (":SOUR:POW:LEV:IMM:AMPL 7", 7.0)],
)
def test_a_level_is_across_a_matched_load_in_any_of_its_units(setting: str, dbm: float) -> None:
    client = Bench().client
    client.say(setting)
    assert client.number("POW?") == pytest.approx(dbm, abs=0.011)
    client.say("UNIT:POW DBUV")
    assert client.number("POW?") == pytest.approx(dbm + 106.99, abs=0.011)
    client.say("POW 60")
    assert client.ask("POW?;:UNIT:POW?") == "60;DBUV"
    client.say("UNIT:POW V")
    assert client.number("POW?") == pytest.approx(1e-3, rel=2e-3)


def test_the_antenna_sees_the_source_voltage_less_the_loss_of_the_path() -> None:
    """-53.01 dBm are 0.5 mV across 50 ohm: 53.98 dBuV PD, 60.00 dBuV EMF, and 54.00 behind 6 dB."""
    levels = {}
    for loss_db in (0.0, 6.0):
        bench = Bench(path_loss_db=loss_db)
        bench.client.say("POW -53.01", "OUTP ON")
        levels[loss_db] = bench.antenna.level_dbuv_emf
    assert levels[0.0] == pytest.approx(60.0, abs=LEVEL_ERROR_DB)
    assert levels[0.0] - levels[6.0] == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (SMB, "FREQ 8.9KHZ"),
        (SMB, "FREQ 1.11GHZ"),
        (SML, "FREQ 1.2GHZ"),
        (SMB, "POW 18.1"),
        (SMB, "POW -145.1DBM"),
        (SML, "POW 13.5"),
        (SML, "POW -141"),
        (SMB, "POW 0V"),
        (SMB, "STER:PIL:DEV 10.1KHZ"),
        (SMB, "STER 100.1KHZ"),
        (SMB, "AM:DEPT:LIN 101PCT"),
    ],
)
def test_what_the_data_sheet_does_not_offer_is_refused_and_changes_nothing(model: GeneratorModel, message: str) -> None:
    bench = Bench(model)
    bench.client.say("OUTP ON")
    before = bench.antenna
    bench.client.say(message)
    assert bench.client.error() == -222
    assert bench.antenna == before


def test_a_larger_option_reaches_higher() -> None:
    client = Bench(smb100a("B103")).client
    client.say("FREQ 3.2GHZ")
    assert (client.error(), client.number("FREQ?")) == (0, 3.2e9)


def test_fm_is_mono_with_the_lf_generator_s_frequency() -> None:
    bench = Bench()
    bench.client.say(":SOUR:FREQ 98MHZ", ":SOUR:FM:DEV 22.5KHZ", "LFO:FREQ 400", "FM:STAT ON", "OUTP ON")
    found = bench.antenna
    assert (found.fm_deviation_hz, found.audio_hz, found.side, found.pilot_hz) == (22_500.0, 400.0, "mono", 0.0)
    bench.client.say("FM:STAT OFF")
    assert bench.antenna.fm_deviation_hz == 0.0


def test_am_is_a_depth_in_per_cent_and_an_sml_has_a_frequency_for_it() -> None:
    bench = Bench(SML)
    bench.client.say("FREQ 999KHZ", ":SOUR:AM:DEPT 30PCT", "AM:INT:FREQ 400HZ", "AM:STAT ON", "OUTP1:STAT ON")
    assert (bench.antenna.am_depth_pct, bench.antenna.audio_hz, bench.antenna.fm_deviation_hz) == (30.0, 400.0, 0.0)
    assert bench.client.ask("FM:INT:FREQ?;:SYST:ERR?") == '400;0,"No error"'


@pytest.mark.parametrize(
    ("mode", "side"), [("LEFT", "left"), ("RIGHt", "right"), ("RELeft", "both"), ("REMLeft", "opposite")]
)
def test_the_coder_makes_stereo_with_pilot_and_rds(mode: str, side: str) -> None:
    bench = Bench()
    bench.client.say(
        ":SOUR:STER:STAT ON", ":SOUR:STER:DEV 40kHz", f":SOUR:STER:AUD:MODE {mode}", ":SOUR:STER:AUD 1kHz",
        ":SOUR:STER:SOUR LFG", ":SOUR:STER:PIL:STAT ON", ":SOUR:STER:PIL:DEV 6720", "OUTP ON",
    )  # fmt: skip
    found = bench.antenna
    assert (found.fm_deviation_hz, found.side, found.pilot_hz, found.pi) == (40_000.0, side, 6_720.0, "")
    bench.client.say('STER:DIR "PI=1234"', 'STER:DIR "PS=RDS Test"', "STER:RDS:STAT ON")
    assert (bench.antenna.pi, bench.antenna.ps) == ("1234", "RDS Test")
    assert bench.client.ask('STER:DIR? "PS"') == '"RDS Test"'


def test_the_coder_s_own_audio_is_off_until_the_lf_generator_is_its_source() -> None:
    bench = Bench()
    bench.client.say("STER:STAT ON", "OUTP ON")
    assert bench.antenna.fm_deviation_hz == 0.0


@pytest.mark.parametrize("text", ["PI=123", "PI=12345", "PI=12G4", "PS=RDS", "PS=RDS Tests", "PI", "XX=1"])
def test_a_direct_command_of_another_length_is_not_accepted(text: str) -> None:
    client = Bench().client
    client.say(f'STER:DIR "{text}"')
    assert client.error() == -151
    assert client.ask('STER:DIR? "PI"') == '"0000"'


def test_a_change_of_level_takes_its_time_before_the_next_answer() -> None:
    bench = Bench()
    bench.clock.scale = 1.0
    session = bench.client.session
    assert session.receive(b"POW -40\n") == []
    (reply,) = session.receive(b"*OPC?\n")
    assert 0.0 < reply.delay_s <= SMB.settle_s


def test_the_time_of_the_last_change_at_the_antenna_is_kept() -> None:
    bench = Bench()
    bench.client.say("OUTP ON")
    since = bench.world.surroundings.antenna_since
    bench.client.say("OUTP ON", "FREQ 100MHZ")
    assert bench.world.surroundings.antenna_since == since
    bench.client.say("FREQ 98MHZ")
    assert bench.world.surroundings.antenna_since > since

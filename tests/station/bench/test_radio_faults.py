"""RF generator and receiver on the simulated wire: the right thing, or an error that names the instrument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from station.bench import check_bench, open_bench
from station.config.bench_file import read_bench_file
from station.drivers.generator_models import GENERATOR_MODELS
from station.drivers.hmp4040 import HmpOutput
from station.drivers.nmea0183 import Nmea0183
from station.drivers.smb100a import AntennaSource, RsGenerator
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import link_to
from station.model.clock import wait_until
from station.model.errors import CommandRefused, ConfigError, DutError, InstrumentError, LinkError, WrongIdentity
from station.model.roles import FmModulation, Rds, RfSource
from tests.conftest import Bench, start_bench
from tests.modelled_clock import ModelledClock
from tests.radio_bench import GENERATOR, NAVIGATION, PATH_LOSS_DB, RECEIVER, radio_world

CLOCK = SystemClock()
TIMEOUT_S = 0.12
RECOVERY_S = 5.0
FAULTS: Mapping[str, Mapping[str, float]] = {"drop": {}, "delay": {"seconds": 0.4}, "stale": {}, "garbage": {}}
LEVEL_ERROR_DB = 0.21
STEREO = FmModulation(67_500.0, 1000.0, "left", 6_750.0, Rds("D3C1", "FANJI FM"))


@pytest.fixture(scope="module", params=["smb100a", "sml01"])
def model(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def box(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp(model)
    running = start_bench(radio_world(folder, model), folder / "bench.toml", None)
    yield running
    running.stop()


def test_nothing_is_prepared_while_anybody_is_not_the_right_one(box: Bench, rf: RfSource) -> None:
    box.control("fault", device="analyser", fault="wrong_identity", on=True)
    try:
        with pytest.raises(WrongIdentity, match="analyser: expected"):
            open_bench(read_bench_file(box.bench_file), CLOCK)
    finally:
        box.control("fault", device="analyser", fault="wrong_identity", on=False)
    assert box.truth()["antenna"] is not None  # the generator was not reset


def test_a_generator_without_the_coder_is_refused_when_the_bench_is_opened(model: str, tmp_path: Path) -> None:
    running = start_bench(radio_world(tmp_path, model, has_coder=False), tmp_path / "bench.toml", 0.0)
    try:
        with pytest.raises(InstrumentError, match=rf"{GENERATOR}: has no stereo/RDS coder, which is option SM[BL]-B5"):
            open_bench(read_bench_file(running.bench_file), CLOCK, {"rf"})
    finally:
        running.stop()


@pytest.fixture
def rf(box: Bench, model: str) -> Iterator[RfSource]:
    """The generator over a link of its own, with its carrier on."""
    link = link_to(GENERATOR, read_bench_file(box.bench_file).instruments[GENERATOR].address, CLOCK)
    link.open(TIMEOUT_S)
    instrument = RsGenerator(link, CLOCK, TIMEOUT_S, GENERATOR_MODELS[model])
    instrument.begin()
    instrument.prepare()
    source = instrument.antenna(PATH_LOSS_DB)
    source.tune(98e6, 60.0)
    yield source
    link.close()


def test_what_is_asked_for_arrives_at_the_antenna_socket(box: Bench, rf: RfSource) -> None:
    rf.modulate_fm(STEREO)
    found = box.truth()["antenna"]
    assert found["level_dbuv_emf"] == pytest.approx(60.0, abs=LEVEL_ERROR_DB)
    assert (found["frequency_hz"], found["fm_deviation_hz"], found["side"]) == (98e6, 67_500.0, "left")
    assert (found["pilot_hz"], found["pi"], found["ps"]) == (6_750.0, "D3C1", "FANJI FM")
    rf.modulate_fm(FmModulation(22_500.0, 400.0))
    found = box.truth()["antenna"]
    assert (found["fm_deviation_hz"], found["audio_hz"], found["side"]) == (22_500.0, 400.0, "mono")
    assert (found["pilot_hz"], found["pi"]) == (0.0, "")
    rf.modulate_am(30.0, 400.0)
    rf.tune(999e3, 30.0)
    found = box.truth()["antenna"]
    assert (found["am_depth_pct"], found["fm_deviation_hz"], found["frequency_hz"]) == (30.0, 0.0, 999e3)
    assert found["level_dbuv_emf"] == pytest.approx(30.0, abs=LEVEL_ERROR_DB)
    rf.switch_off()
    assert box.truth()["antenna"] is None


def settings(rf: RfSource, count: int) -> int:
    """Set ``count`` levels; each is taken or an error that names the generator; how many were."""
    right = 0
    for index in range(count):
        try:
            rf.tune(98e6, 40.0 + index)
        except (LinkError, InstrumentError) as error:
            assert str(error).startswith(f"{GENERATOR}: ")
            continue
        right += 1
    return right


def recovers(rf: RfSource) -> bool:
    return wait_until(CLOCK, lambda: settings(rf, 3) == 3, CLOCK.now() + RECOVERY_S, 0.05)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_spoils_every_answer_is_an_error_and_is_over_when_the_fault_is(
    box: Bench, rf: RfSource, fault: str
) -> None:
    box.control("fault", device=GENERATOR, fault=fault, on=True, **FAULTS[fault])
    try:
        assert settings(rf, 2) == 0
    finally:
        box.control("fault", device=GENERATOR, fault=fault, on=False)
    assert recovers(rf)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_setting_that_was_taken_for_right_is_right_whatever_the_line_does(
    box: Bench, rf: RfSource, fault: str
) -> None:
    box.control("fault", device=GENERATOR, fault=fault, on=True, probability=0.1, **FAULTS[fault])
    try:
        for level in (20.0, 35.0, 50.0):
            if is_taken(rf, level):
                assert box.truth()["antenna"]["level_dbuv_emf"] == pytest.approx(level, abs=LEVEL_ERROR_DB)
    finally:
        box.control("fault", device=GENERATOR, fault=fault, on=False)
    assert recovers(rf)


def is_taken(rf: RfSource, level: float) -> bool:
    try:
        rf.tune(98e6, level)
    except (LinkError, InstrumentError):
        return False
    return True


def test_answers_in_pieces_are_whole_answers(box: Bench, rf: RfSource) -> None:
    box.control("fault", device=GENERATOR, fault="split", on=True, parts=3, seconds=0.001)
    try:
        assert settings(rf, 2) == 2
    finally:
        box.control("fault", device=GENERATOR, fault="split", on=False)


def test_another_instrument_at_the_address_is_named_with_both_identities(box: Bench) -> None:
    box.control("fault", device=GENERATOR, fault="wrong_identity", on=True)
    try:
        with pytest.raises(WrongIdentity, match=rf"{GENERATOR}: expected .* found NOBODY,NOTHING,0"):
            open_bench(read_bench_file(box.bench_file), CLOCK, {"rf"})
    finally:
        box.control("fault", device=GENERATOR, fault="wrong_identity", on=False)


def test_a_line_that_is_cut_is_an_error_that_names_the_generator(box: Bench, rf: RfSource) -> None:
    box.control("fault", device=GENERATOR, fault="close", on=True)
    try:
        assert settings(rf, 2) == 0
    finally:
        box.control("fault", device=GENERATOR, fault="close", on=False)


def test_the_path_s_loss_of_the_bench_file_is_in_every_level(box: Bench) -> None:
    bench = open_bench(read_bench_file(box.bench_file), CLOCK, {"rf"})
    source = bench.roles["rf"]
    assert isinstance(source, AntennaSource)
    source.tune(98e6, 60.0)
    assert box.truth()["antenna"]["level_dbuv_emf"] == pytest.approx(60.0, abs=LEVEL_ERROR_DB)
    with pytest.raises(CommandRefused, match="delivers"):
        source.tune(98e6, 132.0 - PATH_LOSS_DB)
    bench.close()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("path_loss_db = 6.3", "path_loss_db = -1.0"), "roles.rf.path_loss_db: must be 0 dB or more"),
        (("path_loss_db = 6.3", "path_loss_db = inf"), "roles.rf.path_loss_db: must be 0 dB or more"),
        (('instrument = "dut"', 'instrument = "dut"\npath_loss_db = 1.0'), "roles.dut.path_loss_db: .*head_unit"),
        (("path_loss_db = 6.3", "channel = 1"), "roles.rf.channel"),
    ],
)
def test_a_path_has_a_loss_and_only_an_rf_generator_has_a_path(
    box: Bench, tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    file = tmp_path / "bench.toml"
    text = box.bench_file.read_text(encoding="utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        check_bench(read_bench_file(file))


@pytest.fixture
def gnss(box: Bench) -> Iterator[tuple[Link, Nmea0183, ModelledClock]]:
    """The receiver of a unit that is awake, over a link of its own; its clock passes while it waits."""
    box.control("insert", unit=NAVIGATION)
    clock = ModelledClock(box)
    bench = open_bench(read_bench_file(box.bench_file), clock, {"supply", "acc"})
    for name in ("supply", "acc"):
        output = bench.roles[name]
        assert isinstance(output, HmpOutput)
        output.set(14.4, 4.0)
        output.switch_on()
    clock.wait(4.0)
    link = link_to(RECEIVER, read_bench_file(box.bench_file).instruments[RECEIVER].address, clock)
    link.open(TIMEOUT_S)
    receiver = Nmea0183(link, clock, TIMEOUT_S)
    receiver.begin()
    yield link, receiver, clock
    link.close()
    for name in ("supply", "acc"):
        output = bench.roles[name]
        assert isinstance(output, HmpOutput)
        output.switch_off()
    bench.close()


def test_a_receiver_has_its_fix_within_the_second_and_twelve_satellites(
    gnss: tuple[Link, Nmea0183, ModelledClock],
) -> None:
    _, receiver, _ = gnss
    assert receiver.wait_fix(5.0).value <= 2.1
    assert receiver.read_cn0_dbhz(12).value == pytest.approx(42.0, abs=1.5)


def test_a_receiver_of_a_unit_without_power_says_nothing(
    box: Bench, gnss: tuple[Link, Nmea0183, ModelledClock]
) -> None:
    box.control("remove")
    with pytest.raises(DutError, match=f"{RECEIVER}: no fix within 3 s"):
        gnss[1].wait_fix(3.0)


@pytest.mark.parametrize("fault", ["drop", "garbage"])
def test_a_spoiled_line_of_a_receiver_is_never_a_fix_and_is_over_when_the_fault_is(
    box: Bench, gnss: tuple[Link, Nmea0183, ModelledClock], fault: str
) -> None:
    _, receiver, _ = gnss
    box.control("fault", device=RECEIVER, fault=fault, on=True)
    try:
        with pytest.raises((DutError, LinkError), match=RECEIVER):
            receiver.wait_fix(3.0)
        with pytest.raises((DutError, LinkError), match=RECEIVER):
            receiver.read_cn0_dbhz(4)
    finally:
        box.control("fault", device=RECEIVER, fault=fault, on=False)
    assert receiver.wait_fix(5.0).value <= 2.1


def test_sentences_in_pieces_are_whole_sentences(box: Bench, gnss: tuple[Link, Nmea0183, ModelledClock]) -> None:
    gnss[0].close()
    link = link_to(RECEIVER, read_bench_file(box.bench_file).instruments[RECEIVER].address, CLOCK)
    link.open(TIMEOUT_S)
    box.control("fault", device=RECEIVER, fault="split", on=True, parts=4, seconds=0.002)
    receiver = Nmea0183(link, CLOCK, TIMEOUT_S)

    def is_heard() -> bool:
        """A busy machine may stretch the pauses between the pieces: then no cycle is whole in time."""
        try:
            return abs(receiver.read_cn0_dbhz(12).value - 42.0) <= 1.5
        except DutError:
            return False

    try:
        assert wait_until(CLOCK, is_heard, CLOCK.now() + 20.0, 0.01)
    finally:
        box.control("fault", device=RECEIVER, fault="split", on=False)
        link.close()


def test_a_receiver_whose_port_vanishes_is_lost(box: Bench, gnss: tuple[Link, Nmea0183, ModelledClock]) -> None:
    box.control("fault", device=RECEIVER, fault="close", on=True)
    try:
        with pytest.raises(LinkError, match=RECEIVER):
            gnss[1].wait_fix(2.0)
    finally:
        address = box.control("fault", device=RECEIVER, fault="close", on=False)["address"]
        text = box.bench_file.read_text(encoding="utf-8")
        box.bench_file.write_text(text.replace(box.address[RECEIVER], address), encoding="utf-8")
        box.address[RECEIVER] = address

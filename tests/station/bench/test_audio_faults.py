"""Every fault of a line, at analyser, sound card and generator: an error that names it, never a wrong value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest

from station.bench import examine, open_bench
from station.config.bench_file import read_bench_file
from station.drivers.k33511b import K33511B
from station.drivers.pcm_stream import PcmStream
from station.drivers.u8903b import U8903B
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import link_to
from station.model.clock import wait_until
from station.model.errors import InstrumentError, LinkError, LinkLost, LinkRefused, LinkTimeout, WrongIdentity
from station.model.roles import AudioAnalyser, Weighting
from tests.audio_benches import SERIAL, audio_world
from tests.conftest import Bench, start_bench

CLOCK = SystemClock()
TIMEOUT_S, RECOVERY_S = 0.25, 5.0
FAULTS: Mapping[str, Mapping[str, float]] = {"drop": {}, "delay": {"seconds": 0.6}, "stale": {}, "garbage": {}}


def started(folder: Path, kind: str) -> Bench:
    running = start_bench(audio_world(folder, kind), folder / "bench.toml", 0.0)
    running.control("insert", unit=SERIAL)
    return running


@pytest.fixture(scope="module")
def analyser_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    running = started(tmp_path_factory.mktemp("u8903b"), "u8903b")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def card_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    running = started(tmp_path_factory.mktemp("card"), "pcm_stream")
    yield running
    running.stop()


def open_link(running: Bench, name: str) -> Link:
    link = link_to(name, read_bench_file(running.bench_file).instruments[name].address, CLOCK)
    link.open(1.0)
    return link


def right(name: str, use: Callable[[], None], count: int) -> int:
    """Use the instrument ``count`` times; each use succeeds or raises an error that names it; how many succeeded."""
    succeeded = 0
    for _ in range(count):
        try:
            use()
        except (LinkError, InstrumentError) as error:
            assert str(error).startswith(f"{name}: ")
            continue
        succeeded += 1
    return succeeded


def silence_of(analyser: U8903B) -> Callable[[], None]:
    """Record the output of a unit that is off: silence, or it is a wrong value."""

    def use() -> None:
        found = analyser.record([1], 0.003)[1]
        assert len(found.volts) == 256
        assert abs(found.volts).max() < 0.001

    return use


def sine_of(generator: K33511B) -> Callable[[], None]:
    return lambda: generator.generate(1000.0, 0.1)


@pytest.fixture(params=["analyser", "awg"])
def used(
    request: pytest.FixtureRequest, analyser_bench: Bench, card_bench: Bench
) -> Iterator[tuple[Bench, str, Callable[[], None]]]:
    """The two instruments that speak SCPI, over links of their own."""
    name: str = request.param
    running = analyser_bench if name == "analyser" else card_bench
    link = open_link(running, name)
    if name == "analyser":
        analyser = U8903B(link, CLOCK, TIMEOUT_S)
        analyser.begin()
        analyser.prepare()
        use = silence_of(analyser)
    else:
        generator = K33511B(link, CLOCK, TIMEOUT_S)
        generator.begin()
        generator.prepare()
        use = sine_of(generator)
    yield running, name, use
    link.close()


@pytest.mark.parametrize("probability", [1.0, 0.2])
@pytest.mark.parametrize("fault", FAULTS)
def test_what_spoils_answers_is_an_error_and_is_over_when_the_fault_is(
    used: tuple[Bench, str, Callable[[], None]], fault: str, probability: float
) -> None:
    running, name, use = used
    running.control("fault", device=name, fault=fault, on=True, probability=probability, **FAULTS[fault])
    try:
        succeeded = right(name, use, 2)
        assert probability < 1 or succeeded == 0
    finally:
        running.control("fault", device=name, fault=fault, on=False)
    assert wait_until(CLOCK, lambda: right(name, use, 2) == 2, CLOCK.now() + RECOVERY_S, 0.05)


def test_an_answer_in_pieces_is_a_whole_answer(used: tuple[Bench, str, Callable[[], None]]) -> None:
    running, name, use = used
    running.control("fault", device=name, fault="split", on=True, parts=3, seconds=0.002)
    try:
        assert right(name, use, 3) == 3
    finally:
        running.control("fault", device=name, fault="split", on=False)


@pytest.mark.parametrize(("name", "role"), [("analyser", "audio"), ("awg", "audio")])
def test_another_instrument_at_the_address_is_named(
    name: str, role: str, analyser_bench: Bench, card_bench: Bench
) -> None:
    running = analyser_bench if name == "analyser" else card_bench
    running.control("fault", device=name, fault="wrong_identity", on=True)
    try:
        with pytest.raises(WrongIdentity, match=f"{name}: expected .* found NOBODY,NOTHING,0"):
            open_bench(read_bench_file(running.bench_file), CLOCK, {role})
    finally:
        running.control("fault", device=name, fault="wrong_identity", on=False)


def card_of(running: Bench, timeout_s: float = TIMEOUT_S) -> PcmStream:
    return PcmStream(open_link(running, "card"), CLOCK, timeout_s)


@pytest.mark.parametrize(("fault", "options"), [("drop", {}), ("delay", {"seconds": 1.0})])
def test_a_card_that_gives_no_samples_in_time_is_a_timeout(
    card_bench: Bench, fault: str, options: dict[str, float]
) -> None:
    card_bench.control("fault", device="card", fault=fault, on=True, **options)
    try:
        before = CLOCK.now()
        with pytest.raises(LinkTimeout, match=r"^card: "):
            card_of(card_bench).take(48000, 0.3)
        assert CLOCK.now() - before < 0.3 + 0.5
    finally:
        card_bench.control("fault", device="card", fault=fault, on=False)
    assert len(card_of(card_bench).take(48000, 2.0)) == 48000


def test_a_card_that_hangs_up_is_a_lost_link_and_one_that_is_gone_is_refused(card_bench: Bench) -> None:
    stream = card_of(card_bench)
    card_bench.control("fault", device="card", fault="close", on=True, after_replies=2)
    try:
        with pytest.raises(LinkLost, match=r"^card: "):
            stream.take(1 << 20, 2.0)
    finally:
        card_bench.control("fault", device="card", fault="close", on=False)
    card_bench.control("fault", device="card", fault="refuse", on=True)
    try:
        with pytest.raises(LinkRefused, match=r"^card: cannot be opened"):
            stream.take(1000, 2.0)
    finally:
        card_bench.control("fault", device="card", fault="refuse", on=False)


def test_samples_in_pieces_are_the_same_samples(card_bench: Bench) -> None:
    card_bench.control("fault", device="card", fault="split", on=True, parts=5, seconds=0.001)
    try:
        opened = open_bench(read_bench_file(card_bench.bench_file), CLOCK, {"audio"})
        level = cast(AudioAnalyser, opened.roles["audio"]).read_level_v("rear_left", Weighting.FLAT)
        opened.close()
    finally:
        card_bench.control("fault", device="card", fault="split", on=False)
    assert 0 < level.value < 0.0001  # the card's own noise: a frame cut in the wrong place would be volts


def test_the_bench_is_examined_without_touching_anything(card_bench: Bench, analyser_bench: Bench) -> None:
    for running in (card_bench, analyser_bench):
        reports = {report.name: report for report in examine(read_bench_file(running.bench_file), CLOCK)}
        assert {name: report.problem for name, report in reports.items()} == dict.fromkeys(reports, "")

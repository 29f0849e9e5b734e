"""Loads, scale, printers and scanner on real wires: right, or an error that names them; then they recover."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from station.bench import examine, open_bench
from station.config.bench_file import InstrumentRow, read_bench_file
from station.drivers.catalogue import DRIVERS, DriverEntry
from station.link.clock import SystemClock
from station.link.link import Link
from station.model.clock import wait_until
from station.model.errors import InstrumentError, LinkError, OperatorError, WrongIdentity
from station.model.roles import PrinterState
from tests.conftest import Bench, start_bench
from tests.desk_bench import UNIT, desk_world

CLOCK = SystemClock()
TIMEOUT_S = 0.12
RECOVERY_S = 4.0
FAULTS: Mapping[str, Mapping[str, float]] = {"drop": {}, "delay": {"seconds": 0.4}, "stale": {}, "garbage": {}}
ASKED = ("load", "spare_load", "scale", "zpl", "tspl")
"""What answers; the scanner talks unasked and has tests of its own."""
GRAMS = 412.5


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("desk")
    running = start_bench(desk_world(folder), folder / "bench.toml", 0.0)
    running.control("weigh", device="scale", grams=GRAMS)
    yield running
    running.stop()


@pytest.fixture
def reading(box: Bench) -> Iterator[Callable[[str], Callable[[], bool]]]:
    """``reading("scale")`` asks that device once over a link of its own: whether the answer is right."""
    links: list[Link] = []
    rows = read_bench_file(box.bench_file).instruments

    def made(name: str) -> Callable[[], bool]:
        question, link = _question(rows[name])
        links.append(link)
        link.open(TIMEOUT_S)
        return question

    yield made
    for link in links:
        link.close()


def _question(row: InstrumentRow) -> tuple[Callable[[], bool], Link]:
    entry = DRIVERS[row.driver]
    assert isinstance(entry, DriverEntry)
    connection = entry.connect(row, CLOCK, TIMEOUT_S)
    instrument: Any = connection.instrument.instrument
    link = connection.link
    assert isinstance(link, Link)
    questions: Mapping[str, Callable[[], bool]] = {
        "load": lambda: instrument.read_v().value < 0.05,
        "spare_load": lambda: instrument.read_v().value < 0.05,
        "scale": lambda: abs(instrument.read_g(TIMEOUT_S).value - GRAMS) < 0.05,
        "zpl": lambda: instrument.read_state().problem == "",
        "tspl": lambda: _ready(row.name, instrument.read_state()),
    }
    return questions[row.name], link


def _ready(name: str, state: PrinterState) -> bool:
    """A byte of state that is spoiled twice alike may be taken for a problem, never for being ready."""
    if state.problem:
        raise InstrumentError(name, state.problem)
    return True


def right(name: str, ask: Callable[[], bool], count: int) -> int:
    """Ask ``count`` times; each answer is right or an error that names the device; how many were right."""
    found = 0
    for _ in range(count):
        try:
            assert ask()
        except (LinkError, InstrumentError) as error:
            assert str(error).startswith(f"{name}: ")
            continue
        found += 1
    return found


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_line_is_an_error_never_a_wrong_answer_and_is_over_when_the_fault_is(
    box: Bench, reading: Callable[[str], Callable[[], bool]], name: str, fault: str
) -> None:
    ask = reading(name)
    assert right(name, ask, 1) == 1
    box.control("fault", device=name, fault=fault, on=True, **FAULTS[fault])
    try:
        assert right(name, ask, 2) == 0
        box.control("fault", device=name, fault=fault, on=True, probability=0.3, **FAULTS[fault])
        right(name, ask, 4)
    finally:
        box.control("fault", device=name, fault=fault, on=False)
    assert wait_until(CLOCK, lambda: right(name, ask, 2) == 2, CLOCK.now() + RECOVERY_S, 0.05)


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_in_pieces_is_a_whole_answer(
    box: Bench, reading: Callable[[str], Callable[[], bool]], name: str
) -> None:
    ask = reading(name)
    box.control("fault", device=name, fault="split", on=True, parts=3, seconds=0.002)
    try:
        assert right(name, ask, 3) == 3
    finally:
        box.control("fault", device=name, fault="split", on=False)


@pytest.mark.parametrize("name", ["load", "zpl", "tspl"])
def test_a_device_that_hangs_up_is_named_and_found_again(
    box: Bench, reading: Callable[[str], Callable[[], bool]], name: str
) -> None:
    ask = reading(name)
    assert right(name, ask, 1) == 1
    box.control("fault", device=name, fault="close", on=True)
    start = time.monotonic()
    assert right(name, ask, 2) == 0
    assert time.monotonic() - start < 2.0
    box.control("fault", device=name, fault="close", on=False)
    assert wait_until(CLOCK, lambda: right(name, ask, 1) == 1, CLOCK.now() + RECOVERY_S, 0.05)


def test_what_stands_at_the_desk_says_who_it_is(box: Bench) -> None:
    reports = {report.name: report for report in examine(read_bench_file(box.bench_file), CLOCK)}
    assert {name: reports[name].problem for name in (*ASKED, "scanner")} == dict.fromkeys((*ASKED, "scanner"), "")
    assert reports["scale"].found == "METTLER TOLEDO,ML6002T 6200.00 g,B847012345"


@pytest.mark.parametrize(("name", "old"), [("scale", 'serial = "B847012345"'), ("load", 'serial = "L1"')])
def test_another_scale_or_load_at_the_address_is_named(box: Bench, tmp_path: Path, name: str, old: str) -> None:
    file = tmp_path / "bench.toml"
    file.write_text(box.bench_file.read_text("utf-8").replace(old, 'serial = "other"'), encoding="utf-8")
    with pytest.raises(WrongIdentity, match=f"{name}: expected .*,other at .*, found "):
        open_bench(read_bench_file(file), CLOCK, {name})


@pytest.fixture
def role(box: Bench) -> Iterator[Callable[[str], Any]]:
    """Opens the bench for one role and gives it."""
    benches = []

    def made(name: str) -> Any:
        benches.append(open_bench(read_bench_file(box.bench_file), CLOCK, {name}))
        return benches[-1].roles[name]

    yield made
    for bench in benches:
        bench.close()


def later(seconds: float, do: Callable[[], object]) -> threading.Timer:
    """``do`` after ``seconds`` in another thread, which the control socket bears one at a time."""
    timer = threading.Timer(seconds, do)
    timer.start()
    return timer


@pytest.mark.parametrize("fault", ["split", "delay"])
def test_a_scan_in_pieces_or_late_is_the_code_that_was_scanned(
    box: Bench, role: Callable[[str], Any], fault: str
) -> None:
    scanner = role("scanner")
    box.control("fault", device="scanner", fault=fault, on=True, parts=4, seconds=0.02)
    try:
        hand = later(0.15, lambda: box.control("scan", device="scanner", code=UNIT))
        assert scanner.wait_scan(5.0).value == UNIT
        hand.join()
    finally:
        box.control("fault", device="scanner", fault=fault, on=False)


def test_a_scan_held_back_until_the_next_one_is_not_its_answer(box: Bench, role: Callable[[str], Any]) -> None:
    scanner = role("scanner")
    box.control("fault", device="scanner", fault="stale", on=True, count=1)
    box.control("scan", device="scanner", code="EARLIER")
    hand = later(0.15, lambda: box.control("scan", device="scanner", code=UNIT))
    with pytest.raises(OperatorError, match="scanner: two codes came at once"):
        scanner.wait_scan(5.0)
    hand.join()
    box.control("fault", device="scanner", fault="stale", on=False)


def test_a_scan_that_is_lost_is_none(box: Bench, role: Callable[[str], Any]) -> None:
    scanner = role("scanner")
    box.control("fault", device="scanner", fault="drop", on=True)
    try:
        hand = later(0.05, lambda: box.control("scan", device="scanner", code=UNIT))
        with pytest.raises(OperatorError, match="scanner: nothing was scanned"):
            scanner.wait_scan(0.4)
        hand.join()
    finally:
        box.control("fault", device="scanner", fault="drop", on=False)


@pytest.mark.parametrize(
    ("name", "device", "label"),
    [
        ("printer", "zpl", b"^XA^FO50,50^FDFJN726110001^FS^XZ"),
        ("spare_printer", "tspl", b'CLS\r\nTEXT 10,10,"3",0,1,1,"FJN726110001"\r\nPRINT 1,1\r\n'),
    ],
)
def test_a_label_comes_out_once_or_not_at_all(
    box: Bench, role: Callable[[str], Any], name: str, device: str, label: bytes
) -> None:
    printer = role(name)
    before = len(box.control("printer", device=device)["printed"])
    printer.print_label(label)
    printed = box.control("printer", device=device)["printed"]
    assert len(printed) == before + 1 and "FJN726110001" in printed[-1]

    box.control("printer", device=device, head_open=True)
    with pytest.raises(InstrumentError, match=f"{device}: is not ready: print head open"):
        printer.print_label(label)
    box.control("printer", device=device, head_open=False, stock=0)
    with pytest.raises(InstrumentError, match=f"{device}: out of labels: the label was not printed, and is cancelled"):
        printer.print_label(label)
    after = box.control("printer", device=device, stock=None)
    assert (len(after["printed"]), after["waiting"]) == (before + 1, 0)


@pytest.mark.parametrize("name", ["load", "spare_load"])
def test_a_load_draws_what_it_is_told_and_no_more(box: Bench, role: Callable[[str], Any], name: str) -> None:
    supply, acc, relays, load = (role(each) for each in ("supply", "acc", "relays", name))
    box.control("insert", unit=UNIT)
    for output in (supply, acc):
        output.set(14.4, 3.0)
        output.switch_on()
    relays.close("usb_load")
    load.draw(1.0)
    assert load.read_a().value == pytest.approx(1.0, abs=0.006)
    assert load.read_v().value == pytest.approx(4.90, abs=0.06)
    load.draw(1.5)
    assert load.read_v().value == pytest.approx(4.84, abs=0.06)
    load.switch_off()
    assert load.read_a().value == 0.0
    assert load.read_v().value == pytest.approx(5.02, abs=0.06)
    relays.open("usb_load")
    assert load.read_v().value == pytest.approx(0.0, abs=0.05)

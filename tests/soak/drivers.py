"""Every driver over every link its instrument can have, with every fault of a line: an error in time, never a lie."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fixtures.sim.kinds import KINDS
from fixtures.sim.world_file import MESSAGE_PORTS, SERIAL_PORTS
from station.bench import open_bench
from station.config.bench_file import read_bench_file
from station.model.errors import StationError, WrongIdentity
from tests.conftest import Bench, start_bench
from tests.instrument_benches import INSTRUMENT, ROWS, Row, instrument_world
from tests.instrument_trials import CLOCK, FAULTS, LATE_S, asked, feed, recovers, role_of
from tests.soak.finding import Finding
from tests.soak.links import settle
from tests.station.link.link_kinds import USB_BACKEND

AT_ONCE = 2
QUESTIONS = 3
TRIES = 3
"""A loaded machine may be late for one of them."""
USB_SERIAL = "SN4711"  # a USB address knows letters and digits
SLOW_LINE_S = 0.5
"""What a call over RPC or USB may take besides: its parts have time limits of their own."""

Trial = Callable[[Bench, Row], str]
"""What went wrong; empty when nothing did."""


def links_of(row: Row) -> tuple[str, ...]:
    """Every port that the simulated instrument has, and ``socket``: pyserial's way to a TCP port."""
    kind = KINDS[row.kind or row.driver]
    serial = SERIAL_PORTS if "pty" in kind.ports else ()
    messages = MESSAGE_PORTS if kind.is_scpi else ()
    return tuple(dict.fromkeys((*kind.ports, *serial, *messages, *(("socket",) if "tcp" in kind.ports else ()))))


PAIRS = tuple((row, link) for row in ROWS for link in links_of(row))


@contextmanager
def bench_over(row: Row, link: str, folder: Path) -> Iterator[Bench]:
    """The row's bench with its instrument behind ``link``."""
    port = "tcp" if link == "socket" else link
    device = "\n".join(line for line in row.device.splitlines() if not line.startswith("port ="))
    is_on_usb = port in ("usb", "usbtmc")
    identity = (*row.identity[:2], USB_SERIAL) if row.identity and is_on_usb else row.identity
    moved = replace(row, device=f'{device}\nport = "{port}"', identity=identity)
    os.environ["FANJI_USB_BACKENDS"] = USB_BACKEND
    box = start_bench(instrument_world(folder, moved, is_on_usb), folder / "bench.toml", 0.0)
    try:
        if link == "socket":
            text = box.bench_file.read_text(encoding="utf-8")
            address = box.address[INSTRUMENT]
            box.bench_file.write_text(text.replace(address, address.replace("tcp://", "socket://")), encoding="utf-8")
        yield box
    finally:
        box.stop()


def _spoilt(fault: str) -> Trial:
    def trial(box: Bench, row: Row) -> str:
        took_s: list[float] = []
        with role_of(box, row) as role:
            box.control("fault", device=INSTRUMENT, fault=fault, on=True, **FAULTS[fault])
            right = asked(row, role, QUESTIONS, took_s)
            box.control("fault", device=INSTRUMENT, fault=fault, on=False)
            if right:
                return f"{right} of {QUESTIONS} were answered"
            if statistics.median(took_s) > row.longest_s + LATE_S + SLOW_LINE_S:
                return f"errors came after {statistics.median(took_s):.2f} s"
            return "" if recovers(row, role) else "does not recover"

    return trial


def _in_pieces(box: Bench, row: Row) -> str:
    with role_of(box, row) as role:
        box.control("fault", device=INSTRUMENT, fault="split", on=True, parts=3, seconds=0.002)
        right = max(asked(row, role, QUESTIONS) for _ in range(TRIES))
        box.control("fault", device=INSTRUMENT, fault="split", on=False)
    return "" if right == QUESTIONS else f"{right} of {QUESTIONS} answers in pieces were taken"


def _another(box: Bench, row: Row) -> str:
    if row.identity is None:
        return ""  # it cannot say who it is
    box.control("fault", device=INSTRUMENT, fault="wrong_identity", on=True)
    try:
        open_bench(read_bench_file(box.bench_file), CLOCK, {INSTRUMENT}).close()
    except WrongIdentity:
        return ""
    finally:
        box.control("fault", device=INSTRUMENT, fault="wrong_identity", on=False)
    return "another instrument was taken for it"


def _cut(box: Bench, row: Row) -> str:
    took_s: list[float] = []
    with role_of(box, row) as role:
        box.control("fault", device=INSTRUMENT, fault="close", on=True)
        right = asked(row, role, QUESTIONS, took_s)
    if right:
        return f"{right} of {QUESTIONS} were answered over a cut line"
    is_late = statistics.median(took_s) > row.longest_s + LATE_S + SLOW_LINE_S
    return f"errors came after {statistics.median(took_s):.2f} s" if is_late else ""


TRIALS: dict[str, Trial] = {
    **{fault: _spoilt(fault) for fault in FAULTS},
    "split": _in_pieces,
    "wrong_identity": _another,
    "close": _cut,
}
"""By the fault; the line stays cut after the last."""


def tried(row: Row, link: str) -> list[str]:
    """All faults of one pair; what went wrong."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="drivers-") as name, bench_over(row, link, Path(name)) as box:
        feed(box, row)
        for fault, trial in TRIALS.items():
            try:
                said = trial(box, row)
            except (StationError, AssertionError) as error:
                said = f"{type(error).__name__}: {error}"
            if said:
                wrong.append(f"{row.driver} over {link}, {fault}: {said}")
    settle()
    return wrong


def soak() -> list[Finding]:
    started = time.monotonic()
    findings = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number, ((row, link), wrong) in enumerate(
            zip(PAIRS, pool.map(lambda pair: tried(*pair), PAIRS), strict=True)
        ):
            seconds = time.monotonic() - started
            print(f"{seconds:7.0f} s  {number + 1} of {len(PAIRS)}: {row.driver} over {link}", *wrong, flush=True)  # noqa: T201
            findings.append((row.driver, link, wrong))
    took_s = time.monotonic() - started
    return [_finding(driver, findings, took_s) for driver in dict.fromkeys(driver for driver, _, _ in findings)]


def _finding(driver: str, findings: list[tuple[str, str, list[str]]], took_s: float) -> Finding:
    own = [(link, wrong) for name, link, wrong in findings if name == driver]
    wrong = [each for _, several in own for each in several]
    links = ", ".join(link for link, _ in own)
    return Finding("drivers", driver, len(own) * len(TRIALS), len(wrong), took_s, "; ".join(wrong) or links)

"""Looks at every instrument and programmer of a bench without changing anything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from statistics import median

import msgspec
from msgspec.structs import replace

from station.bench.checking import check_bench, driver_of
from station.bench.identity import wrong_identity
from station.bench.programmer import look_at_programmer
from station.bench.sharing import is_switched_by_several
from station.config.bench_file import BenchFile
from station.drivers.catalogue import Connection
from station.drivers.instrument import Instrument
from station.ic_programmer.programmers.catalogue import PROGRAMMERS
from station.model.clock import Clock
from station.model.errors import StationError

OPEN_S = 1.0
ANSWER_S = 1.0
ASKED = 5


class InstrumentReport(msgspec.Struct, frozen=True):
    """What was found at one address; ``problem`` is empty where all is well, ``evidence`` the driver's.

    ``answers_s`` are the median and the longest time of ``ASKED`` questions who it is; None where it cannot say.
    """

    name: str
    driver: str
    evidence: str
    address: str
    expected: str
    found: str
    calibration_due: date | None
    answers_s: tuple[float, float] | None
    problem: str


def examine(bench: BenchFile, clock: Clock) -> tuple[InstrumentReport, ...]:
    """One report for each instrument, then for each programmer; raises ConfigError only."""
    check_bench(bench)
    count = len(bench.instruments) + len(bench.programmers)
    with ThreadPoolExecutor(max_workers=max(count, 1)) as threads:
        instruments = threads.map(lambda name: _instrument(bench, name, clock), bench.instruments)
        programmers = threads.map(lambda name: _programmer(bench, name, clock), bench.programmers)
        return (*instruments, *programmers)


def _instrument(bench: BenchFile, name: str, clock: Clock) -> InstrumentReport:
    row = bench.instruments[name]
    entry = driver_of(bench, row)
    connection = entry.connect(replace(row, record=None), clock, ANSWER_S)
    found, problem, answers_s = "", "", None
    try:
        connection.link.open(OPEN_S)
        identity = connection.instrument.instrument.begin()
        found = str(identity) if identity is not None else ""
        answers_s = _answers_s(connection.instrument.instrument, clock) if identity is not None else None
        if identity is not None and identity != row.identity:
            problem = wrong_identity(bench, name, identity)
        elif is_switched_by_several(bench, name):
            problem = _problem_of_two(bench, name, connection, clock)
    except StationError as error:
        problem = str(error)
    finally:
        connection.link.close()
    if not problem and row.calibration_due is not None and row.calibration_due < clock.utc().date():
        problem = f"calibration was due on {row.calibration_due}"
    expected = str(row.identity) if row.identity is not None else ""
    address = str(row.address)
    due = row.calibration_due
    return InstrumentReport(name, row.driver, entry.evidence, address, expected, found, due, answers_s, problem)


def _problem_of_two(bench: BenchFile, name: str, first: Connection, clock: Clock) -> str:
    """Empty where a second client is answered while the first is connected, and the first as ever after it.

    A slot must be able to switch its outputs off while a step of another slot uses the instrument.
    """
    row = bench.instruments[name]
    second = driver_of(bench, row).connect(replace(row, record=None), clock, ANSWER_S)
    try:
        second.link.open(OPEN_S)
        second.instrument.instrument.begin()
        first.instrument.instrument.begin()
        second.instrument.instrument.begin()
    except StationError as error:
        return f"must answer two clients at once, for slots share its outputs, but: {error}"
    finally:
        second.link.close()
    return ""


def _answers_s(instrument: Instrument, clock: Clock) -> tuple[float, float]:
    times = []
    for _ in range(ASKED):
        start = clock.now()
        instrument.begin()
        times.append(clock.now() - start)
    return median(times), max(times)


def _programmer(bench: BenchFile, name: str, clock: Clock) -> InstrumentReport:
    row = bench.programmers[name]
    found, problem = "", ""
    try:
        found = look_at_programmer(bench, name, clock)
    except StationError as error:
        problem = str(error)
    evidence = PROGRAMMERS[row.driver].evidence
    return InstrumentReport(name, row.driver, evidence, str(row.address), "", found, None, None, problem)

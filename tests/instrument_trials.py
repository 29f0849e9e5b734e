"""An instrument behind a driver, asked while its line misbehaves: what the tests and the soak of drivers share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from station.bench import open_bench
from station.bench.checking import driver_of
from station.config.bench_file import read_bench_file
from station.drivers.hmp4040 import HmpOutput
from station.link.clock import SystemClock
from station.model.clock import wait_until
from station.model.errors import InstrumentError, LinkError
from tests.conftest import Bench
from tests.instrument_benches import FEED_V, HELPER, INSTRUMENT, JIG, TIMEOUT_S, UNIT, Row

CLOCK = SystemClock()
RECOVERY_S = 5.0
LATE_S = 0.2
"""How much later than its deadline an error may come."""

FAULTS: Mapping[str, Mapping[str, float]] = {"drop": {}, "delay": {"seconds": 0.4}, "stale": {}, "garbage": {}}
"""What spoils every answer of a line, with its figures."""


def feed(box: Bench, row: Row) -> None:
    """12 V on B+; with a unit on its USB port ACC too, and the port connected when the unit is awake."""
    outputs = {HELPER, "acc"} if row.is_on_usb_port else {HELPER}
    opened = open_bench(read_bench_file(box.bench_file), CLOCK, outputs | ({JIG} if row.is_on_usb_port else set()))
    if row.is_on_usb_port:
        box.control("insert", unit=UNIT)
        opened.roles[JIG].close("usb_load")
    for name in sorted(outputs, reverse=True):
        feeding = opened.roles[name]
        assert isinstance(feeding, HmpOutput)
        feeding.set(FEED_V, 3.0 if row.is_on_usb_port else 0.5)
        feeding.switch_on()
    opened.close()


@contextmanager
def role_of(box: Bench, row: Row) -> Iterator[Any]:
    """The role under test over a link of its own, as the row arranges it."""
    bench = read_bench_file(box.bench_file)
    instrument = bench.instruments[INSTRUMENT]
    connection = driver_of(bench, instrument).connect(instrument, CLOCK, max(TIMEOUT_S, row.longest_s / 2))
    connection.link.open(1.0)
    connection.instrument.instrument.begin()
    connection.instrument.instrument.prepare()
    played = connection.instrument.play(bench.roles[INSTRUMENT])
    row.arrange(played)
    yield played
    connection.link.close()


def asked(row: Row, role: Any, count: int, took_s: list[float] | None = None) -> int:
    """Ask ``count`` times; each answer is right or an error that names the instrument; how many were right."""
    right = 0
    for index in range(count):
        start = time.monotonic()
        try:
            row.questions[index % len(row.questions)](role)
            right += 1
        except (LinkError, InstrumentError) as error:
            assert str(error).startswith(f"{INSTRUMENT}: ")
        if took_s is not None:
            took_s.append(time.monotonic() - start)
    return right


def recovers(row: Row, role: Any) -> bool:
    """Whether it is right again; on a serial line late answers may have to run dry first."""
    return wait_until(CLOCK, lambda: asked(row, role, 2) == 2, CLOCK.now() + RECOVERY_S, 0.05)

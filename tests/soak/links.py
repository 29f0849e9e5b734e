"""Threads that share an instrument ask for numbers while its line misbehaves at random: an error is fine, a lie is not.

Noise that makes another number of a number is not among the faults: on a line without checksums nobody can tell.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from random import Random

from fixtures.sim.device import Reply, SimClock
from fixtures.sim.faults import LineFault
from fixtures.sim.transport import Port
from station.drivers.scpi import ScpiInstrument
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import link_to
from station.model.errors import InstrumentError, LinkError
from tests.soak.finding import Finding
from tests.station.link.link_kinds import EVERY_LINK, PULLED_OUT, USB_BACKEND, address_of, port_of
from tests.station.link.served import Server, server

CLOCK = SystemClock()
QUERIES, THREADS = 10_000, 4
ANSWER_S = 0.1
LATE_S = 0.15
LEAST_ANSWERED = 0.3
"""Share of the questions that must be answered rightly, whatever the line does in between; estimate: most are."""
PATIENCE_S = 0.02
"""Before the next question after an error, so that a cut line does not eat them all at once."""
STEADY_FAULTS = (
    LineFault("delay", probability=0.01, seconds=LATE_S),
    LineFault("drop", probability=0.005),
    LineFault("stale", probability=0.005),
    LineFault("garbage", probability=0.005),
    LineFault("split", probability=0.05, seconds=0.002, parts=3),
)


class Parrot:
    """A device of few words: it gives numbers back, has an event register that all its clients share, and no errors."""

    def __init__(self) -> None:
        self.event_enable = b"0"

    def connect(self) -> ParrotSession:
        return ParrotSession(self)


class ParrotSession:
    def __init__(self, device: Parrot) -> None:
        self._device = device
        self._buffer = b""

    def receive(self, data: bytes) -> list[Reply]:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [Reply(answer + b"\n") for line in lines if (answer := self._answer(line)) is not None]

    def close(self) -> None:
        self._buffer = b""

    def _answer(self, line: bytes) -> bytes | None:
        word, _, number = line.partition(b" ")
        if word == b"*ESE":
            self._device.event_enable = number
        return {b"*ESE?": self._device.event_enable, b"SYST:ERR?": b'0,"No error"', b"ECHO?": number}.get(word)


class Storm:
    """Cuts and joins the line, refuses connections, interrupts whoever waits and makes all late, at random moments."""

    def __init__(self, served: Server, port: Port, link: Link, rng: Random, can_cut: bool) -> None:
        self._served = served
        self._port = port
        self._link = link
        self._rng = rng
        self._can_cut = can_cut
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._blow, daemon=True)
        self.struck: Counter[str] = Counter()

    def begin(self) -> None:
        for fault in STEADY_FAULTS:
            self._set(fault)
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        self._thread.join(10)
        for fault in self._port.faults.active.values():
            self.struck[fault.name] += fault.struck

    def _blow(self) -> None:
        while not self._is_over.wait(self._rng.uniform(0.05, 0.3)):
            name = self._rng.choice(("close", "refuse", "interrupt", "lag") if self._can_cut else ("interrupt", "lag"))
            self.struck[name] += 1
            if name == "interrupt":
                self._link.interrupt()
            elif name == "lag":
                self._set(LineFault("delay", seconds=LATE_S))
                self._is_over.wait(self._rng.uniform(0.1, 0.3))
                self._set(STEADY_FAULTS[0])
            else:
                self._set(LineFault(name))
                self._is_over.wait(self._rng.uniform(0.005, 0.05))
                self._served.fault(self._port, LineFault(name), is_on=False)

    def _set(self, fault: LineFault) -> None:
        self._served.fault(self._port, replace(fault))


class Asking:
    """Threads that ask for numbers of their own; what came back is counted."""

    def __init__(self, instrument: ScpiInstrument, queries: int) -> None:
        self._instrument = instrument
        self._shares = [range(first, queries, THREADS) for first in range(THREADS)]
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        threads = [threading.Thread(target=self._ask, args=(share,), daemon=True) for share in self._shares]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _ask(self, numbers: range) -> None:
        for number in numbers:
            try:
                value = self._instrument.ask_number(f"ECHO? {number + 1000}", "V").value
            except (LinkError, InstrumentError) as error:
                self.counts[type(error).__name__] += 1
                time.sleep(PATIENCE_S)
                continue
            self.counts["answered"] += 1
            if value != number + 1000:
                self.wrong.append(f"{value} for {number + 1000}")


def storm_over(kind: str, queries: int, seed: int) -> tuple[Finding, Counter[str]]:
    """``queries`` over a link of ``kind``; the finding, and how often each fault struck."""
    os.environ["FANJI_USB_BACKENDS"] = USB_BACKEND
    rng = Random(f"{seed} {kind}")  # noqa: S311 the same faults again need no secrecy
    started = time.monotonic()
    port = port_of(kind, Parrot(), rng, SimClock(0.0))
    with server() as served:
        served.serve(port)
        link = link_to("meter", address_of(kind, port), CLOCK)
        instrument = ScpiInstrument(link, CLOCK, ANSWER_S)
        asking = Asking(instrument, queries)
        storm = Storm(served, port, link, rng, kind not in PULLED_OUT)
        storm.begin()
        asking.run()
        storm.end()
        with suppress(LinkError):
            link.close()
        settle()
    answered = asking.counts.pop("answered", 0)
    refusals = ", ".join(f"{name} {count}" for name, count in sorted(asking.counts.items()))
    note = "; ".join((*asking.wrong[:3], f"answered {answered}, {refusals}"))
    finding = Finding(
        "links",
        f"{kind}: {THREADS} threads under faults",
        answered + asking.counts.total(),
        len(asking.wrong),
        time.monotonic() - started,
        note,
        answered - len(asking.wrong),
        round(queries * LEAST_ANSWERED),
    )
    return finding, storm.struck


def settle() -> None:
    """Opens that nobody waits for any more come to their end, and what the libraries dropped is collected."""
    for thread in threading.enumerate():
        if thread.name == "port":
            thread.join(10)
    gc.collect()


def soak() -> list[Finding]:
    """Every link at full length: about a quarter of an hour."""
    return [storm_over(kind, QUERIES, seed=1)[0] for kind in EVERY_LINK]

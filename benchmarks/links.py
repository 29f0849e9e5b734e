"""What a link costs beside its bare library: set + error check, a query, opening ten instruments; medians on loopback.

Ours and the bare library take turns, so that what else the machine does hits both.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.bare_peers import Bare, Pyserial, PyusbBulk, Pyvisa, PyvisaUsbtmc, RawSocket
from benchmarks.link_stage import Stage, stage
from benchmarks.result import Result
from station.bench.opening import open_bench
from station.config.address import Address, UsbAddress, VisaAddress, parse_address
from station.config.bench_file import BenchFile
from station.drivers.scpi import sentinels
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import open_link

CLOCK = SystemClock()
TURNS, CALLS_A_TURN = 25, 40
DEFAULT_CALLS = 20
"""Of pyvisa-py as it comes: each takes 44 ms."""
OPENINGS = 5
SET, ERROR, QUERY = b"VOLT 12.5\n", b"SYST:ERR?\n", b"VOLT?\n"
NAMES = ("set + error check", "query")
TCP_BARS = (3.0, 3.2)
OTHER_BARS = (1.3, 1.3)


@dataclass(frozen=True, slots=True)
class Pair:
    """A link beside its bare library; ``bars`` are the most that set + error check and a query may cost, times bare."""

    name: str
    address: Address
    bare: Callable[[], Bare]
    peer: str
    bars: tuple[float, float] = OTHER_BARS


def _pairs(on: Stage) -> list[Pair]:
    """A port that only one can have at a time is there twice."""
    tcp, pty, other_pty = on.lean["tcp"], on.lean["pty"], on.lean["other pty"]
    at = {name: row.address for name, row in on.ten_on_all.instruments.items()}
    usbtmc, usb = at["usbtmc_2"], at["usb_2"]
    assert isinstance(usbtmc, UsbAddress)
    assert isinstance(usb, UsbAddress)
    return [
        Pair("tcp", parse_address(tcp), lambda: RawSocket(tcp), "raw socket", TCP_BARS),
        Pair(
            "socket://",
            parse_address(tcp.replace("tcp", "socket", 1)),
            lambda: Pyserial(tcp.replace("tcp", "socket", 1)),
            "bare pyserial",
        ),
        Pair("pty", parse_address(pty), lambda: Pyserial(other_pty.removeprefix("serial://")), "bare pyserial"),
        Pair("rfc2217", at["rfc2217_1"], lambda: Pyserial(str(at["rfc2217_1"]).partition("?")[0]), "bare pyserial"),
        Pair("hislip", at["hislip_1"], lambda: Pyvisa(_resource(at["hislip_1"])), "bare pyvisa-py"),
        Pair("vxi11", at["vxi11_1"], lambda: Pyvisa(_resource(at["vxi11_1"])), "bare pyvisa-py"),
        Pair("usbtmc", at["usbtmc_1"], lambda: PyvisaUsbtmc(usbtmc), "bare pyvisa-py on pyusb"),
        Pair("usb bulk", at["usb_1"], lambda: PyusbBulk(usb), "bare pyusb"),
    ]


def _resource(address: Address) -> str:
    assert isinstance(address, VisaAddress)
    return address.resource


def _synchronised(address: Address) -> Link:
    link = open_link("psu", address, CLOCK, 5.0)
    first, then = sentinels(link.draw)
    link.resync([first], then, 2.0)
    return link


def _set_and_check(link: Link) -> None:
    link.command(SET, 2.0)
    assert link.query_line(ERROR, 2.0).startswith("0")


def _bare_set_and_check(bare: Bare) -> None:
    bare.write(SET)
    bare.ask(ERROR)


def _in_turns(actions: Sequence[Callable[[], object]]) -> list[float]:
    """The median of each in µs."""
    times: list[list[int]] = [[] for _ in actions]
    for action in actions:
        action()
    gc.collect()
    for _ in range(TURNS):
        for action, taken in zip(actions, times, strict=True):
            for _ in range(CALLS_A_TURN):
                start = time.perf_counter_ns()
                action()
                taken.append(time.perf_counter_ns() - start)
    return [statistics.median(taken) / 1000 for taken in times]


def _beside_bare(pair: Pair) -> list[Result]:
    link, bare = _synchronised(pair.address), pair.bare()
    acts = _in_turns([lambda: _set_and_check(link), lambda: _bare_set_and_check(bare)])
    asks = _in_turns([lambda: link.query_line(QUERY, 2.0), lambda: bare.ask(QUERY)])
    link.close()
    bare.close()
    return [
        Result("links", f"{pair.name} {name}", ours, "us", bar * theirs, pair.peer, theirs)
        for name, bar, (ours, theirs) in zip(NAMES, pair.bars, (acts, asks), strict=True)
    ]


def _default_pyvisa(on: Stage, ours: Sequence[Result]) -> list[Result]:
    host, _, port = on.lean["tcp"].removeprefix("tcp://").partition(":")
    default = Pyvisa(f"TCPIP::{host}::{port}::SOCKET", is_default=True)
    rows = []
    for row, action in zip(ours, (lambda: _bare_set_and_check(default), lambda: default.ask(QUERY)), strict=True):
        times = []
        for _ in range(DEFAULT_CALLS):
            start = time.perf_counter_ns()
            action()
            times.append((time.perf_counter_ns() - start) / 1000)
        rows.append(replace(row, bar=None, peer="default pyvisa-py", peer_value=statistics.median(times)))
    default.close()
    return rows


def _opening_s(bench: BenchFile) -> float:
    """From nothing open to ten instruments that have said who they are and have no output on."""
    times = []
    for _ in range(OPENINGS):
        start = time.perf_counter()
        opened = open_bench(bench, CLOCK)
        times.append(time.perf_counter() - start)
        opened.close()
        time.sleep(0.3)
    return statistics.median(times)


def measure() -> list[Result]:
    """Rows of the area ``links``."""
    with stage() as on:
        rows = [row for pair in _pairs(on) for row in _beside_bare(pair)]
        rows[2:2] = _default_pyvisa(on, rows[:2])
        rows.append(Result("links", "open ten instruments on TCP, in parallel", _opening_s(on.ten_on_tcp), "s", 0.5))
        rows.append(Result("links", "open ten on all kinds of link", _opening_s(on.ten_on_all), "s", 0.5))
    return rows

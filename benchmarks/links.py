"""What a link costs beside its bare library: set + error check, a query, opening ten; medians on loopback."""

from __future__ import annotations

import asyncio
import re
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random

import pyvisa

from benchmarks.result import Result
from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.hislip import HislipPort
from fixtures.sim.hmp4040 import Hmp4040
from fixtures.sim.transport import TcpPort
from fixtures.sim.vxi11 import Vxi11Port
from station.config.address import parse_address
from station.link.clock import SystemClock
from station.link.link import Challenge, Link
from station.link.opening import open_link

CLOCK = SystemClock()
ROUNDS = 1000
SET, ERROR, QUERY = b"VOLT 12.5\n", b"SYST:ERR?\n", b"*ESE?\n"


class _OpenTerminals:
    """Nothing is connected."""

    def drive(self, channel: int, volts_v: float, limit_a: float, is_on: bool) -> None:
        return

    def current_a(self, channel: int) -> float:
        return 0.0

    def volts_v(self, channel: int) -> float:
        return 0.0


@contextmanager
def _served(port_class: type[TcpPort]) -> Iterator[str]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    clock = SimClock(0.0)
    dice = Random(1)
    port = port_class(Hmp4040(_OpenTerminals(), clock, dice, "1"), LineFaults(dice), clock)
    asyncio.run_coroutine_threadsafe(port.open(), loop).result(5)
    try:
        yield port.address
    finally:
        loop.call_soon_threadsafe(port.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def _median_us(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        action()
        times.append((time.perf_counter_ns() - start) / 1000)
    return statistics.median(times)


def _ready(address: str) -> Link:
    link = open_link("psu", parse_address(address), CLOCK, 2.0)
    challenges = [Challenge((b"*ESE %d\n" % n, b"*ESE?\n"), re.compile(b"%d\n" % n)) for n in (37, 73)]
    link.resync(challenges[:1], challenges[1], 2.0)
    return link


def _ours(address: str) -> tuple[float, float]:
    link = _ready(address)

    def set_and_check() -> None:
        link.command(SET, 2.0)
        assert link.query_line(ERROR, 2.0).startswith("0")

    figures = _median_us(set_and_check), _median_us(lambda: link.query_line(QUERY, 2.0))
    link.close()
    return figures


def _raw(address: str) -> tuple[float, float]:
    host, _, port = address.removeprefix("tcp://").partition(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def ask(message: bytes) -> None:
            raw.sendall(message)
            while not raw.recv(4096).endswith(b"\n"):
                pass

        def set_and_check() -> None:
            raw.sendall(SET)
            ask(ERROR)

        return _median_us(set_and_check), _median_us(lambda: ask(QUERY))


def _pyvisa(manager: pyvisa.ResourceManager, resource: str, rounds: int) -> tuple[float, float]:
    bare = manager.open_resource(resource, read_termination="\n", write_termination="\n")
    assert isinstance(bare, pyvisa.resources.MessageBasedResource)

    def set_and_check() -> None:
        bare.write(SET.decode().strip())
        bare.query(ERROR.decode().strip())

    figures = _median_us(set_and_check, rounds), _median_us(lambda: bare.query(QUERY.decode().strip()), rounds)
    bare.close()
    return figures


def _open_ten_s() -> float:
    def opened(address: str) -> Link:
        return _ready(address)

    with _served(TcpPort) as address, ThreadPoolExecutor(10) as threads:
        start = time.perf_counter()
        links = list(threads.map(opened, [address] * 10))
        elapsed = time.perf_counter() - start
    for link in links:
        link.close()
    return elapsed


def measure() -> list[Result]:
    """Rows of the area ``links``."""
    manager = pyvisa.ResourceManager("@py")
    rows = []
    with _served(TcpPort) as address:
        ours, raw = _ours(address), _raw(address)
        host, _, port = address.removeprefix("tcp://").partition(":")
        default = _pyvisa(manager, f"TCPIP::{host}::{port}::SOCKET", 20)
    for index, (name, factor) in enumerate((("set + error check", 3.0), ("query", 3.2))):
        bar = factor * raw[index]
        rows += [
            Result("links", f"tcp {name}", ours[index], "us", bar, "raw socket", raw[index]),
            Result("links", f"tcp {name}", ours[index], "us", None, "default pyvisa-py", default[index]),
        ]
    for kind, port_class in (("hislip", HislipPort), ("vxi11", Vxi11Port)):
        with _served(port_class) as address:
            ours, bare = _ours(address), _pyvisa(manager, address.removeprefix("visa://"), 300)
        for index, name in enumerate(("set + error check", "query")):
            rows.append(
                Result("links", f"{kind} {name}", ours[index], "us", 1.3 * bare[index], "bare pyvisa-py", bare[index])
            )
    rows.append(Result("links", "open and synchronise ten, in parallel", _open_ten_s(), "s", 0.5))
    return rows

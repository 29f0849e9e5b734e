"""What every link promises, whatever carries the bytes: TCP, a serial port, pyserial's sockets, HiSLIP, VXI-11."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from fixtures.sim.device import Reply, SimClock
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.hislip import HislipPort
from fixtures.sim.transport import Port, PtyPort, TcpPort
from fixtures.sim.vxi11 import Vxi11Port
from station.config.address import parse_address
from station.link.clock import SystemClock
from station.link.link import Challenge, Link, LinkState
from station.link.opening import link_to
from station.model.errors import LinkError, LinkLost, LinkRefused, LinkTimeout
from tests.sim.bench_wiring import dice

CLOCK = SystemClock()
EVERY_LINK = ("tcp", "pty", "socket", "hislip", "vxi11")
NETWORKED = ("tcp", "socket", "hislip", "vxi11")


@dataclass
class Echo:
    """A device: ``ECHO n`` gives n, ``BIG n`` n letters, ``LATE`` 9.99 after a while, anything else nothing."""

    seen: list[bytes] = field(default_factory=list)

    def connect(self) -> EchoSession:
        return EchoSession(self)


class EchoSession:
    def __init__(self, device: Echo) -> None:
        self._device = device
        self._buffer = b""

    def receive(self, data: bytes) -> list[Reply]:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        self._device.seen += lines
        return [reply for line in lines for reply in _replies(line)]

    def close(self) -> None:
        self._buffer = b""


def _replies(line: bytes) -> list[Reply]:
    word, _, number = line.partition(b" ")
    match word:
        case b"ECHO":
            return [Reply(number + b"\n")]
        case b"BIG":
            return [Reply(b"x" * int(number) + b"\n")]
        case b"LATE":
            return [Reply(b"9.99\n", 0.3)]
    return []


@dataclass
class Bench:
    """A link to a served device, and the device's port."""

    link: Link
    port: Port
    device: Echo
    run: Callable[[Coroutine[Any, Any, None]], None]

    def fault(self, fault: LineFault, is_on: bool = True) -> None:
        self.run(self.port.set_fault(fault, is_on))

    def synchronise(self) -> None:
        self.link.resync([echo(41)], echo(73), 2.0)


def echo(number: int) -> Challenge:
    return Challenge((b"ECHO %d\n" % number,), re.compile(rb"(?m:^)%d\r?\n" % number))


def _port(kind: str, device: Echo) -> Port:
    faults, clock = LineFaults(dice()), SimClock(1.0)
    match kind:
        case "pty":
            return PtyPort(device, faults, clock, 115200)
        case "hislip":
            return HislipPort(device, faults, clock)
        case "vxi11":
            return Vxi11Port(device, faults, clock)
    return TcpPort(device, faults, clock)


@contextmanager
def bench_of(kind: str) -> Iterator[Bench]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(timeout=5)

    async def shut() -> None:
        port.close()
        await asyncio.sleep(0.1)

    device = Echo()
    port = _port(kind, device)
    run(port.open())
    text = port.address.replace("tcp://", "socket://") if kind == "socket" else port.address
    link = link_to("psu", parse_address(text), CLOCK)
    try:
        link.open(5.0)
        yield Bench(link, port, device, run)
    finally:
        link.close()
        run(shut())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()


@pytest.fixture(params=EVERY_LINK)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with bench_of(request.param) as opened:
        yield opened


@pytest.fixture(params=NETWORKED)
def networked(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with bench_of(request.param) as opened:
        yield opened


def test_it_answers_nothing_until_it_is_synchronised(bench: Bench) -> None:
    with pytest.raises(LinkRefused, match="psu: is suspect"):
        bench.link.query_line(b"ECHO 1\n", 0.5)
    bench.synchronise()
    assert bench.link.query_line(b"ECHO 1\n", 0.5) == "1"


def test_commands_and_queries_follow_each_other_without_a_wait(bench: Bench) -> None:
    bench.synchronise()
    start = time.monotonic()
    for number in range(20):
        bench.link.command(b"SET 1\n", 1.0)
        assert bench.link.query_line(b"ECHO %d\n" % number, 1.0) == str(number)
    assert time.monotonic() - start < 0.4  # Nagle's algorithm would take 40 ms for each
    assert bench.device.seen.count(b"SET 1") == 20


def test_silence_ends_at_the_deadline(bench: Bench) -> None:
    bench.synchronise()
    start = time.monotonic()
    with pytest.raises(LinkTimeout, match="gave 0 bytes"):
        bench.link.query_line(b"QUIET?\n", 0.1)
    assert 0.1 <= time.monotonic() - start < 0.3
    assert bench.link.state is LinkState.SUSPECT


def test_a_late_answer_is_never_a_value(bench: Bench) -> None:
    bench.synchronise()
    with pytest.raises(LinkTimeout):
        bench.link.query_line(b"LATE\n", 0.1)
    with pytest.raises(LinkRefused, match="must be resynchronised"):
        bench.link.query_line(b"ECHO 3\n", 0.5)
    bench.synchronise()
    assert bench.link.query_line(b"ECHO 3\n", 0.5) == "3"


def test_an_answer_held_back_until_the_next_query_is_never_a_value(bench: Bench) -> None:
    bench.synchronise()
    bench.fault(LineFault("stale", count=1))
    with pytest.raises(LinkError):
        bench.link.query_line(b"ECHO 5\n", 0.1)
    bench.fault(LineFault("stale"), is_on=False)
    bench.synchronise()
    assert bench.link.query_line(b"ECHO 6\n", 0.5) == "6"


def test_an_answer_in_pieces_is_one_answer(bench: Bench) -> None:
    bench.synchronise()
    bench.fault(LineFault("split", parts=4, seconds=0.01))
    assert bench.link.query_line(b"ECHO 123456789\n", 1.0) == "123456789"


def test_a_long_answer_arrives_whole(bench: Bench) -> None:
    bench.synchronise()
    assert bench.link.query_line(b"BIG 60000\n", 5.0) == "x" * 60000


def test_closing_from_another_thread_ends_a_wait(bench: Bench) -> None:
    bench.synchronise()
    timer = threading.Timer(0.05, bench.link.close)
    timer.start()
    start = time.monotonic()
    with pytest.raises(LinkLost, match="psu: was closed"):
        bench.link.query_line(b"QUIET?\n", 10.0)
    assert time.monotonic() - start < 0.5
    timer.join()
    assert bench.link.state is LinkState.CLOSED


def test_a_peer_that_closes_is_lost_at_once_and_nothing_spins(bench: Bench) -> None:
    bench.synchronise()
    bench.fault(LineFault("close"))
    start, cpu = time.monotonic(), time.process_time()
    with pytest.raises(LinkLost):
        bench.link.query_line(b"QUIET?\n", 3.0)
    assert time.monotonic() - start < 0.5
    assert time.process_time() - cpu < 0.3


@pytest.mark.parametrize(
    "form",
    [
        "tcp://127.0.0.1:{}",
        "serial:///dev/ttyNOWHERE{}",
        "socket://127.0.0.1:{}",
        "visa://TCPIP::127.0.0.1::{}::SOCKET",
        "visa://TCPIP::127.0.0.1::hislip0,{}::INSTR",
        "visa://TCPIP::127.0.0.1,{}::inst0::INSTR",
    ],
)
def test_a_port_that_is_dead_is_refused_when_it_is_opened(form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
    link = link_to("psu", parse_address(form.format(number)), CLOCK)
    start = time.monotonic()
    with pytest.raises(LinkRefused, match="psu: cannot be opened"):
        link.open(1.0)
    assert time.monotonic() - start < 1.0


def test_two_threads_each_get_their_own_answers(networked: Bench) -> None:
    wrong: list[int] = []

    def ask(base: int) -> None:
        numbers = range(base, base + 50)
        wrong.extend(
            number for number in numbers if networked.link.query_line(b"ECHO %d\n" % number, 2.0) != str(number)
        )

    networked.synchronise()
    threads = [threading.Thread(target=ask, args=(base,)) for base in (1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("form", ["tcp://{}", "socket://{}", "visa://TCPIP::{}::hislip0,{}::INSTR"])
def test_a_peer_that_accepts_and_does_not_read_blocks_nothing_for_ever(form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        text = form.format(host, port) if "visa" in form else form.format(f"{host}:{port}")
        link = link_to("psu", parse_address(text), CLOCK)
        start = time.monotonic()
        with pytest.raises(LinkError, match="psu: "):
            link.open(0.3)
            link.resync([Challenge((b"x" * 30_000_000,), re.compile(b"1"))], echo(1), 0.3)
        assert time.monotonic() - start < 1.0
        link.close()

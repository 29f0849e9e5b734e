"""What every link promises, whatever carries the bytes: TCP, serial ports here and elsewhere, HiSLIP, VXI-11, USB."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from fixtures.sim.faults import LineFault
from station.config.address import ReplayAddress, UsbAddress, parse_address
from station.link.link import Challenge, LinkState
from station.link.opening import link_to
from station.model.errors import LinkError, LinkLost, LinkRefused, LinkTimeout
from tests.station.link.link_kinds import CLOCK, EVERY_LINK, USB_BACKEND, Bench, bench_of, echo


@pytest.fixture(params=EVERY_LINK)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
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


def test_an_interrupt_from_another_thread_ends_a_wait_and_the_link_can_be_opened_again(bench: Bench) -> None:
    bench.synchronise()
    timer = threading.Timer(0.05, bench.link.interrupt)
    timer.start()
    start = time.monotonic()
    with pytest.raises(LinkLost, match="psu: was closed"):
        bench.link.query_line(b"QUIET?\n", 10.0)
    assert time.monotonic() - start < 0.5
    timer.join()
    bench.synchronise()
    assert bench.link.query_line(b"ECHO 7\n", 1.0) == "7"


def test_noise_in_place_of_an_answer_leaves_the_next_one_alone(bench: Bench) -> None:
    bench.synchronise()
    bench.fault(LineFault("garbage", count=1))
    try:
        assert bench.link.query_line(b"ECHO 12345678\n", 0.5) != "12345678"
    except LinkError:
        bench.synchronise()
    assert bench.link.query_line(b"ECHO 6\n", 0.5) == "6"


@pytest.mark.parametrize("kind", EVERY_LINK)
def test_what_was_recorded_answers_in_place_of_the_device(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "psu.jsonl"
    with bench_of(kind, file) as bench:
        bench.synchronise()
        bench.link.command(b"SET 1\n", 1.0)
        assert bench.link.query_line(b"ECHO 7\n", 1.0) == "7"
        with pytest.raises(LinkTimeout):
            bench.link.query_line(b"QUIET?\n", 0.05)
        bench.synchronise()
        assert bench.link.query_line(b"BIG 3000\n", 1.0) == "x" * 3000
    link = link_to("psu", ReplayAddress(str(file)), CLOCK)
    link.open(1.0)
    link.resync([echo(41)], echo(73), 1.0)
    link.command(b"SET 1\n", 1.0)
    assert link.query_line(b"ECHO 7\n", 1.0) == "7"
    with pytest.raises(LinkTimeout):
        link.query_line(b"QUIET?\n", 0.05)
    link.resync([echo(41)], echo(73), 1.0)
    assert link.query_line(b"BIG 3000\n", 1.0) == "x" * 3000
    with pytest.raises(LinkLost, match="after the end of the recording"):
        link.query_line(b"ECHO 8\n", 0.1)
    link.close()


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
        "rfc2217://127.0.0.1:{}",
        "visa://TCPIP::127.0.0.1::{}::SOCKET",
        "visa://TCPIP::127.0.0.1::hislip0,{}::INSTR",
        "visa://TCPIP::127.0.0.1,{}::inst0::INSTR",
        "usb://1209:0001/0",
        "visa://USB0::0x1209::0x0001::FJ0001::INSTR",
    ],
)
def test_a_port_that_is_dead_is_refused_when_it_is_opened(form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
    address = parse_address(form.format(number))
    if isinstance(address, UsbAddress):
        address = replace(address, backend=f"{USB_BACKEND}@127.0.0.1:{number}")
    link = link_to("psu", address, CLOCK)
    start = time.monotonic()
    with pytest.raises(LinkRefused, match="psu: cannot be opened"):
        link.open(1.0)
    assert time.monotonic() - start < 1.0


def test_two_threads_each_get_their_own_answers(bench: Bench) -> None:
    wrong: list[int] = []

    def ask(base: int) -> None:
        numbers = range(base, base + 50)
        wrong.extend(number for number in numbers if bench.link.query_line(b"ECHO %d\n" % number, 2.0) != str(number))

    bench.synchronise()
    threads = [threading.Thread(target=ask, args=(base,)) for base in (1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("form", ["tcp://{}", "socket://{}", "rfc2217://{}", "visa://TCPIP::{}::hislip0,{}::INSTR"])
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

"""pymodbus, which knows nothing of this project, works the simulated relay board, and is worked by our driver."""

from __future__ import annotations

import asyncio
import os
import threading
import tty
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.modbus_relays import RelayBoard
from fixtures.sim.pty_port import PtyPort
from fixtures.sim.transport import TcpPort
from station.config.address import Address, parse_address
from station.drivers.modbus_relays import ModbusRelays
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import open_link
from station.model.errors import InstrumentError
from tests.sim.bench_wiring import dice

CLOCK = SystemClock()
COILS = 48
Client = ModbusTcpClient | ModbusSerialClient
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@contextmanager
def loop_running() -> Iterator[Run]:
    """An event loop in a thread; what it is given to run is waited for."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(timeout=5)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()


async def shut(port: TcpPort | PtyPort) -> None:
    port.close()
    await asyncio.sleep(0)


@pytest.fixture
def board() -> RelayBoard:
    return RelayBoard(COILS, SimClock(0.0), lambda _: None)


@pytest.fixture(params=["tcp", "pty"])
def client(request: pytest.FixtureRequest, board: RelayBoard) -> Iterator[Client]:
    """pymodbus connected to the simulated board."""
    faults, clock = LineFaults(dice()), SimClock(0.0)
    port = TcpPort(board, faults, clock) if request.param == "tcp" else PtyPort(board, faults, clock, 115200)
    with loop_running() as run:
        run(port.open())
        where = port.address.rpartition("://")[2]
        made: Client
        if request.param == "tcp":
            host, _, number = where.partition(":")
            made = ModbusTcpClient(host, port=int(number), framer=FramerType.RTU, timeout=2)
        else:
            made = ModbusSerialClient(where.partition("?")[0], baudrate=115200, timeout=2)
        assert made.connect()
        yield made
        made.close()
        run(shut(port))


def test_the_client_writes_coils_and_reads_them_back(client: Client, board: RelayBoard) -> None:
    assert not client.write_coil(3, True).isError()
    assert client.read_coils(0, count=8).bits == [False, False, False, True, False, False, False, False]
    assert not client.write_coils(40, [True, False, True]).isError()
    assert client.read_coils(40, count=3).bits[:3] == [True, False, True]
    assert board.closed == {4, 41, 43}
    client.write_coil(3, False)
    assert board.closed == {41, 43}


def test_the_client_hears_its_query_data_come_back(client: Client) -> None:
    assert client.diag_query_data(b"\xa5\x37").message == b"\xa5\x37"


def test_the_client_is_told_what_the_board_has_not(client: Client, board: RelayBoard) -> None:
    assert client.read_coils(COILS, count=1).exception_code == 2
    assert client.write_coil(COILS, True).exception_code == 2
    assert client.read_holding_registers(0, count=1).exception_code == 1
    assert board.closed == frozenset()


def device() -> SimDevice:
    """A slave of pymodbus with coils alone that matter."""
    coils = SimData(0, values=[False] * COILS, datatype=DataType.BITS)
    other = SimData(0, values=[False] * 16, datatype=DataType.BITS)
    words = SimData(0, values=0, datatype=DataType.REGISTERS)
    return SimDevice(1, simdata=([coils], [other], [words], [words]))


@pytest.fixture(params=["tcp", "pty"])
def link(request: pytest.FixtureRequest) -> Iterator[Link]:
    """Our link to pymodbus's own slave."""
    with loop_running() as run:
        slave, address, ends = run(started(request.param))
        opened = open_link("matrix", address, CLOCK, 1.0)
        yield opened
        opened.close()
        run(slave.shutdown())
        for end in ends:
            os.close(end)


async def started(port: str) -> tuple[ModbusTcpServer | ModbusSerialServer, Address, tuple[int, ...]]:
    """A slave that listens, where, and the ends of a pty to close."""
    if port == "tcp":
        server = ModbusTcpServer(device(), framer=FramerType.RTU, address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        number = server.transport.sockets[0].getsockname()[1]
        return server, parse_address(f"tcp://127.0.0.1:{number}"), ()
    ours, theirs = os.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    ours_too, theirs_too = os.openpty()
    tty.setraw(ours_too)
    tty.setraw(theirs_too)
    os.set_blocking(ours, False)
    os.set_blocking(ours_too, False)
    loop = asyncio.get_running_loop()
    loop.add_reader(ours, lambda: os.write(ours_too, os.read(ours, 4096)))
    loop.add_reader(ours_too, lambda: os.write(ours, os.read(ours_too, 4096)))
    serial = ModbusSerialServer(device(), framer=FramerType.RTU, port=os.ttyname(theirs), baudrate=115200)
    await serial.serve_forever(background=True)
    return serial, parse_address(f"serial://{os.ttyname(theirs_too)}"), (ours, theirs, ours_too, theirs_too)


def test_our_driver_switches_a_slave_of_others_and_reads_it_back(link: Link) -> None:
    board = ModbusRelays(link, CLOCK, 2.0, COILS)
    board.begin()
    board.prepare()
    relays = board.named({"lamp": 1, "reverse": 2, "point": 42})
    relays.close("lamp", "point")
    relays.open("lamp")
    board.connect(33, range(33, 43))
    board.connect(42, range(33, 43))
    relays.open()


def test_our_driver_hears_that_a_slave_of_others_has_fewer_coils(link: Link) -> None:
    with pytest.raises(InstrumentError, match="refuses function 01: exception 2, illegal data address"):
        ModbusRelays(link, CLOCK, 2.0, COILS + 1).begin()

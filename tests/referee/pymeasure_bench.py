"""A supply and a multimeter on real sockets, and PyMeasure's own drivers connected to them through pyvisa-py."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pymeasure.adapters import VISAAdapter

from fixtures.sim.device import Device, SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.transport import TcpPort
from tests.sim.bench_wiring import dice


@contextmanager
def served(device: Device, clock: SimClock) -> Iterator[int]:
    """The loopback port at which ``device`` answers while the block lasts."""
    loop = asyncio.new_event_loop()
    port = TcpPort(device, LineFaults(dice()), clock)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(port.open(), loop).result(timeout=5)
    try:
        yield int(port.address.rpartition(":")[2])
    finally:
        asyncio.run_coroutine_threadsafe(_shut(port), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()


async def _shut(port: TcpPort) -> None:
    port.close()
    await asyncio.sleep(0)


@contextmanager
def connected(port: int) -> Iterator[VISAAdapter]:
    """PyMeasure's adapter on that port, without the 40 ms that Nagle's algorithm costs each command and query."""
    adapter = VISAAdapter(
        f"TCPIP::127.0.0.1::{port}::SOCKET",
        visa_library="@py",
        read_termination="\n",
        write_termination="\n",
        timeout=2000,
    )
    session = adapter.connection.visalib.sessions[adapter.connection.session]
    session.interface.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield adapter
    finally:
        adapter.close()
        adapter.manager.close()

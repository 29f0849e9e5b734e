"""pyvisa-py and PyMeasure, which know nothing of this project, open the instruments over HiSLIP and VXI-11."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pymeasure.adapters import VISAAdapter
from pymeasure.instruments.keithley import KeithleyDMM6500
from pymeasure.instruments.rohdeschwarz.hmp import HMP4040
from pyvisa.errors import VisaIOError

from fixtures.sim.device import Device, SimClock
from fixtures.sim.dmm6500 import Dmm6500
from fixtures.sim.faults import LineFaults
from fixtures.sim.hislip import HislipPort
from fixtures.sim.hmp4040 import Hmp4040
from fixtures.sim.transport import TcpPort
from fixtures.sim.vxi11 import Vxi11Port
from tests.sim.bench_wiring import ProbesOn, ResistorOn, dice

PORTS = pytest.mark.parametrize("port_class", [HislipPort, Vxi11Port])


@contextmanager
def connected(port_class: type[TcpPort], device: Device, clock: SimClock) -> Iterator[VISAAdapter]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = port_class(device, LineFaults(dice()), clock)

    async def shut() -> None:
        port.close()
        await asyncio.sleep(0.1)

    asyncio.run_coroutine_threadsafe(port.open(), loop).result(timeout=5)
    adapter = VISAAdapter(
        port.address.removeprefix("visa://"),
        visa_library="@py",
        read_termination="\n",
        write_termination="\n",
        timeout=2000,
    )
    try:
        yield adapter
    finally:
        adapter.close()
        adapter.manager.close()
        asyncio.run_coroutine_threadsafe(shut(), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        loop.close()


@PORTS
def test_the_supply_is_set_and_read(port_class: type[TcpPort]) -> None:
    clock = SimClock(0.0)
    with connected(port_class, Hmp4040(ResistorOn(ohm=10.0), clock, dice(), "109401"), clock) as adapter:
        supply = HMP4040(adapter)
        assert supply.id == "ROHDE&SCHWARZ,HMP4040,109401,HW50020003/SW2.70"
        supply.selected_channel = 2
        supply.voltage_and_current = (14.4, 3)
        supply.set_channel_state(2, True)
        supply.output_enabled = True
        assert supply.measured_current == pytest.approx(1.44, abs=0.01)
        assert supply.check_errors() == []


@PORTS
def test_the_meter_reads_volts(port_class: type[TcpPort]) -> None:
    clock = SimClock(0.0)
    with connected(port_class, Dmm6500(ProbesOn(volts={1: 14.4}), clock, dice(), "04592428"), clock) as adapter:
        meter = KeithleyDMM6500(adapter)
        assert meter.id == "KEITHLEY INSTRUMENTS,MODEL DMM6500,04592428,1.7.12b"
        assert meter.check_errors() == []


@PORTS
def test_silence_and_a_device_clear_leave_it_usable(port_class: type[TcpPort]) -> None:
    clock = SimClock(0.0)
    with connected(port_class, Hmp4040(ResistorOn(ohm=10.0), clock, dice(), "109401"), clock) as adapter:
        adapter.connection.timeout = 100
        with pytest.raises(VisaIOError, match="VI_ERROR_TMO"):
            adapter.connection.read()
        adapter.connection.clear()
        assert adapter.connection.query("*IDN?").startswith("ROHDE&SCHWARZ")
        assert adapter.connection.read_stb() == 0

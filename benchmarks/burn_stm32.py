"""The boot ROM of an STM32 in modelled time: 64 KiB are written and read back by us and by stm32flash.

8 data bits, parity, start and stop at 115,200 baud; what both sides compute takes no time. The bound has the bytes of
the image, once there and once back, and the flash's own time. AN3155 lets nobody reach it: each block of 256 bytes
costs 24 bytes of commands and 6 acknowledgements that are waited for; ``order_s`` has those too.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.result import Result
from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.modelled_wire import ModelledWire, WireClock
from fixtures.sim.pty_port import PtyPort
from fixtures.sim.stm32_flash import Stm32Flash, stm32_kinds
from fixtures.sim.stm32_rom import Stm32Rom
from fixtures.sim.uart_line import UartLine, WaitingLine
from station.ic_programmer.burn import burn
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import BurnEvent, BurnJob, BurnOptions, StageStarted
from station.ic_programmer.programmers.stm32_usart import Stm32Usart
from station.ic_programmer.stm32_chip import Stm32Chip
from station.ic_programmer.stm32_target import read_stm32
from station.link.link import Link

KIND, BYTES, BAUD = "STM32F103x8", 1 << 16, 115_200
BLOCKS = BYTES // 256
BYTE_S = 11 / BAUD
BOUND_S = 2 * BYTES * BYTE_S + BYTES / 2 * 52.5e-6 + 0.04
"""14.3 s: the image there and back, 52.5 us a half-word, and the 40 ms that an erase of everything may take."""
LEAST_SHARE, BARRED_LATENCY_S = 0.88, 0.001
"""So much of a burn's time should be wire and flash, at a latency of 1 ms; AN3155's own order leaves 0.874."""
FRAMING_S = BLOCKS * 24 * BYTE_S
STM32FLASH = "/usr/bin/stm32flash"


def order_s(latency_s: float) -> float:
    """The shortest that a client can be that keeps AN3155's order: every acknowledgement is waited for."""
    return BOUND_S - 0.04 + FRAMING_S + 6 * BLOCKS * latency_s


def measure() -> list[Result]:
    """Rows of the area ``burn`` for boot ROMs."""
    rows: list[Result] = []
    for latency_s in (0.001, 0.016):
        ours_s, ours_turns = our_burn(latency_s)
        theirs_s, theirs_turns = stm32flash(latency_s)
        name = f"{KIND} {BYTES >> 10} KiB, {latency_s * 1000:g} ms"
        bar_s = BOUND_S / LEAST_SHARE if latency_s == BARRED_LATENCY_S else None
        rows += [
            Result("burn", f"{name}: write and read back", ours_s, "s", bar_s, "stm32flash -w -v", theirs_s),
            Result("burn", f"{name}: beside wire and flash alone", ours_s, "s", None, "bound", BOUND_S),
            Result("burn", f"{name}: beside AN3155's own order", ours_s, "s", None, "order", order_s(latency_s)),
            Result("burn", f"{name}: round trips", ours_turns, "", theirs_turns, "stm32flash -w -v", theirs_turns),
        ]
    return rows


def our_burn(latency_s: float) -> tuple[float, float]:
    """Seconds of programming and reading back, and how often something was sent meanwhile."""
    clock, rom = WireClock(), Stm32Rom(Stm32Flash(stm32_kinds()[KIND]))
    line = UartLine(rom, clock, BAUD, latency_s)
    link = Link("mcu", lambda _: ModelledWire(line, clock), clock)
    link.open(1.0)
    client, target = Stm32Usart(link, clock), read_stm32()[KIND]
    client.begin()
    data = hashlib.shake_128(b"1").digest(BYTES)
    image = Image("bench.bin", "", hashlib.sha256(data).hexdigest(), (Segment(0, data),))
    options = BurnOptions(has_backup=False, has_blank_check=False, is_said_blank=True)
    at_start: list[int] = []

    def note(event: BurnEvent) -> None:
        if isinstance(event, StageStarted) and event.stage == "program":
            at_start.append(line.bursts)

    outcome = burn(BurnJob(image, target, options), Stm32Chip(client, target, clock), clock, note)
    assert outcome.result == "PASS" and bytes(rom.flash.cells) == data, outcome.failure
    seconds = sum(
        (stage.finished_at - stage.started_at).total_seconds()
        for stage in outcome.stages
        if stage.name in ("program", "read_back")
    )
    return seconds, line.bursts - at_start[0]


def stm32flash(latency_s: float) -> tuple[float, float]:
    """The same of stm32flash, from its first byte to its last: it erases what it writes, page by page."""
    clock, rom = WireClock(), Stm32Rom(Stm32Flash(stm32_kinds()[KIND]))
    line = WaitingLine(rom, clock, BAUD, latency_s)
    with tempfile.TemporaryDirectory(prefix="fanji-bench-") as folder, served(line) as port:
        image = Path(folder) / "image.bin"
        image.write_bytes(hashlib.shake_128(b"1").digest(BYTES))
        command = [STM32FLASH, "-b", str(BAUD), "-w", str(image), "-v", "-m", "8n1", port]  # a pty has no parity
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    return clock.now_s, line.turns


@contextmanager
def served(line: WaitingLine) -> Iterator[str]:
    """The path of a pty behind which ``line`` is."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    port = PtyPort(line, LineFaults(random.Random(1)), SimClock(0.0), BAUD)
    asyncio.run_coroutine_threadsafe(port.open(), loop).result(10)
    try:
        yield port.address.removeprefix("serial://").partition("?")[0]
    finally:
        loop.call_soon_threadsafe(port.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)

"""A CH341A in its EPP/MEM/I2C mode: SPI over the bulk endpoints of USB, at the chip's fixed clock of about 1.5 MHz.

Sources: WCH CH341 data sheet (packets of 32 bytes, each with a command of its own); flashrom, programmers/ch341a_spi.c
(A8h SPI stream, ABh UIO stream, D0 as chip select, bits least significant first).

A packet that is not full ends a transfer, so that each transaction is a transfer of its own. What saves time is that
transfers are sent ahead: while the device carries one out, the next ones wait at the host's controller, and so do
reads for the answers (station.link.usb_queue). Waits for the chip are steps of a pin packet inside that stream.

Many of its boards drive the data lines at 5 V: the bench file says what the pins carry (``level_v``).
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from station.link.frames import Frame, Take, Window
from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import LinkError, LinkRefused, LinkTimeout
from station.model.roles import SpiTransaction

log = logging.getLogger(__name__)

PACKET_BYTES = 32
DATA_BYTES = PACKET_BYTES - 1
SPI_STREAM, UIO_STREAM = 0xA8, 0xAB
OUT, DIRECTION, DELAY, END = 0x80, 0x40, 0xC0, 0x20
IDLE, SELECTED = OUT | 0x37, OUT | 0x36
"""D0 to D2 (chip selects) and D4, D5 high, the clock (D3) low; selected: D0 low."""
DRIVEN, RELEASED = DIRECTION | 0x3F, DIRECTION | 0x00

LONGEST_DELAY_US = 63
STEPS = PACKET_BYTES - 2
LONGEST_TRANSFER_BYTES = 1 << 12
IN_STREAM_US = 20_000
"""A longer wait is the host's; estimate: a packet of the stream waits 1.9 ms at most."""
SYNC_S, ANSWER_S = 2.0, 1.0
SLOWEST_BYTES_PER_S = 15_000
"""One answer of 31 bytes a millisecond and a half; estimate for a host that asks for each by itself."""

WINDOW_BYTES = 1 << 14
"""Sent ahead: about 90 ms of the bus, so that whoever stops has it soon."""
_WINDOW = Window(WINDOW_BYTES, is_joined=False)
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Ch341a:
    """A station.model.roles.SpiBus; one per link, opened by ``begin``."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock

    def begin(self) -> None:
        """Prove that it answers what was asked last, and drive the pins with no chip selected."""
        try:
            self._synchronise(SYNC_S / 2)
        except (LinkTimeout, LinkRefused):  # what an earlier owner had asked for came in between
            self._synchronise(SYNC_S / 2)

    def _synchronise(self, timeout_s: float) -> None:
        first = 1 + self._link.draw(DATA_BYTES - 1)
        then = 1 + (first + self._link.draw(DATA_BYTES - 2)) % DATA_BYTES
        self._link.resync([_echo(first)], _echo(then), timeout_s)

    def end(self) -> None:
        """Let go of the pins, so that the board may use its chip again; a broken link is only reported."""
        if self._link.state is not LinkState.OPEN:
            return
        try:
            frame = Frame(_uio(IDLE, RELEASED) + _shift(b"\0"), 1, ANSWER_S)
            self._link.exchange_frames([frame], _WINDOW)
        except LinkError as error:
            log.warning("the pins of %s may still be driven: %s", self._link.name, error)

    def transfer(self, write: bytes, read_length: int) -> bytes:
        """One transaction."""
        return self.stream([SpiTransaction(write, read_length)])[0]

    def stream(self, transactions: Sequence[SpiTransaction]) -> list[bytes]:
        """Transactions sent ahead; short waits are inside the stream, long ones the host's."""
        answers: list[bytes] = []
        self.flow(transactions, answers.append)
        return answers

    def flow(self, transactions: Iterable[SpiTransaction], take: Take) -> None:
        """The same for any number, each drawn when there is room for it."""
        source = iter(transactions)
        for first in source:
            group = _Group(chain((first,), source))
            self._link.flow_frames(group.frames(), _WINDOW, group.taker(take))
            if group.long_wait_us:
                self._clock.wait(group.long_wait_us / 1e6)

    def flow_bytes(self) -> int:
        """What is sent ahead at most."""
        return WINDOW_BYTES

    def max_write_bytes(self) -> int:
        """Longest transaction that is sent whole; estimate."""
        return LONGEST_TRANSFER_BYTES

    def max_read_bytes(self) -> int:
        return LONGEST_TRANSFER_BYTES

    def describe(self) -> str:
        """It tells neither version nor serial number."""
        return "CH341A"


class _Group:
    """Transactions of ``source`` up to one with a wait that is the host's, as frames.

    Chip select rises at the start of the next frame; the last one carries no transaction.
    """

    def __init__(self, source: Iterator[SpiTransaction]) -> None:
        self._source = source
        self._written: deque[int] = deque()
        self.long_wait_us = 0

    def frames(self) -> Iterator[Frame]:
        """Each transaction is drawn when its frame is."""
        wait_us = 0
        for transaction in self._source:
            self._written.append(len(transaction.write))
            yield _frame(transaction, wait_us)
            wait_us = transaction.wait_us
            if wait_us > IN_STREAM_US:
                self.long_wait_us, wait_us = wait_us, 0
                break
        yield Frame(_pins(wait_us, IDLE) + _shift(b"\0"), 1, ANSWER_S + wait_us / 1e6)

    def taker(self, take: Take) -> Take:
        """Gives ``take`` what was read; the byte of the last frame is nobody's."""

        def taken(answer: bytes) -> None:
            if self._written:
                take(answer.translate(_REVERSED)[self._written.popleft() :])

        return taken


def _frame(transaction: SpiTransaction, before_us: int) -> Frame:
    """Chip select high, a wait, chip select low, the bytes both ways: every byte out is answered by one."""
    length = len(transaction.write) + transaction.read_length
    out = _pins(before_us, SELECTED) + _shift(transaction.write + bytes(transaction.read_length))
    return Frame(out, length, ANSWER_S + length / SLOWEST_BYTES_PER_S + before_us / 1e6)


def _pins(wait_us: int, last: int) -> bytes:
    """Whole packets of pin steps: no chip selected for so long, then ``last``."""
    delays = [DELAY | LONGEST_DELAY_US] * (wait_us // LONGEST_DELAY_US) + [DELAY | wait_us % LONGEST_DELAY_US]
    steps = [IDLE, DRIVEN, *delays, last]
    return b"".join(_uio(*steps[start : start + STEPS]) for start in range(0, len(steps), STEPS))


def _shift(data: bytes) -> bytes:
    """Packets of the SPI stream; all but the last are full, so that each begins where the device looks for one."""
    turned = data.translate(_REVERSED)
    return b"".join(
        bytes((SPI_STREAM,)) + turned[start : start + DATA_BYTES] for start in range(0, len(turned), DATA_BYTES)
    )


def _uio(*steps: int) -> bytes:
    """A whole packet of pin steps."""
    return bytes((UIO_STREAM, *steps, END)).ljust(PACKET_BYTES, bytes((END,)))


def _echo(count: int) -> Challenge:
    """Bytes shifted while no chip is selected: as many come back."""
    return Challenge((_uio(IDLE, DRIVEN) + _shift(bytes(count)),), re.compile(rb"[\x00-\xff]{%d}" % count, re.DOTALL))

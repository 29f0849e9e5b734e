"""A CH341A in its EPP/MEM/I2C mode: SPI over the bulk endpoints of USB, at the chip's fixed clock of about 1.5 MHz.

Sources: WCH CH341 data sheet (packets of 32 bytes, each with a command of its own); flashrom, programmers/ch341a_spi.c
(A8h SPI stream, ABh UIO stream, D0 as chip select, bits least significant first).

Many of its boards drive the data lines at 5 V: the bench file says what the pins carry (``level_v``).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from station.link.frames import Frame, Window
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

_ONE_AFTER_THE_OTHER = Window(1)
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
            self._link.exchange_frames([frame], _ONE_AFTER_THE_OTHER)
        except LinkError as error:
            log.warning("the pins of %s may still be driven: %s", self._link.name, error)

    def transfer(self, write: bytes, read_length: int) -> bytes:
        """One transaction."""
        return self.stream([SpiTransaction(write, read_length)])[0]

    def stream(self, transactions: Sequence[SpiTransaction]) -> list[bytes]:
        """Transactions sent ahead; short waits are inside the stream, long ones the host's."""
        answers: list[bytes] = []
        first = 0
        for index, transaction in enumerate(transactions, 1):
            if transaction.wait_us > IN_STREAM_US or index == len(transactions):
                answers += self._exchange(transactions[first:index])
                first = index
                if transaction.wait_us > IN_STREAM_US:
                    self._clock.wait(transaction.wait_us / 1e6)
        return answers

    def max_write_bytes(self) -> int:
        """Longest transaction that is sent whole; estimate."""
        return LONGEST_TRANSFER_BYTES

    def max_read_bytes(self) -> int:
        return LONGEST_TRANSFER_BYTES

    def describe(self) -> str:
        """It tells neither version nor serial number."""
        return "CH341A"

    def _exchange(self, transactions: Sequence[SpiTransaction]) -> list[bytes]:
        """One transfer each, because a packet that is not full ends it; chip select rises at the start of the next."""
        frames, wait_us = [], 0
        for transaction in transactions:
            frames.append(_frame(transaction, wait_us))
            wait_us = transaction.wait_us if transaction.wait_us <= IN_STREAM_US else 0
        frames.append(Frame(_pins(wait_us, IDLE) + _shift(b"\0"), 1, ANSWER_S + wait_us / 1e6))
        answers = self._link.exchange_frames(frames, _ONE_AFTER_THE_OTHER)
        return [
            answer.translate(_REVERSED)[len(transaction.write) :]
            for answer, transaction in zip(answers, transactions, strict=False)
        ]


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

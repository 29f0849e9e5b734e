"""The I2C bus of a CH341A in its EPP/MEM/I2C mode: packets AAh of steps.

Sources: WCH CH341 data sheet and the header of its library; drivers i2c-ch341 and command-tab/ch341eeprom. Only a byte
that is sent by itself (count 0) tells whether it was acknowledged; the last byte that is read must be asked for with
count 0, so that it is not acknowledged. A packet gives what its steps read as one packet. Who is asked whether he
answers is asked in a packet of its own, as i2c-ch341 does: what else a packet with such a byte gives nobody has shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from station.ic_programmer.programmers.ch341a_pins import ANSWER_S, ONE_BY_ONE, PACKET_BYTES, let_go, synchronise
from station.link.frames import Frame
from station.link.link import Link
from station.model.clock import Clock

I2C_STREAM = 0xAA
START, STOP, OUT, IN, SPEED, END = 0x74, 0x75, 0x80, 0xC0, 0x60, 0x00
STANDARD_MODE = 1
"""100 kHz, which every chip takes at every voltage."""
REFUSED = 0x80
MOST_OUT = 26
BYTE_S = 9 / 100_000

Step = tuple[bytes, int]
"""Bytes of the stream, and how many bytes they answer."""


class Ch341aI2c:
    """A station.model.roles.I2cBus; one per link, opened by ``begin``."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock

    def begin(self) -> None:
        """Prove that it answers what was asked last, choose 100 kHz and free the bus; no other pins are moved.

        A START drops what a killed owner had loaded but not written; nine clocks and a STOP end what a chip was giving.
        """
        synchronise(self._link, ())
        self._exchange([(bytes((SPEED | STANDARD_MODE, START)), 0), (bytes((IN, STOP)), 1)])

    def end(self) -> None:
        """The bus is free after each STOP."""
        let_go(self._link, ())

    def answers(self, address: int) -> bool:
        """By a START, the address and a STOP."""
        return not self._exchange(_probe(address))[0] & REFUSED

    def write(self, address: int, data: bytes) -> bool:
        """Whoever answers takes the data; behind them he is asked again, so that something comes back."""
        if not self.answers(address):
            return False
        data = bytes((address << 1,)) + data
        parts = [data[start : start + MOST_OUT] for start in range(0, len(data), MOST_OUT)]
        steps: list[Step] = [(bytes((START,)), 0), *((bytes((OUT | len(part),)) + part, 0) for part in parts)]
        self._exchange([*steps, (bytes((STOP,)), 0)], _probe(address))
        return True

    def read(self, address: int, head: bytes, length: int) -> bytes | None:
        """The address is sent twice, to write ``head`` and to read."""
        if not self.answers(address):
            return None
        out = bytes((address << 1,)) + head
        steps: list[Step] = [
            (bytes((START, OUT | len(out))) + out, 0),
            (bytes((START, OUT | 1, address << 1 | 1)), 0),
        ]
        steps += [(bytes((IN | 1,)), 1)] * (length - 1)
        return self._exchange([*steps, (bytes((IN, STOP)), 1)])

    def describe(self) -> str:
        """It tells neither version nor serial number."""
        return "CH341A"

    def _exchange(self, *streams: list[Step]) -> bytes:
        """Each of ``streams`` in packets of its own."""
        length = sum(answered for steps in streams for _, answered in steps)
        out = b"".join(packet for steps in streams for packet in _packets(steps))
        allowance_s = ANSWER_S + len(out) * BYTE_S + length * BYTE_S
        return self._link.exchange_frames([Frame(out, length, allowance_s)], ONE_BY_ONE)[0]


def _probe(address: int) -> list[Step]:
    return [(bytes((START, OUT, address << 1)), 1), (bytes((STOP,)), 0)]


def _packets(steps: list[Step]) -> Iterator[bytes]:
    """Whole packets; reads beside each other in one packet are one step, and no step is divided."""
    room = PACKET_BYTES - 2
    body, reads = bytearray(), 0
    for out, answered in steps:
        is_read = out == bytes((IN | 1,))
        if is_read and reads and reads < PACKET_BYTES - 2:
            reads += 1
            body[-1] = IN | reads
            continue
        if len(body) + len(out) > room or (is_read and reads) or (answered and reads):
            yield _packet(body)
            body, reads = bytearray(), 0
        body += out
        reads = int(is_read)
    yield _packet(body)


def _packet(body: bytes | bytearray) -> bytes:
    return (bytes((I2C_STREAM,)) + body).ljust(PACKET_BYTES, bytes((END,)))

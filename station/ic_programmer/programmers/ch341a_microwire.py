"""Microwire by the pins of a CH341A: D0 is chip select (high), D3 the clock, D5 the data out, D7 the data in.

It has no such mode of its own: every edge is a step of the UIO stream, 0.75 us each (flashrom, ch341a_spi.c), which is
slower than the 250 ns that the slowest chip wants (Microchip DS20001749, at 1.8 V). D7 is high where nobody drives it.
"""

from __future__ import annotations

from collections.abc import Iterator

from station.ic_programmer.programmers.ch341a_pins import (
    ANSWER_S,
    DIRECTION,
    LOOK,
    ONE_BY_ONE,
    OUT,
    let_go,
    pin_packets,
    synchronise,
)
from station.link.frames import Frame
from station.link.link import Link
from station.model.clock import Clock

SELECT, CLOCK, DATA_OUT, DATA_IN = 0x01, 0x08, 0x20, 0x80
QUIET = OUT | 0
DRIVEN, RELEASED = DIRECTION | SELECT | CLOCK | DATA_OUT, DIRECTION | 0
STEP_S = 1e-4
"""Estimate: what a step may take at most, its packet's share of a frame of USB included."""


class Ch341aMicrowire:
    """A station.model.roles.MicrowireBus; one per link, opened by ``begin``."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock

    def begin(self) -> None:
        """Prove that it answers what was asked last, with chip select, clock and data low."""
        synchronise(self._link, (QUIET, DRIVEN))

    def end(self) -> None:
        """Let go of the pins."""
        let_go(self._link, (QUIET, RELEASED))

    def transact(self, value: int, bits: int, read_bits: int = 0) -> int:
        """One selection."""
        return self._exchange([QUIET, OUT | SELECT, *_shifted(value, bits), *_clocked(read_bits), *_END], read_bits)

    def is_ready(self) -> bool:
        """A start bit ends the showing of it; nothing follows, so that it begins no instruction."""
        steps = [QUIET, OUT | SELECT, LOOK, *_shifted(1, 1), OUT | SELECT, QUIET]
        return bool(self._exchange(steps, 1, is_closed=True))

    def describe(self) -> str:
        """It tells neither version nor serial number."""
        return "CH341A"

    def _exchange(self, steps: list[int], read_bits: int, is_closed: bool = False) -> int:
        """The looks of ``steps`` as a number; without ``is_closed`` one more is at the end, so that it answers."""
        looks = read_bits if is_closed else read_bits + 1
        frame = Frame(pin_packets(steps), looks, ANSWER_S + len(steps) * STEP_S)
        (answer,) = self._link.exchange_frames([frame], ONE_BY_ONE)
        levels = "".join("1" if level & DATA_IN else "0" for level in answer[:read_bits])
        return int(levels or "0", 2)


_END = (OUT | SELECT, QUIET, LOOK)


def _shifted(value: int, bits: int) -> Iterator[int]:
    """The chip takes a bit when the clock rises."""
    for place in reversed(range(bits)):
        data = DATA_OUT if value >> place & 1 else 0
        yield OUT | SELECT | data
        yield OUT | SELECT | data | CLOCK


def _clocked(bits: int) -> Iterator[int]:
    """The chip changes its output when the clock rises."""
    for _ in range(bits):
        yield OUT | SELECT
        yield OUT | SELECT | CLOCK
        yield LOOK

"""Packets of a CH341A that move its pins or look at them, and the proof that it answers what was asked last.

Sources: WCH CH341 data sheet; the header of WCH's library (UIO stream: 80h|levels of D0 to D5, 40h|directions, C0h|us,
00h gives the levels of D0 to D7 as one byte, 20h end). What looks gives one packet for each packet that was sent.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from station.link.frames import Frame, Window
from station.link.link import Challenge, Link, LinkState
from station.model.errors import LinkError, LinkRefused, LinkTimeout

log = logging.getLogger(__name__)

PACKET_BYTES = 32
UIO_STREAM = 0xAB
OUT, DIRECTION, LOOK, END = 0x80, 0x40, 0x00, 0x20
STEPS = PACKET_BYTES - 2
MOST_LOOKS = 20
SYNC_S, ANSWER_S = 2.0, 1.0
ONE_BY_ONE = Window(1, is_joined=False)


def pin_packets(steps: Iterable[int]) -> bytes:
    """Whole packets of pin steps."""
    every = list(steps)
    packets = (every[start : start + STEPS] for start in range(0, len(every), STEPS))
    return b"".join(bytes((UIO_STREAM, *part, END)).ljust(PACKET_BYTES, bytes((END,))) for part in packets)


def synchronise(link: Link, first_steps: tuple[int, ...]) -> None:
    """Prove that it answers what was asked last, once ``first_steps`` have moved the pins; raises LinkError."""
    try:
        _resync(link, first_steps)
    except (LinkTimeout, LinkRefused):  # what an earlier owner had asked for came in between
        _resync(link, first_steps)


def let_go(link: Link, steps: tuple[int, ...]) -> None:
    """Move the pins a last time; a broken link is only reported."""
    if link.state is not LinkState.OPEN:
        return
    try:
        link.exchange_frames([Frame(pin_packets((*steps, LOOK)), 1, ANSWER_S)], ONE_BY_ONE)
    except LinkError as error:
        log.warning("the pins of %s may still be driven: %s", link.name, error)


def _resync(link: Link, first_steps: tuple[int, ...]) -> None:
    first = 1 + link.draw(MOST_LOOKS - 1)
    then = 1 + (first + link.draw(MOST_LOOKS - 2)) % MOST_LOOKS
    link.resync([_looks(first_steps, first)], _looks(first_steps, then), SYNC_S / 2)


def _looks(first_steps: tuple[int, ...], count: int) -> Challenge:
    packet = pin_packets((*first_steps, *([LOOK] * count)))
    return Challenge((packet,), re.compile(rb"[\x00-\xff]{%d}" % count, re.DOTALL))

"""ISO-TP (ISO 15765-2) on a CAN link, as udsoncan wants its connections; the state machine is can-isotp's.

It has no thread: frames are taken from the link while an answer is waited for. Whatever the transport found wrong is
kept until ``reset``: an answer beside which there was trouble is no proof of anything.
"""

from __future__ import annotations

import logging
import time
from collections import deque

import isotp
from udsoncan.connections import BaseConnection
from udsoncan.exceptions import TimeoutException

from station.link.can import CanLink
from station.model.errors import LinkTimeout

PADDING = 0xCC
SEND_S = 0.1
"""Estimate: a frame at 500 kbit/s takes 0.25 ms; a bus that is busy for 0.1 s is none."""

_SENT, _HEARD = 0x7E0, 0x7E8  # the link has the real identifiers; these only tell its two directions apart


def quiet_logger() -> logging.Logger:
    """For the libraries, which log what they also raise; the link logs the frames."""
    logger = logging.getLogger(f"{__name__}.library")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


class UdsTransport(BaseConnection):
    """Messages of ISO 15765-2 over ``link``."""

    def __init__(self, link: CanLink) -> None:
        super().__init__(link.name)
        self._link = link
        self._arrived: deque[isotp.CanMessage] = deque()
        self._troubles: list[str] = []
        self._layer = isotp.TransportLayerLogic(
            rxfn=self._next_frame,
            txfn=self._send_frame,
            address=isotp.Address(isotp.AddressingMode.Normal_11bits, txid=_SENT, rxid=_HEARD),
            error_handler=lambda error: self._troubles.append(str(error)),
            params={"tx_padding": PADDING, "blocksize": 0, "stmin": 0, "logger_name": quiet_logger().name},
        )

    def reset(self) -> None:
        """Forget what was heard until now, half messages included; raises LinkError."""
        self._link.forget()
        self._layer.reset()
        self._arrived.clear()
        self._troubles.clear()

    def trouble(self) -> str:
        """What the transport found wrong since ``reset``, or a half message that is left; empty where nothing is."""
        if self._troubles:
            return self._troubles[0]
        return "a message is only half there" if self._layer.is_rx_active() else ""

    def specific_send(self, payload: bytes, timeout: float | None = None) -> None:
        """Send a message that fits into one frame, or begin a longer one; raises LinkError."""
        self._layer.send(payload)
        self._layer.process(0.0)

    def specific_wait_frame(self, timeout: float | None = None) -> bytes:
        """The next whole message; raises TimeoutException after ``timeout`` seconds, LinkError for a lost bus."""
        deadline = time.monotonic() + (timeout or 0.0)
        while not self._layer.available():
            try:
                data = self._link.receive(max(deadline - time.monotonic(), 0.0))
            except LinkTimeout:
                raise TimeoutException from None
            self._arrived.append(isotp.CanMessage(arbitration_id=_HEARD, data=data))
            self._layer.process(0.0)
        return bytes(self._layer.recv() or b"")

    def empty_rxqueue(self) -> None:
        """Before each request of udsoncan; ``reset`` has done it."""

    def empty_txqueue(self) -> None:
        """Nothing waits for being sent."""

    def open(self) -> UdsTransport:
        """The link is opened by whoever owns it."""
        return self

    def close(self) -> None:
        """The link is closed by whoever owns it."""

    def is_open(self) -> bool:
        """Whether the link is, it says itself when it is used."""
        return True

    def _next_frame(self, timeout_s: float) -> isotp.CanMessage | None:
        return self._arrived.popleft() if self._arrived else None

    def _send_frame(self, message: isotp.CanMessage) -> None:
        self._link.send(bytes(message.data), SEND_S)

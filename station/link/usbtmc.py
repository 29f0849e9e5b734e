"""Messages of the USB test and measurement class over the two bulk endpoints of an interface.

Sources: USBTMC 1.0 (2003-04-14): 3.2 and tables 1 to 4 (headers to the device), 3.3 and tables 8, 9 (from it), 4.2.1
and tables 15, 16 (requests, status), 4.2.1.4/5 (abort of a read), 4.2.1.6/7 (clear). USB488 1.0: 4.3.1 (remote).
"""

from __future__ import annotations

import errno
import struct
import time
from typing import Protocol

INTERFACE_CLASS, INTERFACE_SUBCLASS = 0xFE, 3
DEV_DEP_MSG_OUT, DEV_DEP_MSG_IN = 1, 2
INITIATE_ABORT_BULK_IN, CHECK_ABORT_BULK_IN_STATUS = 3, 4
INITIATE_CLEAR, CHECK_CLEAR_STATUS, GET_CAPABILITIES, REN_CONTROL = 5, 6, 7, 160
STATUS_SUCCESS, STATUS_PENDING = 1, 2
TO_INTERFACE, TO_ENDPOINT = 0xA1, 0xA2
"""bmRequestType: class request with an answer, to the interface or to one of its endpoints."""
END_OF_MESSAGE = 1
HEADER = struct.Struct("<BBBxIB3x")
MOST_ADDED_BYTES = HEADER.size + 3
"""To a message of one transfer: header and alignment."""

_CHUNK_BYTES = 4096
"""Of a message to the device in one transfer; what Linux's own driver uses (USBTMC_BUFSIZE)."""
_READ_BYTES = 1 << 16
_ABORT_S = 0.2
"""What an abort may take after a read that has run out of time; estimate: a handful of control transfers."""
_POLL_S = 0.005


class UsbPipes(Protocol):
    """One interface of a device that is open; every call raises OSError, or EOFError where the device is gone."""

    interface: int
    in_endpoint: int

    def send(self, data: bytes, timeout_s: float) -> None:
        """One whole transfer to the device."""
        ...

    def receive(self, length: int, timeout_s: float) -> bytes | None:
        """A transfer from the device, at most ``length`` bytes; None at the time limit or when interrupted."""
        ...

    def request(self, kind: int, request: int, value: int, index: int, length: int, timeout_s: float) -> bytes:
        """A control request that is answered with ``length`` bytes."""
        ...

    def unhalt(self, is_in: bool) -> None:
        """Let an endpoint that has stopped go on."""
        ...


class UsbtmcMessages:
    """Messages out, answers in; whoever reads asks for one first, which the device keeps until it has answered."""

    def __init__(self, pipes: UsbPipes) -> None:
        self._pipes = pipes
        self._tag = 0
        self._asked_tag = 0
        self._last_byte = b""

    def begin(self, timeout_s: float) -> None:
        """Clear what an earlier owner has left; lock the panel where the device has that (USB488)."""
        deadline = time.monotonic() + timeout_s
        self._clear(deadline)
        answer = self._ask_interface(GET_CAPABILITIES, 0, 0x18, deadline)
        if len(answer) > 14 and answer[0] == STATUS_SUCCESS and answer[14] & 2:
            self._ask_interface(REN_CONTROL, 1, 1, deadline)

    def write(self, data: bytes, timeout_s: float) -> None:
        """Send ``data`` as one message."""
        deadline = time.monotonic() + timeout_s
        for start in range(0, len(data), _CHUNK_BYTES):
            chunk = data[start : start + _CHUNK_BYTES]
            is_last = start + len(chunk) == len(data)
            header = self._header(DEV_DEP_MSG_OUT, len(chunk), END_OF_MESSAGE if is_last else 0)
            self._pipes.send(header + chunk + bytes(-len(chunk) % 4), deadline - time.monotonic())

    def read(self, timeout_s: float) -> tuple[bytes, bool]:
        """(what has come, whether that ends the message); nothing at the time limit, and the device is still asked.

        Every answer ends with LF, whether the device sends it or only the end of the message.
        """
        deadline = time.monotonic() + timeout_s
        if not self._asked_tag:
            header = self._header(DEV_DEP_MSG_IN, _READ_BYTES, 0)
            self._pipes.send(header, timeout_s)
            self._asked_tag = self._tag
        transfer = self._transfer(deadline)
        if transfer is None:
            return b"", False
        data, is_end = self._answer(transfer)
        if is_end and (data or self._last_byte)[-1:] != b"\n":
            data += b"\n"
        self._last_byte = b"" if is_end else data[-1:] or self._last_byte
        return data, is_end

    def _transfer(self, deadline: float) -> bytes | None:
        """Header and all that it announces, which may come in several reads; None at the time limit."""
        transfer, length = b"", 0
        while not transfer or len(transfer) < length:
            piece = self._pipes.receive(_READ_BYTES + 512, deadline - time.monotonic())
            if piece is None:
                return None
            if not piece and transfer:
                break
            transfer += piece
            if len(transfer) >= HEADER.size:
                length = HEADER.size + HEADER.unpack_from(transfer)[3]
            if length > HEADER.size + _READ_BYTES:
                break
        return transfer

    def abort(self) -> None:
        """Take back a request that is not answered, so that its answer comes to nobody else."""
        if not self._asked_tag:
            return
        tag, self._asked_tag = self._asked_tag, 0
        endpoint, deadline = self._pipes.in_endpoint, time.monotonic() + _ABORT_S
        status = self._pipes.request(TO_ENDPOINT, INITIATE_ABORT_BULK_IN, tag, endpoint, 2, _ABORT_S)[:1]
        while status in (bytes((STATUS_SUCCESS,)), bytes((STATUS_PENDING,))) and time.monotonic() < deadline:
            self._pipes.receive(_READ_BYTES, _POLL_S)
            answer = self._pipes.request(TO_ENDPOINT, CHECK_ABORT_BULK_IN_STATUS, 0, endpoint, 8, _ABORT_S)
            if answer[:1] != bytes((STATUS_PENDING,)):
                return

    def _clear(self, deadline: float) -> None:
        self._require(self._ask_interface(INITIATE_CLEAR, 0, 1, deadline), "INITIATE_CLEAR")
        while True:
            answer = self._ask_interface(CHECK_CLEAR_STATUS, 0, 2, deadline)
            if answer[:1] != bytes((STATUS_PENDING,)):
                break
            if answer[1:2] == b"\x01":
                self._pipes.receive(_READ_BYTES, _POLL_S)
            else:
                time.sleep(_POLL_S)
        self._require(answer, "CHECK_CLEAR_STATUS")
        self._pipes.unhalt(is_in=False)

    def _ask_interface(self, request: int, value: int, length: int, deadline: float) -> bytes:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError(errno.ETIMEDOUT, "the device is not ready in time")
        return self._pipes.request(TO_INTERFACE, request, value, self._pipes.interface, length, remaining)

    def _header(self, kind: int, length: int, attributes: int) -> bytes:
        self._tag = self._tag % 255 + 1
        return HEADER.pack(kind, self._tag, self._tag ^ 0xFF, length, attributes)

    def _answer(self, transfer: bytes) -> tuple[bytes, bool]:
        tag, self._asked_tag = self._asked_tag, 0
        if len(transfer) < HEADER.size:
            raise OSError(errno.EPROTO, f"an answer of {len(transfer)} bytes has no header")
        kind, found, inverse, length, attributes = HEADER.unpack_from(transfer)
        if (kind, found, inverse) != (DEV_DEP_MSG_IN, tag, tag ^ 0xFF):
            raise OSError(errno.EPROTO, f"an answer with header {transfer[:4].hex(' ')} to request {tag}")
        data = transfer[HEADER.size : HEADER.size + length]
        if len(data) != length:
            raise OSError(errno.EPROTO, f"an answer of {len(data)} bytes that should have {length}")
        return data, bool(attributes & END_OF_MESSAGE)

    @staticmethod
    def _require(answer: bytes, request: str) -> None:
        if answer[:1] != bytes((STATUS_SUCCESS,)):
            raise OSError(errno.EIO, f"the device answers {answer.hex(' ')} to {request}")

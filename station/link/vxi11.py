"""The calls of pyvisa-py's VXI-11 client over a socket that keeps a time limit.

The client makes and reads the messages; how one call goes out and its reply comes in (ONC RPC record marking,
RFC 5531, 11) is done here, because pyvisa-py's own way waits in steps, a second longer than it was told, and reads
nothing for ever from a peer that has closed.
"""

from __future__ import annotations

import errno
import socket
import struct
import time
from typing import Any

_MARK = struct.Struct("!I")
_IS_LAST = 0x80000000
_LENGTH = 0x7FFFFFFF
_ONE_CALL_BYTES = 1 << 16


class CallTimedOut(Exception):
    """No reply in time; pyvisa-py takes every other timeout for an error of the device."""


class Vxi11Calls:
    """Takes the place of the client's way to call; ``deadline`` (monotonic seconds) ends every call.

    A reply that came too late is passed over by its number, one that came in part is gone on with.
    """

    def __init__(self, client: Any) -> None:
        self.socket: socket.socket = client.sock
        self.deadline = 0.0
        self._client = client
        self._arrived = bytearray()
        self._is_cut = False
        client.do_call = self.call

    def call(self) -> None:
        """Send what the client has packed and leave it the reply to unpack.

        Raises CallTimedOut at the deadline, EOFError where the peer has closed, another OSError from the socket.
        """
        packed = self._client.packer.get_buf()
        try:
            self._send(_MARK.pack(_IS_LAST | len(packed)) + packed)
            self._receive()
        except TimeoutError:
            raise CallTimedOut from None

    def _send(self, call: bytes) -> None:
        if self._is_cut:
            raise OSError(errno.EPIPE, "an earlier call went out only in part")
        self._keep_time()
        self._is_cut = True
        self.socket.sendall(call)
        self._is_cut = False

    def _receive(self) -> None:
        while True:
            self._client.unpacker.reset(self._record())
            number, _ = self._client.unpacker.unpack_replyheader()
            if number == self._client.lastxid:
                return
            if number > self._client.lastxid:
                raise OSError(errno.EPROTO, f"reply {number} to a call that was not made")

    def _record(self) -> bytes:
        record, start = b"", 0
        while True:
            self._await(start + _MARK.size)
            (mark,) = _MARK.unpack_from(self._arrived, start)
            end = start + _MARK.size + (mark & _LENGTH)
            self._await(end)
            record += self._arrived[start + _MARK.size : end]
            start = end
            if mark & _IS_LAST:
                del self._arrived[:end]
                return record

    def _await(self, length: int) -> None:
        while len(self._arrived) < length:
            self._keep_time()
            data = self.socket.recv(_ONE_CALL_BYTES)
            if not data:
                raise EOFError
            self._arrived += data

    def _keep_time(self) -> None:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self.socket.settimeout(remaining)

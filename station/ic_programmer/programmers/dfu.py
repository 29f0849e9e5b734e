"""Device Firmware Upgrade over the control endpoint of USB: requests, states and waits, as every such device has them.

Source: USB DFU 1.1: 3 (requests), 4.1.3 (functional descriptor), 6.1.2 (GETSTATUS, bwPollTimeout), A.1 (states).

A download is begun by the GETSTATUS behind it, which says how long the device works on it: that is waited for, but
never longer than the caller allows, because some devices name hours. An error is cleared at once, so that the next
request finds the device idle.
"""

from __future__ import annotations

import logging
import re
from enum import IntEnum

import msgspec

from station.link.challenge import Challenge
from station.link.link import Link, LinkState
from station.link.usb_control import ANSWER, STALLED, answer_length, message
from station.model.clock import Clock
from station.model.errors import BusyError, LinkError, ProgrammerError, ProtectedError, TargetError

log = logging.getLogger(__name__)

DNLOAD, UPLOAD, GETSTATUS, CLRSTATUS, ABORT = 1, 2, 3, 4, 6
CLASS_OUT, CLASS_IN, STANDARD_IN, CHOOSE = 0x21, 0xA1, 0x80, 0x01
GET_DESCRIPTOR, SET_INTERFACE = 6, 11
DEVICE, CONFIGURATION, STRING = 0x0100, 0x0200, 0x0300
ENGLISH = 0x0409
DEVICE_BYTES, MOST_DESCRIPTOR_BYTES = 18, 4096

ANSWER_S = 1.0
"""A control transfer; estimate: a bus that is busy with others takes milliseconds."""
SYNC_S = 2.0
SHORTEST_POLL_S = 0.001
"""Between two looks at a device that is busy and names no time; estimate: a frame of the USB."""


class State(IntEnum):
    """bState; those of a device that runs its application are not here."""

    IDLE = 2
    DNLOAD_SYNC = 3
    DNBUSY = 4
    DNLOAD_IDLE = 5
    MANIFEST_SYNC = 6
    MANIFEST = 7
    MANIFEST_WAIT_RESET = 8
    UPLOAD_IDLE = 9
    ERROR = 10


class Status(msgspec.Struct, frozen=True):
    """An answer to GETSTATUS; ``code`` 0 is no error."""

    code: int
    poll_s: float
    state: int


PROBLEMS = {
    0x01: "it is not for this target, or the address is not there",
    0x02: "the file fails a check of the device",
    0x03: "it cannot write its memory",
    0x04: "it cannot erase its memory",
    0x05: "its memory is not blank after erasing",
    0x06: "programming its memory failed",
    0x07: "its memory reads differently from what was programmed",
    0x08: "the address is out of range",
    0x09: "the end came before all data",
    0x0A: "its firmware is corrupt",
    0x0B: "for a reason of its maker's own",
    0x0C: "the bus was reset",
    0x0D: "it lost its power",
    0x0E: "it does not know what went wrong",
    0x0F: "it does not expect this request",
}
"""bStatus in words: USB DFU 1.1, 6.1.2."""
VENDOR_STATUS = 0x0B
"""ST uses it for readout protection (AN3156)."""


class Dfu:
    """One interface in DFU mode."""

    def __init__(self, link: Link, clock: Clock, is_st: bool = True) -> None:
        """``is_st``: what the vendor's own status means is known, readout protection."""
        self._link = link
        self._clock = clock
        self._is_st = is_st

    def begin(self, alternate: int) -> None:
        """Prove that it answers what was asked last, choose the alternate setting, and bring it to dfuIDLE."""
        first = 1 + self._link.draw(DEVICE_BYTES)
        then = 1 + (first + self._link.draw(DEVICE_BYTES - 1)) % DEVICE_BYTES
        self._link.resync([_echo(first)], _echo(then), SYNC_S)
        self._require(self._ask(CHOOSE, SET_INTERFACE, alternate), f"to show alternate setting {alternate}")
        self.rest()

    def rest(self) -> None:
        """Bring it to dfuIDLE, whatever it was doing; raises ProgrammerError where it does not go there."""
        status = self.status()
        if status.state == State.ERROR:
            self._ask(CLASS_OUT, CLRSTATUS)
        elif status.state != State.IDLE:
            self._ask(CLASS_OUT, ABORT)
        else:
            return
        if self.status().state != State.IDLE:
            raise ProgrammerError(
                self._link.name, f"stays in DFU state {status.state}: reset the unit into its bootloader"
            )

    def abort(self) -> None:
        """Back to dfuIDLE from between two downloads or uploads."""
        self._require(self._ask(CLASS_OUT, ABORT), "to stop")

    def status(self, timeout_s: float = ANSWER_S) -> Status:
        """GETSTATUS."""
        answer = self._require(self._ask(CLASS_IN, GETSTATUS, 0, 6, timeout_s=timeout_s), "to tell its status")
        if len(answer) != 6:
            raise self._link.distrust(f"a DFU status of {len(answer)} bytes")
        return Status(answer[0], int.from_bytes(answer[1:4], "little") / 1000, answer[4])

    def download(self, block: int, data: bytes, longest_s: float, what: str) -> None:
        """Send one block and wait for the device, ``longest_s`` at most; ``what`` is for the error's words.

        Raises BusyError after that time, ProtectedError or TargetError where the device says that it failed.
        """
        if self._ask(CLASS_OUT, DNLOAD, block, len(data), data) is None:
            raise self._failure(self.status(), what)
        deadline = self._clock.now() + longest_s + ANSWER_S
        status, pause_s = self.status(), 0.0
        while status.state in (State.DNLOAD_SYNC, State.DNBUSY):
            remaining_s = deadline - self._clock.now()
            if remaining_s <= 0:
                raise BusyError(f"still busy with {what} after the data sheet's maximum")
            self._clock.wait(min(max(status.poll_s, pause_s), remaining_s))
            status, pause_s = self.status(remaining_s + ANSWER_S), SHORTEST_POLL_S
        if status.state != State.DNLOAD_IDLE:
            raise self._failure(status, what)

    def upload(self, block: int, length: int, what: str) -> bytes:
        """Up to ``length`` bytes; raises ProtectedError or TargetError where the device refuses."""
        answer = self._ask(CLASS_IN, UPLOAD, block, length)
        if answer is None:
            raise self._failure(self.status(), what)
        return answer

    def leave(self) -> None:
        """End the upgrade: the device starts its firmware and is gone, so that what comes back is not looked at."""
        self._require(self._ask(CLASS_OUT, DNLOAD), "to end the upgrade")
        self._ask(CLASS_IN, GETSTATUS, 0, 6)

    def manifest(self, longest_s: float) -> None:
        """End the download, and wait until what was sent is in use; the device may then be gone or wait for a reset.

        Raises BusyError after ``longest_s``, TargetError where the device says that it failed.
        """
        self._require(self._ask(CLASS_OUT, DNLOAD), "to end the download")
        deadline = self._clock.now() + longest_s + ANSWER_S
        status: Status | None = self.status()
        while status is not None and status.state in (State.MANIFEST_SYNC, State.MANIFEST):
            remaining_s = deadline - self._clock.now()
            if remaining_s <= 0:
                raise BusyError("still busy with taking the firmware into use after its maximum")
            self._clock.wait(min(max(status.poll_s, SHORTEST_POLL_S), remaining_s))
            status = self._status_if_any(remaining_s + ANSWER_S)
        if status is not None and status.state not in (State.IDLE, State.MANIFEST_WAIT_RESET):
            raise self._failure(status, "to take the firmware into use")

    def _status_if_any(self, timeout_s: float) -> Status | None:
        """GETSTATUS of a device that need not answer while it takes a firmware into use; None where it does not."""
        try:
            return self.status(timeout_s)
        except (LinkError, ProgrammerError):
            return None

    def descriptor(self, kind: int, length: int = MOST_DESCRIPTOR_BYTES) -> bytes:
        """The device's or the configuration's descriptor."""
        return self._require(self._ask(STANDARD_IN, GET_DESCRIPTOR, kind, length), "to describe itself")

    def text(self, index: int) -> str:
        """A text of the device's, empty where it has none."""
        if not index:
            return ""
        answer = self._ask(STANDARD_IN, GET_DESCRIPTOR, STRING | index, 255, index=ENGLISH)
        return "" if answer is None else answer[2:].decode("utf-16-le", "replace")

    def end(self) -> None:
        """Leave it idle in its bootloader; trouble with that is only reported."""
        if self._link.state is not LinkState.OPEN:
            return
        try:
            self.rest()
        except (LinkError, ProgrammerError) as error:
            log.warning("the bootloader at %s is not idle: %s", self._link.name, error)

    def _failure(self, status: Status, what: str) -> TargetError:
        """What the device says of its failure, as an error to raise; the device is idle again."""
        if status.state == State.ERROR:
            self._ask(CLASS_OUT, CLRSTATUS)
        if status.code == VENDOR_STATUS and self._is_st:
            return ProtectedError(f"the microcontroller refuses {what}: readout protection is on")
        problem = PROBLEMS.get(status.code, f"status 0x{status.code:02X} in state {status.state}")
        return TargetError(f"the microcontroller refuses {what}: {problem}")

    def _ask(
        self,
        kind: int,
        request: int,
        value: int = 0,
        length: int = 0,
        data: bytes = b"",
        *,
        index: int = 0,
        timeout_s: float = ANSWER_S,
    ) -> bytes | None:
        """One control transfer; None where the device stalls it."""
        answer = self._link.query_block(message(kind, request, value, index, length, data), answer_length, timeout_s)
        return None if answer[0] == STALLED else answer[ANSWER.size :]

    def _require(self, answer: bytes | None, what: str) -> bytes:
        if answer is None:
            raise ProgrammerError(self._link.name, f"the device refuses {what}")
        return answer


def _echo(length: int) -> Challenge:
    """So many bytes of the device's descriptor."""
    asked = message(STANDARD_IN, GET_DESCRIPTOR, DEVICE, 0, length)
    return Challenge((asked,), re.compile(re.escape(ANSWER.pack(0, length)) + rb"[\x00-\xff]{%d}" % length, re.DOTALL))

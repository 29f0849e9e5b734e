"""Diagnostics of a control unit: UDS (ISO 14229-1) over ISO-TP (ISO 15765-2) on a CAN channel, by udsoncan.

Sources: ISO 14229-1 (services 0x10, 0x14, 0x19, 0x22, 0x31), as udsoncan has them.
The address says which identifier carries requests (``send``) and which one answers (``receive``). Times and the result
of a routine: docs/fj-head-units.md, "CAN (FJ-N7)"; the times are ISO 14229-2's P2server and P2*server.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from udsoncan import DidCodec
from udsoncan.client import Client
from udsoncan.configs import default_client_config
from udsoncan.exceptions import (
    InvalidResponseException,
    NegativeResponseException,
    TimeoutException,
    UnexpectedResponseException,
)
from udsoncan.Response import Response
from udsoncan.typing import ClientConfig

from station.drivers.instrument import OpenInstrument
from station.drivers.uds_transport import UdsTransport, quiet_logger
from station.link.can import CanLink
from station.link.link import LinkState
from station.model.clock import Clock
from station.model.errors import DutError
from station.model.reading import TextReading

TRANSIT_S = 0.2
"""Estimate: what adapter, bus and a busy PC add to the times of the unit."""
P2_S, P2_STAR_S = 0.05 + TRANSIT_S, 0.5 + TRANSIT_S
LONGEST_PENDING_S = 3.0
"""Estimate: a unit that says "response pending" for longer never comes to an end."""
CONFIRMED = 0x08  # ISO 14229-1, D.2.5, bit 3: confirmedDTC
ALL_GROUPS = 0xFFFFFF
START, RESULT = 0x01, 0x03  # ISO 14229-1, RoutineControl: startRoutine, requestRoutineResults
UNDER_WAY = b"\x01"
POLL_S = 0.02

_PRESENT, _IS_PRESENT = b"\x3e\x00", b"\x7e\x00"
_RESERVED, _IS_RESERVED = b"\x3e\x01", b"\x7f\x3e\x12"  # a sub-function that ISO 14229-1 reserves: not supported

_Answer = TypeVar("_Answer")


class _Bytes(DidCodec):
    """Every identifier's data as they are."""

    def encode(self, string_ascii: bytes) -> bytes:
        return string_ascii

    def decode(self, string_bin: bytes) -> bytes:
        return bytes(string_bin)

    def __len__(self) -> int:
        raise DidCodec.ReadAllRemainingData


class UdsTester:
    """A station.model.roles.Diagnostics.

    An answer counts only when TesterPresent, asked after it, is answered next and the transport found nothing wrong:
    then nothing else was under way. After silence the link is SUSPECT, and the next request waits until everything
    that was asked before has gone by.
    """

    def __init__(self, link: CanLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._transport = UdsTransport(link)
        self._client = Client(self._transport, _configuration())
        self._client.logger = quiet_logger()

    def begin(self) -> None:
        """The unit may be off: nothing is asked."""

    def prepare(self) -> None:
        """Nothing to set."""

    def enter_session(self, session: int) -> None:
        """DiagnosticSessionControl; raises DutError where the unit is silent or refuses."""
        self._ask(f"DiagnosticSessionControl {session:02X}", lambda: self._client.change_session(session))

    def read(self, identifier: int) -> TextReading:
        """ReadDataByIdentifier of an ASCII text; raises DutError where the unit is silent, refuses or has no text."""
        what = f"ReadDataByIdentifier {identifier:04X}"
        response = self._ask(what, lambda: self._client.read_data_by_identifier(identifier))
        data: bytes = response.service_data.values[identifier]
        text = data.rstrip(b"\0 ")
        if not all(0x20 <= byte < 0x7F for byte in text):
            raise DutError(f"the unit answers {data.hex(' ')} to {what}: no text")
        return TextReading(text.decode("ascii"), self._link.name, self._clock.utc())

    def read_confirmed_codes(self) -> tuple[str, ...]:
        """ReadDTCInformation, reportDTCByStatusMask; in ascending order."""
        response = self._ask("ReadDTCInformation 02", lambda: self._client.get_dtc_by_status_mask(CONFIRMED))
        codes = [code for code in response.service_data.dtcs if code.status.get_byte_as_int() & CONFIRMED]
        return tuple(sorted(f"{code.id:06X}" for code in codes))

    def clear_codes(self) -> None:
        """ClearDiagnosticInformation of all groups."""
        self._ask("ClearDiagnosticInformation FFFFFF", lambda: self._client.clear_dtc(ALL_GROUPS))

    def run_routine(self, identifier: int, longest_s: float) -> TextReading:
        """Start a routine and ask for its result until it is no longer under way; its status record in hex."""
        self._ask(f"RoutineControl 01 {identifier:04X}", lambda: self._client.routine_control(identifier, START))
        deadline = self._clock.now() + longest_s
        while True:
            response = self._ask(
                f"RoutineControl 03 {identifier:04X}", lambda: self._client.routine_control(identifier, RESULT)
            )
            record: bytes = response.service_data.routine_status_record
            if record[:1] != UNDER_WAY:
                return TextReading(record.hex().upper(), self._link.name, self._clock.utc())
            if self._clock.now() >= deadline:
                raise DutError(f"routine {identifier:04X} is still under way after {longest_s:g} s")
            self._clock.wait(POLL_S)

    def _ask(self, what: str, ask: Callable[[], _Answer | None]) -> _Answer:
        """The answer, proved; ``what`` is how errors name the request."""
        with self._link.hold():
            try:
                if self._link.state is not LinkState.OPEN:
                    self._settle()
                self._transport.reset()
                answer, refusal = self._answer(ask)
                self._prove(what)
            except TimeoutException:
                self._link.distrust(f"no answer to {what} in time")
                raise DutError(f"the unit does not answer {what} in time") from None
            except (InvalidResponseException, UnexpectedResponseException) as error:
                raise self._link.distrust(f"{_said(error.response)} is no answer to {what}") from None
        if answer is None:
            raise DutError(f"the unit refuses {what}: {_reason(refusal)}")
        return answer

    def _answer(self, ask: Callable[[], _Answer | None]) -> tuple[_Answer | None, Response | None]:
        try:
            return ask(), None
        except NegativeResponseException as error:
            return None, error.response

    def _settle(self) -> None:
        """Let everything go by that is still under way; two questions, so that one who lags by one is found out."""
        self._transport.reset()
        self._transport.send(_PRESENT)
        deadline = self._clock.now() + P2_STAR_S
        while self._transport.wait_frame(deadline - self._clock.now(), exception=True) != _IS_PRESENT:
            if self._clock.now() >= deadline:
                raise TimeoutException
        self._transport.reset()
        self._expect(_RESERVED, _IS_RESERVED, "after a silence")
        self._link.trust()

    def _prove(self, what: str) -> None:
        self._expect(_PRESENT, _IS_PRESENT, f"after {what}")

    def _expect(self, request: bytes, answer: bytes, when: str) -> None:
        """Raises LinkRefused where anything but ``answer`` was heard since the transport was reset."""
        self._transport.send(request)
        found = self._transport.wait_frame(P2_S, exception=True)
        trouble = self._transport.trouble()
        if found != answer or trouble:
            said = trouble or f"{(found or b'').hex(' ')} instead of {answer.hex(' ')}"
            raise self._link.distrust(f"answers are out of step {when}: {said}")


def _configuration() -> ClientConfig:
    """The unit's own times are not taken from its answer: they would leave nothing for the way."""
    configuration = default_client_config.copy()
    configuration["request_timeout"] = LONGEST_PENDING_S
    configuration["p2_timeout"], configuration["p2_star_timeout"] = P2_S, P2_STAR_S
    configuration["use_server_timing"] = False
    configuration["data_identifiers"] = {"default": _Bytes}
    configuration["tolerate_zero_padding"] = False
    return configuration


def _said(response: Response) -> str:
    return (response.original_payload or b"").hex(" ") or "an empty message"


def _reason(response: Response | None) -> str:
    """A negative response code in words, as ``service not supported in active session (0x7F)``."""
    if response is None or response.code is None:
        return "without a reason"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", response.code_name or "unknown code").lower()
    return f"{words} (0x{response.code:02X})"


def open_instrument(link: CanLink, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The tester; its answers have times of their own."""
    tester = UdsTester(link, clock)
    return OpenInstrument(tester, lambda row: tester)

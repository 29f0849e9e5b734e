"""Whatever frames are lost, late or repeated: a value that is read is the one its own identifier has at that moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from enum import Enum

from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.sim.device import Reply
from fixtures.sim.iso_tp import IsoTpServer
from station.drivers.uds import UdsTester
from station.model.errors import DutError, LinkError
from tests.station.drivers.ecu_channel import EcuChannel, PatientClock, link_to

LENGTHS = {0xF187: 11, 0xF189: 5, 0xF18C: 12, 0xF190: 17, 0xF191: 1, 0xF195: 6}
"""From one frame to three, as the FJ-N7 has them."""


class Fate(Enum):
    """What becomes of a frame; a late one holds up all that come after it, as a bus keeps its order."""

    ARRIVES = 0
    LOST = 1
    TWICE = 2
    LATE = 3


class ShakyUnit:
    """Every identifier's text has the number of the last change in it, so that an old text is known."""

    def __init__(self, there: Iterable[Fate], back: Iterable[Fate], lateness: int) -> None:
        self.change = 0
        self._server = IsoTpServer(self._answer)
        self._there, self._back = iter(there), iter(back)
        self._lateness = lateness
        self._held: deque[tuple[int, bytes]] = deque()
        self._heard = 0

    def text(self, identifier: int) -> str:
        return f"{identifier:X}-{self.change:06}"[-LENGTHS[identifier] :].rjust(LENGTHS[identifier], "x")

    def hear(self, frame: bytes) -> list[bytes]:
        """The frames that come back by the time this one has been sent."""
        self._heard += 1
        for _ in range({Fate.LOST: 0, Fate.TWICE: 2}.get(next(self._there, Fate.ARRIVES), 1)):
            for reply in self._server.receive(frame, 0.0):
                self._send(reply.data)
        arrived = []
        while self._held and self._held[0][0] <= self._heard:
            arrived.append(self._held.popleft()[1])
        return arrived

    def _send(self, frame: bytes) -> None:
        fate = next(self._back, Fate.ARRIVES)
        due = max(self._held[-1][0] if self._held else 0, self._heard + (self._lateness if fate is Fate.LATE else 0))
        for _ in range({Fate.LOST: 0, Fate.TWICE: 2}.get(fate, 1)):
            self._held.append((due, frame))

    def _answer(self, request: bytes) -> Sequence[Reply]:
        if request == b"\x3e\x00":
            return [Reply(b"\x7e\x00")]
        if request[0] != 0x22:
            return [Reply(bytes((0x7F, request[0], 0x12)))]
        return [Reply(b"\x62" + request[1:3] + self.text(int.from_bytes(request[1:3], "big")).encode())]


fates = st.lists(st.sampled_from([Fate.ARRIVES] * 6 + [Fate.LOST, Fate.TWICE, Fate.LATE]), max_size=60)


@given(
    there=fates, back=fates, lateness=st.integers(1, 9), asked=st.lists(st.sampled_from(sorted(LENGTHS)), max_size=12)
)
@settings(max_examples=200, deadline=None)
def test_a_value_is_that_of_its_own_identifier_and_of_now(
    there: list[Fate], back: list[Fate], lateness: int, asked: list[int]
) -> None:
    unit, clock = ShakyUnit(there, back, lateness), PatientClock()
    tester = UdsTester(link_to(EcuChannel(unit.hear, clock), clock), clock)
    for unit.change, identifier in enumerate(asked, 1):
        before = clock.seconds
        try:
            value = tester.read(identifier).value
        except (DutError, LinkError):
            assert clock.seconds - before < 3.0
            continue
        assert value == unit.text(identifier)


@given(there=fates, back=fates, lateness=st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_when_the_line_is_well_again_so_are_the_readings(there: list[Fate], back: list[Fate], lateness: int) -> None:
    unit, clock = ShakyUnit(there, back, lateness), PatientClock()
    tester = UdsTester(link_to(EcuChannel(unit.hear, clock), clock), clock)
    right = 0
    for unit.change in range(1, 60):
        try:
            right = right + 1 if tester.read(0xF190).value == unit.text(0xF190) else 0
        except (DutError, LinkError):
            right = 0
    assert right >= 3

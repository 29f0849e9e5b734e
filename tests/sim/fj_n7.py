"""An FJ-N7 on a supply, with its CAN, in a world whose time moves when a test says so."""

from __future__ import annotations

from fixtures.sim.can_bus import REQUEST, CanBus, CanNode, framed
from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.device import SimClock
from fixtures.sim.head_unit import HeadUnit, State
from fixtures.sim.nor import Nor
from fixtures.sim.world import World

SERIAL = "FJN726110001"
B_PLUS, ACC = 1, 2
WAKE = framed(0x401, bytes(8))

STEP_S = 0.02 + 1e-9
"""Not a rounding error short of the fifth part of a tenth of a second."""


class PoweredUnit:
    """B+ is at 14.4 V; ``acc`` switches ACC."""

    def __init__(self, *faults: str, product: str = "FJ-N7", released: str = "2.1.0", seed: int = 1) -> None:
        self.clock = SimClock(is_modelled=True, passing=lambda: 0.0)
        self.world = World(self.clock, B_PLUS, ACC)
        self.unit = HeadUnit(SERIAL, released, seed, Nor(chip_kinds()["W25Q64JV"], bytes(8), self.clock), product)
        for fault in faults:
            self.unit.set_fault(fault, True)
        self.world.insert(self.unit)
        self.node: CanNode = CanBus(self.world, self.clock).connect()
        self.clock.advance(10.0)
        self.node.tick()
        self.supply(14.4)

    def supply(self, volts_v: float) -> None:
        self.world.drive(B_PLUS, volts_v, 5.0, volts_v > 0)

    def acc(self, is_on: bool) -> None:
        self.world.drive(ACC, 14.4, 0.5, is_on)

    def wait(self, seconds: float) -> list[bytes]:
        """The frames that the unit sends unasked in that time."""
        frames = []
        for _ in range(round(seconds / 0.02)):
            self.clock.advance(STEP_S)
            frames += [reply.data for reply in self.node.tick()]
        return frames

    def boot(self) -> PoweredUnit:
        """ACC on, and time to boot."""
        self.acc(True)
        self.wait(4.0)
        assert self.unit.state is State.AWAKE
        return self

    def ask(self, request: str) -> list[str]:
        """UDS messages in answer to one request of at most seven bytes, both in hex."""
        data = bytes.fromhex(request)
        frames = self.node.receive(framed(REQUEST, bytes((len(data),)) + data))
        answers = []
        for frame in (reply.data[2:] for reply in frames):
            if frame[0] >> 4 == 0:
                answers.append(frame[1 : 1 + frame[0]])
                continue
            length = (frame[0] & 0x0F) << 8 | frame[1]
            rest = self.node.receive(framed(REQUEST, b"\x30\x00\x00"))
            answers.append((frame[2:] + b"".join(reply.data[3:] for reply in rest))[:length])
        return [answer.hex() for answer in answers]

    def text(self, identifier: str) -> str:
        """The text behind a data identifier."""
        (answer,) = self.ask(f"22{identifier}")
        assert answer.startswith(f"62{identifier}".lower()), answer
        return bytes.fromhex(answer[6:]).decode("ascii")

    def codes(self) -> list[str]:
        """Confirmed trouble codes."""
        (answer,) = self.ask("190208")
        assert answer.startswith("590209"), answer
        rows = [answer[start : start + 8] for start in range(6, len(answer), 8)]
        assert all(row.endswith("09") for row in rows)
        return [row[:6].upper() for row in rows]

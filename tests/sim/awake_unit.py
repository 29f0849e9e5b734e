"""A unit that is awake in the jig of a world whose clock is moved by hand, without any line between."""

from __future__ import annotations

from dataclasses import dataclass

from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.device import SimClock
from fixtures.sim.head_unit import HeadUnit, State
from fixtures.sim.nor import Nor
from fixtures.sim.service_port import ServicePort
from fixtures.sim.unit_traits import product_kinds
from fixtures.sim.world import World

SERIALS = {"FJ-R1": "FJR126110003", "FJ-R5": "FJR526110003", "FJ-N7": "FJN726110003"}


@dataclass
class Jig:
    """The unit, its world and its service port."""

    clock: SimClock
    world: World
    unit: HeadUnit

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.world.catch_up()

    def close(self, *coils: int) -> None:
        self.world.switch_relays(self.world.surroundings.closed | set(coils))

    def open(self, *coils: int) -> None:
        self.world.switch_relays(self.world.surroundings.closed - set(coils))

    def press(self, *coils: int) -> None:
        """Down and up again, one after the other."""
        for coil in coils:
            self.close(coil)
            self.open(coil)

    def ask(self, request: str) -> str:
        replies = ServicePort(self.world.listener).connect().receive(request.encode() + b"\n")
        return b"".join(reply.data for reply in replies).decode().strip()

    def get(self, item: str) -> str:
        """The item's value."""
        answer = self.ask(f"GET {item}")
        assert answer.startswith("OK "), answer
        return answer.removeprefix("OK ")

    def power(self, is_on: bool) -> None:
        """B+ and ACC; waits until the unit has booted."""
        for channel in (1, 2):
            self.world.drive(channel, 14.4, 3.0, is_on)
        self.wait(4.0)


def awake_unit(product: str = "FJ-N7", *faults: str, serial: str = "") -> Jig:
    """Powered and booted."""
    clock = SimClock(is_modelled=True, passing=lambda: 0.0)
    world = World(clock, 1, 2)
    nor = Nor(chip_kinds()["W25Q64JV"], bytes(8), clock)
    unit = HeadUnit(serial or SERIALS[product], product_kinds()[product].released, 1, nor, product)
    for fault in faults:
        unit.set_fault(fault, True)
    world.insert(unit)
    jig = Jig(clock, world, unit)
    jig.power(True)
    assert unit.state is State.AWAKE
    return jig

"""A relay board with Modbus RTU coils that can be read back, at slave address 1 as such boards are delivered.

Sources: see modbus. Contacts need up to 10 ms to close and to open (Songle SRD data sheet, the relays of most boards).
What a coil does is read back from the board's register: that a contact has welded shows only in what it connects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from station.drivers.modbus import ModbusSlave
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import InstrumentError, PlanError

SLAVE = 1
CONTACT_S = 0.015
"""Waited after coils have changed: 10 ms of the data sheet, and as much as half again for bounce (estimate)."""


class ModbusRelays:
    """The whole board; a station.drivers.switched_voltmeter.PointSwitch."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float, coils: int) -> None:
        self._link = link
        self._clock = clock
        self._slave = ModbusSlave(link, clock, timeout_s, SLAVE)
        self._coils = coils

    def begin(self) -> None:
        """Synchronise and see that it has as many coils as its row in the catalogue says; nothing is switched."""
        with self.hold():
            self._slave.read_coils(self._coils)

    def prepare(self) -> None:
        """Open every relay of the board, proved."""
        with self.hold():
            self._slave.clear_coils(self._coils)
            self._require(range(1, self._coils + 1), False)

    def named(self, coils: Mapping[str, int]) -> NamedRelays:
        """Some of its relays by name."""
        return NamedRelays(self, coils)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep others from switching; the link is in step from here on."""
        with self._link.hold():
            self._slave.synchronise()
            yield

    def connect(self, coil: int, among: Collection[int]) -> None:
        """Of ``among`` close ``coil`` alone; nothing is switched where that is so already."""
        with self.hold():
            closed = self._slave.read_coils(self._coils) & frozenset(among)
            self._switch(sorted(closed - {coil}), False)
            if coil not in closed:
                self._switch([coil], True)

    def switch(self, coils: Collection[int], is_closed: bool) -> None:
        """Close or open those of these that are not so yet, proved by reading back; the others stay as they are."""
        with self.hold():
            closed = self._slave.read_coils(self._coils)
            self._switch([coil for coil in coils if (coil in closed) is not is_closed], is_closed)

    def _switch(self, coils: Collection[int], is_closed: bool) -> None:
        if not coils:
            return
        for coil in coils:
            self._slave.write_coil(coil, is_closed)
        self._require(coils, is_closed)

    def _require(self, coils: Collection[int], is_closed: bool) -> None:
        closed = self._slave.read_coils(self._coils)
        wrong = [coil for coil in coils if (coil in closed) is not is_closed]
        if wrong:
            problem = f"coil {wrong[0]} did not {'close' if is_closed else 'open'}"
            raise InstrumentError(self._link.name, problem)
        self._clock.wait(CONTACT_S)


class NamedRelays:
    """Some of a board's relays by name; a station.model.roles.Relays."""

    def __init__(self, board: ModbusRelays, coils: Mapping[str, int]) -> None:
        self._board = board
        self._coils = coils

    def close(self, *names: str) -> None:
        """Close these, proved by reading back."""
        self._board.switch(self._of(names), True)

    def open(self, *names: str) -> None:
        """Open these, proved by reading back; none named: all that have a name here."""
        self._board.switch(self._of(names or tuple(self._coils)), False)

    def _of(self, names: Collection[str]) -> list[int]:
        for name in names:
            if name not in self._coils:
                raise PlanError(f"the bench file wires no relay {name!r} (there are: {', '.join(self._coils)})")
        return [self._coils[name] for name in names]

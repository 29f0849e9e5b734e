"""Lends the instruments that several slots share: for one attempt at a step, over a link and with a driver of its own.

A driver may know what it has set; what another slot has set since it cannot know. None outlives its lease.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import msgspec

from station.bench.casting import cast_roles
from station.bench.checking import driver_of
from station.bench.identity import require_identities
from station.bench.sharing import has_own_output, kind_of
from station.config.bench_file import BenchFile, RoleRow
from station.config.settings import Settings
from station.drivers.catalogue import Connection
from station.drivers.instrument import OpenInstrument
from station.drivers.safe_output import ACTIONS
from station.link.lease import Leases
from station.link.link import Link
from station.link.turn import Turn
from station.model.clock import Clock

OPEN_S = 2.0
ANSWER_S = 2.0


def slot_leases(settings: Settings, bench: BenchFile) -> Leases:
    """The leases of what the slots of this station share, as ``bench``'s slot takes them."""
    return Leases(settings.state_dir / "leases" / bench.station_id, bench.slot)


def lent_roles(bench: BenchFile, roles: Collection[RoleRow]) -> tuple[RoleRow, ...]:
    """Those of ``roles`` that need an instrument which other slots use too."""
    return tuple(role for role in roles if not bench.shared.isdisjoint(role.instruments()))


class LendingBench(msgspec.Struct, frozen=True):
    """What every loan of a run needs; ``owned`` are the slot's own instruments, which stay open.

    ``joined`` are the instruments with parts whose parts of this slot have been prepared in this run.
    """

    bench: BenchFile
    clock: Clock
    leases: Leases
    owned: Mapping[str, OpenInstrument]
    joined: set[str]


class BenchLender:
    """A station.runner.loan.Lender."""

    def __init__(self, lending: LendingBench, roles: Collection[RoleRow]) -> None:
        self._lending = lending
        self._lent = {role.name: role for role in lent_roles(lending.bench, roles)}

    @property
    def shared(self) -> frozenset[str]:
        """Those of the bench file."""
        return self._lending.bench.shared

    @contextmanager
    def lend(
        self, roles: Collection[str], waits: Callable[[str, str], None], check: Callable[[], None]
    ) -> Iterator[BenchLoan]:
        """Instruments are taken in the order of their names, so that no two slots wait for each other."""
        rows, names = self._needed(roles)

        def goes_on() -> bool:
            check()
            return True

        loan = BenchLoan(self._lending, rows, names)
        with ExitStack() as leases:
            for name in loan.names:
                lease = self._lending.leases.of(name)
                leases.callback(lease.give_back)
                lease.take(goes_on, _telling(waits, name))
            leases.callback(loan.close)
            yield loan

    def is_free(self, roles: Collection[str]) -> bool:
        """Only for the moment: another slot may be the next to ask."""
        _, names = self._needed(roles)
        return all(self._lending.leases.is_free(name) for name in names)

    def _needed(self, roles: Collection[str]) -> tuple[list[RoleRow], list[str]]:
        """What of ``roles`` is lent, and the shared instruments that it needs."""
        rows = [self._lent[name] for name in roles if name in self._lent]
        used = {name for row in rows for name in row.instruments()}
        return rows, sorted(used & self._lending.bench.shared)


class BenchLoan:
    """A station.runner.loan.Loan of the instruments ``names``, which ``rows`` need."""

    def __init__(self, lending: LendingBench, rows: Sequence[RoleRow], names: Sequence[str]) -> None:
        self.names = names
        self._lending = lending
        self._rows = rows
        self._connections: dict[str, Connection] = {}
        self._turns: list[Turn] = []

    def open(self) -> Mapping[str, object]:
        """Raises LinkError where an instrument does not answer, WrongIdentity where another one does."""
        bench, clock = self._lending.bench, self._lending.clock
        found = {}
        for name in self.names:
            row = bench.instruments[name]
            connection = self._connections[name] = driver_of(bench, row).connect(row, clock, ANSWER_S)
            if isinstance(connection.link, Link):
                connection.link.turn = turn = self._lending.leases.turn(name, clock)
                self._turns.append(turn)
            connection.link.open(OPEN_S)
            identity = connection.instrument.instrument.begin()
            if identity is not None:
                found[name] = identity
        require_identities(bench, found)
        for name in self.names:
            self._prepare(name, self._connections[name].instrument)
        self.settle()
        opened = {name: connection.instrument for name, connection in self._connections.items()}
        return cast_roles(bench, self._rows, {**self._lending.owned, **opened})

    def settle(self) -> None:
        """Whatever has no outputs of this slot's own is off whenever a loan begins and when it ends.

        So nobody has to ask whose it was when a run is killed: the next one to use it, or its make-safe. A role that
        only reads, an output of a supply for one, switches nothing.
        """
        for row in self._rows:
            connection = self._connections.get(row.made_safe_at())
            safe = connection.instrument.safe if connection is not None else None
            is_switching = kind_of(self._lending.bench, row) in ACTIONS
            if safe is not None and is_switching and not has_own_output(self._lending.bench, row):
                safe(row).command()

    def close(self) -> None:
        """Close every link."""
        for connection in self._connections.values():
            connection.link.close()
        for turn in self._turns:
            turn.close()

    def _prepare(self, name: str, opened: OpenInstrument) -> None:
        """What has parts is prepared once in a run, and the parts of this slot alone."""
        if opened.join is None:
            opened.instrument.prepare()
        elif name not in self._lending.joined:
            parts = (row for row in self._lending.bench.roles.values() if name == (row.relays or row.instrument))
            opened.join({number for row in parts for number in row.numbers().values()})
            self._lending.joined.add(name)


def _telling(waits: Callable[[str, str], None], name: str) -> Callable[[str], None]:
    return lambda holder: waits(name, holder)

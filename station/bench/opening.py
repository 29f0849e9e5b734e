"""Opens the instruments of a bench, all at once, and gives its roles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

import msgspec

from station.bench.casting import cast_roles, instruments_of, resources_of
from station.bench.checking import check_bench, driver_of
from station.bench.identity import require_identities
from station.bench.lending import BenchLender, LendingBench, lent_roles
from station.config.bench_file import BenchFile, Identity
from station.drivers.catalogue import Connection
from station.link.lease import Leases
from station.link.wires import AnyLink
from station.model.clock import Clock
from station.model.errors import StationError
from station.runner.loan import NOTHING_SHARED, Lender

OPEN_S = 2.0
ANSWER_S = 2.0


class OpenBench(msgspec.Struct, frozen=True):
    """Roles by name, ready to be injected, with the links behind each; ``cal_due`` is by instrument."""

    roles: Mapping[str, object]
    instrument_of: Mapping[str, str]
    cal_due: Mapping[str, date | None]
    links: tuple[AnyLink, ...]
    resources: Mapping[str, frozenset[str]]
    lender: Lender = NOTHING_SHARED

    def close(self) -> None:
        """Close every link; outputs stay as they are: that is make-safe's work."""
        for link in self.links:
            link.close()


def open_bench(
    bench: BenchFile,
    clock: Clock,
    roles: Collection[str] | None = None,
    leases: Leases | None = None,
    is_checked: bool = False,
) -> OpenBench:
    """Open the instruments that ``roles`` need (None: all) and prepare them; nothing is switched on.

    What other slots use too is left to the ``lender``, which needs ``leases``. ``is_checked`` where ``check_bench`` has
    found nothing wrong with this very bench.

    Raises ConfigError before any hardware is touched, LinkError where an instrument does not answer, WrongIdentity
    where another one does. Then everything is closed again.
    """
    if not is_checked:
        check_bench(bench)
    wanted = [bench.roles[name] for name in bench.roles if roles is None or name in roles]
    needed = {name for role in wanted for name in instruments_of(role)}
    names = [name for name in bench.instruments if name in needed and name not in bench.shared]
    opening = _Opening(bench, clock)
    try:
        opening.open_all(names)
    except StationError:
        for connection in opening.connections.values():
            connection.link.close()
        raise
    opened = {name: opening.connections[name].instrument for name in names}
    lent = lent_roles(bench, wanted)
    lender: Lender = NOTHING_SHARED
    if lent:
        if leases is None:
            raise AssertionError("what several slots share is opened with leases only")
        lender = BenchLender(LendingBench(bench, clock, leases, opened, set()), lent)
    return OpenBench(
        roles=cast_roles(bench, [role for role in wanted if role not in lent], opened),
        instrument_of={role.name: role.instrument for role in wanted},
        cal_due={name: bench.instruments[name].calibration_due for name in bench.instruments if name in needed},
        links=tuple(opening.connections[name].link for name in names),
        resources={role.name: resources_of(bench, role) for role in wanted},
        lender=lender,
    )


class _Opening:
    """All instruments at once: what one waits for, and what another's libraries cost, goes on beside each other.

    Nothing is prepared before everybody who can say who it is has said so, and is the right one. Those who cannot say
    so keep nobody waiting: a camera's beat takes half a second to learn.
    """

    def __init__(self, bench: BenchFile, clock: Clock) -> None:
        self._bench = bench
        self._clock = clock
        self.connections: dict[str, Connection] = {}

    def open_all(self, names: Sequence[str]) -> None:
        """Raises the first error, of those who can say who they are before the others; no thread goes on then."""
        if not names:
            return
        with ThreadPoolExecutor(max_workers=max(2 * len(names), 1)) as threads:
            begun = {name: threads.submit(self._begin, name) for name in names}
            told = [name for name in names if driver_of(self._bench, self._bench.instruments[name]).is_identified]
            found = {name: begun[name].result() for name in told}
            require_identities(self._bench, {name: who for name, who in found.items() if who is not None})
            prepared = [threads.submit(self._prepare, name, begun[name]) for name in names]
            for each in prepared:
                each.result()

    def _begin(self, name: str) -> Identity | None:
        row = self._bench.instruments[name]
        connection = driver_of(self._bench, row).connect(row, self._clock, ANSWER_S)
        self.connections[name] = connection
        connection.link.open(OPEN_S)
        return connection.instrument.instrument.begin()

    def _prepare(self, name: str, begun: Future[Identity | None]) -> None:
        begun.result()
        self.connections[name].instrument.instrument.prepare()

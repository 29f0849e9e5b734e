"""Opens the instruments of a bench, all at once, and gives its roles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

from station.bench.casting import cast_roles, instruments_of, resources_of
from station.bench.checking import check_bench, driver_of
from station.bench.identity import require_identities
from station.config.bench_file import BenchFile, Identity
from station.drivers.instrument import OpenInstrument
from station.link.wires import AnyLink
from station.model.clock import Clock
from station.model.errors import StationError

OPEN_S = 2.0
ANSWER_S = 2.0


@dataclass(frozen=True, slots=True)
class OpenBench:
    """Roles by name, ready to be injected, with the links behind each; ``cal_due`` is by instrument."""

    roles: Mapping[str, object]
    instrument_of: Mapping[str, str]
    cal_due: Mapping[str, date | None]
    links: tuple[AnyLink, ...]
    resources: Mapping[str, frozenset[str]]

    def close(self) -> None:
        """Close every link; outputs stay as they are: that is make-safe's work."""
        for link in self.links:
            link.close()


def open_bench(bench: BenchFile, clock: Clock, roles: Collection[str] | None = None) -> OpenBench:
    """Open the instruments that ``roles`` need (None: all) and prepare them; nothing is switched on.

    Raises ConfigError before any hardware is touched, LinkError where an instrument does not answer, WrongIdentity
    where another one does. Then everything is closed again.
    """
    check_bench(bench)
    wanted = [bench.roles[name] for name in bench.roles if roles is None or name in roles]
    needed = {name for role in wanted for name in instruments_of(role)}
    names = [name for name in bench.instruments if name in needed]
    rows = [bench.instruments[name] for name in names]
    connections = {row.name: driver_of(bench, row).connect(row, clock, ANSWER_S) for row in rows}
    links = {name: connection.link for name, connection in connections.items()}
    opened = {name: connection.instrument for name, connection in connections.items()}
    try:
        identities = _begin_all(links, opened)
        require_identities(bench, identities)
        _prepare_all(opened)
    except StationError:
        for link in links.values():
            link.close()
        raise
    return OpenBench(
        roles=cast_roles(bench, wanted, opened),
        instrument_of={role.name: role.instrument for role in wanted},
        cal_due={name: bench.instruments[name].calibration_due for name in names},
        links=tuple(links.values()),
        resources={role.name: resources_of(bench, role) for role in wanted},
    )


def _begin_all(links: Mapping[str, AnyLink], opened: Mapping[str, OpenInstrument]) -> dict[str, Identity]:
    def begin(name: str) -> Identity | None:
        links[name].open(OPEN_S)
        return opened[name].instrument.begin()

    with ThreadPoolExecutor(max_workers=max(len(links), 1)) as threads:
        found = dict(zip(opened, threads.map(begin, opened), strict=True))
    return {name: identity for name, identity in found.items() if identity is not None}


def _prepare_all(opened: Mapping[str, OpenInstrument]) -> None:
    with ThreadPoolExecutor(max_workers=max(len(opened), 1)) as threads:
        for _ in threads.map(lambda name: opened[name].instrument.prepare(), opened):
            pass

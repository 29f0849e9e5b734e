"""Opens one programmer of a bench."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from station.bench.checking import check_bench
from station.config.bench_file import BenchFile
from station.ic_programmer.programmers.catalogue import PROGRAMMERS
from station.ic_programmer.target import Target
from station.link.opening import open_link
from station.model.clock import Clock
from station.model.errors import OperatorError
from station.model.roles import SpiBus

OPEN_S = 2.0


@contextmanager
def open_programmer(bench: BenchFile, name: str, clock: Clock, target: Target | None = None) -> Iterator[SpiBus]:
    """The bus of programmer ``name``, synchronised; its pins are let go at the end.

    Raises OperatorError for a name the bench file does not have, ConfigError where the pins' level is not what
    ``target`` bears, LinkError or ProgrammerError where the programmer does not answer.
    """
    check_bench(bench)
    row = bench.programmers.get(name)
    if row is None:
        raise OperatorError(
            f"no programmer {name!r} at this bench (there are: {', '.join(bench.programmers) or 'none'})"
        )
    if target is not None and not target.supply_v[0] <= row.level_v <= target.supply_v[1]:
        problem = f"{row.level_v} V, but a {target.name} bears {target.supply_v[0]} to {target.supply_v[1]} V"
        raise bench.toml.error(("programmers", name, "level_v"), problem)
    link = open_link(name, row.address, clock, OPEN_S)
    try:
        with PROGRAMMERS[row.driver].opened(link, clock) as bus:
            yield bus
    finally:
        link.close()

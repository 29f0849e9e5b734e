"""Whether the relays of a bench file can connect what it says to meters with one input, and nothing twice."""

from __future__ import annotations

from station.config.bench_file import BenchFile, RoleRow
from station.drivers.catalogue import DRIVERS

RELAYS = "relays"


def check_relays(bench: BenchFile) -> None:
    """Raise ConfigError with file, line and field for the first role whose relays cannot do what it needs."""
    for role in bench.roles.values():
        if role.relays is not None:
            _check_board(bench, role, role.relays)
    _check_inputs(bench)
    _check_coils(bench)


def _check_board(bench: BenchFile, role: RoleRow, relays: str) -> None:
    path = ("roles", role.name)
    meter, board = (DRIVERS[bench.instruments[name].driver] for name in (role.instrument, relays))
    if not meter.has_one_input:
        raise bench.toml.error((*path, "relays"), f"a {meter.name} is no multimeter with one input")
    if RELAYS not in board.kinds.values():
        raise bench.toml.error((*path, "relays"), f"{relays} is a {board.name}, which is no relay board")
    for key, coil in role.numbers().items():
        if coil not in board.channels:
            problem = f"a {board.name} has coils {board.channels.start} to {board.channels.stop - 1}, not {coil}"
            raise bench.toml.error((*path, *key), problem)


def _check_inputs(bench: BenchFile) -> None:
    """Whatever is connected to one input is connected by one board, which keeps the points apart."""
    connected: dict[str, RoleRow] = {}
    for role in bench.roles.values():
        if not DRIVERS[bench.instruments[role.instrument].driver].has_one_input:
            continue
        other = connected.setdefault(role.instrument, role)
        if other.relays != role.relays:
            way = f"by the relays of {other.relays}" if other.relays else "without relays"
            problem = f"{role.instrument} has one input, which is connected {way} for {other.name}"
            raise bench.toml.error(("roles", role.name, "relays" if role.relays else "instrument"), problem)


def _check_coils(bench: BenchFile) -> None:
    """A coil belongs to one role; roles of the same meter may share what they measure."""
    owner: dict[tuple[str, int], tuple[str, str]] = {}
    for role in bench.roles.values():
        board, user = role.relays or role.instrument, role.instrument if role.relays else role.name
        if RELAYS not in DRIVERS[bench.instruments[board].driver].kinds.values():
            continue
        for key, coil in role.numbers().items():
            first_user, first_role = owner.setdefault((board, coil), (user, role.name))
            if first_user != user:
                problem = f"coil {coil} of {board} is used by {first_role} already"
                raise bench.toml.error(("roles", role.name, *key), problem)

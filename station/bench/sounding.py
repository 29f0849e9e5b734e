"""Whether the roles that hear sound have all they need: how their samples are read, and who makes the sine."""

from __future__ import annotations

from station.config.bench_file import BenchFile, RoleRow
from station.drivers.catalogue import DRIVERS


def check_sounding(bench: BenchFile) -> None:
    """Raise ConfigError for the first role that lacks ``samples`` or ``generator``, or has one it cannot use."""
    for role in bench.roles.values():
        entry = DRIVERS[bench.instruments[role.instrument].driver]
        given = {"samples": role.samples is not None, "generator": role.generator is not None}
        for key, is_given in given.items():
            if is_given is not entry.is_stream:
                problem = (
                    f"a {entry.name} takes no {key}" if is_given else f"this key is missing: a {entry.name} needs it"
                )
                raise bench.toml.error(("roles", role.name, key), problem)
        if role.generator is not None:
            _check_generator(bench, role, role.generator)


def _check_generator(bench: BenchFile, role: RoleRow, name: str) -> None:
    driver = DRIVERS[bench.instruments[name].driver]
    if not driver.has_generator:
        known = ", ".join(entry.name for entry in DRIVERS.values() if entry.has_generator)
        problem = f"a {driver.name} makes no sine for others (these do: {known})"
        raise bench.toml.error(("roles", role.name, "generator"), problem)

"""Whether monitors have instruments of their own: what is lent for a step cannot be watched beside it."""

from __future__ import annotations

from station.config.bench_file import BenchFile
from station.runner.plan import Plan


def check_watched(bench: BenchFile, plan: Plan) -> None:
    """Raise ConfigError for the first role of a monitor whose instrument other slots use too.

    Roles that the bench has not are left to station.runner.plan.check_roles.
    """
    for step in plan.steps:
        for name in step.roles if step.watch is not None else ():
            role = bench.roles.get(name)
            shared = bench.shared.intersection(role.instruments()) if role is not None else ()
            if shared:
                problem = (
                    f"monitor {step.name} needs an instrument of its own slot, and {min(shared)} is shared by slots"
                )
                raise bench.toml.error(("roles", name, "instrument"), problem)

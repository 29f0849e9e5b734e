"""Whether the supplies of a bench can give what a plan wants of them; known before anything is opened."""

from __future__ import annotations

from station.bench.checking import SUPPLY, check_bench
from station.config.bench_file import BenchFile
from station.config.limits_file import LimitsFile, SupplyRow
from station.drivers.supply_models import SUPPLY_MODELS, Rating


def check_demands(bench: BenchFile, limits_file: LimitsFile) -> None:
    """Raise ConfigError for the first role whose channel gives less than the conditions of the plan."""
    kinds = check_bench(bench)
    for role, row in limits_file.supplies.items():
        if kinds.get(role) == SUPPLY:
            _check(bench, limits_file.file, row)


def _check(bench: BenchFile, limits_file: str, wanted: SupplyRow) -> None:
    role = bench.roles[wanted.role]
    driver, channel = bench.instruments[role.instrument].driver, role.channel or 0
    rating = SUPPLY_MODELS[driver].ratings[channel]
    problem = _problem(rating, wanted)
    if problem:
        text = f"channel {channel} of a {driver} gives at most {problem} in {limits_file}"
        raise bench.toml.error(("roles", wanted.role, "channel"), text)


def _problem(rating: Rating, wanted: SupplyRow) -> str:
    volts, amperes = wanted.highest_v, wanted.highest_a
    if volts.value > rating.max_v:
        return f"{rating.max_v:g} V, {volts.name} is {volts.value:g} V"
    if amperes.value > rating.max_a:
        return f"{rating.max_a:g} A, {amperes.name} is {amperes.value:g} A"
    power_w = volts.value * amperes.value
    if rating.max_w is not None and power_w > rating.max_w:
        return f"{rating.max_w:g} W, {volts.name} and {amperes.name} make {power_w:g} W"
    return ""

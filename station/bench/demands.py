"""Whether the instruments of a bench can give what a plan wants of them; known before anything is opened."""

from __future__ import annotations

from station.bench.checking import SUPPLY, check_bench, driver_of
from station.config.bench_file import BenchFile, RoleRow
from station.config.limits_file import LimitsFile, SupplyRow
from station.config.needs import Figure
from station.drivers.supply_models import SUPPLY_MODELS, Rating, SupplyModel
from station.model.needs import first_unit, in_first_unit


def check_demands(bench: BenchFile, limits_file: LimitsFile) -> None:
    """Raise ConfigError for the first role whose instrument gives less than the conditions of the plan.

    Roles that the bench has not are left to station.runner.plan.check_roles.
    """
    kinds = check_bench(bench)
    for role, row in limits_file.supplies.items():
        if kinds.get(role) == SUPPLY:
            _check_supply(bench, limits_file.file, row)
    for role, needs in limits_file.needs.items():
        for key, condition in needs.conditions.items():
            if role in kinds:
                _check_need(bench, limits_file.file, bench.roles[role], key, condition)


def _check_need(bench: BenchFile, limits_file: str, role: RoleRow, key: str, wanted: Figure) -> None:
    driver, path = bench.instruments[role.instrument].driver, ("roles", role.name, "instrument")
    most = _capability(bench, role, key)
    if most is None:
        raise bench.toml.error(path, f"nothing is known of the {key} of a {driver}, which {limits_file} needs")
    if in_first_unit(key, wanted.value, wanted.unit) > most:
        unit = first_unit(key)
        text = f"the {key} of a {driver} is {most:g} {unit} here, {wanted.name} is {wanted.value:g} {wanted.unit}"
        raise bench.toml.error(path, f"{text} in {limits_file}")


def _capability(bench: BenchFile, role: RoleRow, key: str) -> float | None:
    """What the driver's row says, as it is behind what the bench file puts between: a shunt, a lossy cable."""
    driver = bench.instruments[role.instrument].driver
    if driver in SUPPLY_MODELS:
        return _of_outputs(SUPPLY_MODELS[driver], role, key)
    known = driver_of(bench, bench.instruments[role.instrument]).capabilities
    if role.shunt is not None and key == "highest_current" and "highest_voltage" in known:
        return min(known["highest_voltage"] / role.shunt.resistance_ohm, role.shunt.highest_a)
    most = known.get(key)
    if most is not None and key == "highest_level":
        return most - (role.path_loss_db or 0.0)
    return most


def _of_outputs(model: SupplyModel, role: RoleRow, key: str) -> float | None:
    """What every output that the role reads can give, which is all that its meter has to show."""
    ratings = [model.ratings[channel] for channel in role.numbers().values()]
    highest = {"highest_voltage": [each.max_v for each in ratings], "highest_current": [each.max_a for each in ratings]}
    return min(highest.get(key, []), default=None)


def _check_supply(bench: BenchFile, limits_file: str, wanted: SupplyRow) -> None:
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

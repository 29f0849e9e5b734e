"""``make pages`` writes docs/drivers.md: what every driver plays, how far it is proven, and its sources."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from station.drivers.catalogue import DRIVERS, AnyDriver
from station.drivers.generator_models import GENERATOR_MODELS
from station.drivers.load_models import LOAD_MODELS
from station.drivers.meter_models import METER_MODELS
from station.drivers.supply_models import SUPPLY_MODELS
from station.ic_programmer.programmers.catalogue import PROGRAMMERS

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "station/drivers"
HEAD = """# Drivers · 驱动

Made from the code (`make pages`). *Evidence* says how far a driver has been proven: `datasheet` written by the manual,
`simulated` run against the bench in a box, `recorded` against a recording of the instrument, `proven` on the instrument
itself. How a bench file names them: [test engineer](test-engineer.md).

"""
SPELT: Mapping[str, str] = {
    "": "the whole instrument",
    "channel": "`channel`",
    "points": "`points`",
    "shunt": "`shunt`",
    "current_of": "`current_of`",
}


def module_of(driver: str) -> Path:
    """The file that speaks to it; a model is a row of its family."""
    families = {
        **{name: model.family for name, model in METER_MODELS.items()},
        **{name: model.opened.__name__.removeprefix("_") for name, model in SUPPLY_MODELS.items()},
        **{name: LOAD_FAMILIES[name] for name in LOAD_MODELS},
        **dict.fromkeys(GENERATOR_MODELS, "smb100a"),
    }
    name = families.get(driver, re.sub(r"_\d+$", "", driver))
    return FOLDER / f"{name}.py"


LOAD_FAMILIES = {"dl3021": "dl3000", "dl3031": "dl3000", "it8511a": "it8500", "it8512a": "it8500"}


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join([*_overview(), "", *_sources(), "", *_programmers()]) + "\n"


def _overview() -> Iterator[str]:
    yield "| driver | plays | given by | gives at most | evidence |"
    yield "|---|---|---|---|---|"
    for name, entry in DRIVERS.items():
        kinds = ", ".join(entry.kinds.values())
        given = ", ".join(SPELT[key] for key in entry.kinds)
        yield f"| `{name}` | {kinds} | {given} | {_at_most(name, entry)} | {entry.evidence} |"


def _at_most(name: str, entry: AnyDriver) -> str:
    if name in SUPPLY_MODELS:
        ratings = SUPPLY_MODELS[name].ratings
        return "; ".join(f"{channel}: {each.max_v:g} V, {each.max_a:g} A" for channel, each in ratings.items())
    units = {"voltage": "V", "current": "A", "frequency": "Hz", "level": "dBµV EMF"}
    return "; ".join(f"{value:g} {units[key.rpartition('_')[2]]}" for key, value in entry.capabilities.items())


def _sources() -> Iterator[str]:
    yield "## Where each comes from"
    for file in dict.fromkeys(module_of(name) for name in DRIVERS):
        names = ", ".join(f"`{name}`" for name in DRIVERS if module_of(name) == file)
        said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        yield f"\n**{names}** · `station/drivers/{file.name}`\n"
        yield " ".join(said.split())


def _programmers() -> Iterator[str]:
    yield "## Programmers\n"
    yield "| programmer | evidence |"
    yield "|---|---|"
    for name, programmer in PROGRAMMERS.items():
        yield f"| `{name}` | {programmer.evidence} |"


if __name__ == "__main__":
    sys.stdout.write(page())

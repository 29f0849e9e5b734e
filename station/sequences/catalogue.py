"""Which products this station can test, and where their sequences are."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import msgspec

from station.config.limits_file import read_limits
from station.model.errors import OperatorError, PlanError
from station.runner.plan import Plan, make_plan
from station.runner.step import Step

SHIPPED = {
    "FJ-R1": "station.sequences.fj_r1",
    "FJ-R5": "station.sequences.fj_r5",
    "FJ-N7": "station.sequences.fj_n7",
}
"""Product and module; the limits file stands beside the module under the same name."""

_STEM = re.compile(r"[a-z][a-z0-9_]*")


class Product(msgspec.Struct, frozen=True):
    """A product with the files of its plan."""

    name: str
    code: Path
    limits: Path
    module: str


def products(sequences_path: Sequence[Path] = ()) -> tuple[Product, ...]:
    """The shipped products, then those in the folders a bench adds; raises PlanError where two have one name.

    In a folder every ``<stem>.toml`` beside a ``<stem>.py`` is a product.
    """
    found = [_shipped(name, module) for name, module in SHIPPED.items()]
    for folder in sequences_path:
        for limits in sorted(folder.glob("*.toml")):
            code = limits.with_suffix(".py")
            if code.is_file() and _STEM.fullmatch(code.stem):
                found.append(Product(read_limits(limits).product, code, limits, ""))
    names = [product.name for product in found]
    for product in found:
        if names.count(product.name) > 1:
            raise PlanError(f"{product.limits}: another plan for {product.name} is in the catalogue")
    return tuple(found)


def load_plan(product: str, sequences_path: Sequence[Path] = ()) -> Plan:
    """The checked plan for ``product``; raises OperatorError for one that is not in the catalogue."""
    known = products(sequences_path)
    for entry in known:
        if entry.name == product:
            return make_plan(_steps(_module(entry)), read_limits(entry.limits), entry.code)
    raise OperatorError(f"there is no plan for {product!r}; there are: {', '.join(entry.name for entry in known)}")


def _shipped(name: str, module: str) -> Product:
    code = Path(__file__).parent / f"{module.rpartition('.')[2]}.py"
    return Product(name, code, code.with_suffix(".toml"), module)


def _module(product: Product) -> ModuleType:
    if product.module:
        return importlib.import_module(product.module)
    specification = importlib.util.spec_from_file_location(f"fanji_sequence_{product.code.stem}", product.code)
    if specification is None or specification.loader is None:
        raise PlanError(f"{product.code}: cannot be imported")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError) as error:
        raise PlanError(f"{product.code}: {type(error).__name__}: {error}") from error
    return module


def _steps(module: ModuleType) -> tuple[Step, ...]:
    steps = vars(module).get("STEPS")
    if not isinstance(steps, tuple) or not all(isinstance(step, Step) for step in steps):
        raise PlanError(f"{module.__file__}: STEPS must be a tuple of steps")
    return steps

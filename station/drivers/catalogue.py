"""All drivers: which roles each can play, and how far it has been proven."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from station.config.bench_file import InstrumentRow
from station.drivers.generator_models import GENERATOR_MODELS, GeneratorModel
from station.drivers.instrument import OpenInstrument, SupplyInstrument
from station.drivers.load_models import LOAD_MODELS, LoadModel
from station.drivers.supply_models import SUPPLY_MODELS, SupplyModel
from station.link.can import CanLink
from station.link.link import Link
from station.link.wires import BYTES, CAN, AnyLink
from station.model.clock import Clock


@dataclass(frozen=True, slots=True)
class Connection:
    """A closed link and the instrument behind it."""

    link: AnyLink
    instrument: OpenInstrument


@dataclass(frozen=True, slots=True)
class DriverRow:
    """What is said of a driver, whatever wire it has; ``evidence`` is one of station.model.evidence.EVIDENCE.

    ``kinds`` maps the key of a role's table (``RoleRow.given_key``) to the kind of role it makes.
    The factories import the driver when they are called, so that a bench loads only what it has.
    """

    name: str
    evidence: str
    kinds: Mapping[str, str]
    channels: range
    is_identified: bool


@dataclass(frozen=True, slots=True)
class DriverEntry(DriverRow):
    """A driver that exchanges bytes."""

    wire: ClassVar = BYTES
    opened: Callable[[Link, Clock, float], OpenInstrument]
    supply: Callable[[Link, Clock, float], SupplyInstrument] | None = None

    def connect(self, row: InstrumentRow, clock: Clock, timeout_s: float) -> Connection:
        """Nothing is opened; answers may take ``timeout_s``."""
        link = self.wire.link_to(row.name, row.address, clock, row.record)
        return Connection(link, self.opened(link, clock, timeout_s))


@dataclass(frozen=True, slots=True)
class CanDriverEntry(DriverRow):
    """A driver that exchanges CAN frames."""

    wire: ClassVar = CAN
    opened: Callable[[CanLink, Clock, float], OpenInstrument]

    def connect(self, row: InstrumentRow, clock: Clock, timeout_s: float) -> Connection:
        """Nothing is opened; answers may take ``timeout_s``."""
        link = self.wire.link_to(row.name, row.address, clock, row.record)
        return Connection(link, self.opened(link, clock, timeout_s))


AnyDriver = DriverEntry | CanDriverEntry


def _supply(model: SupplyModel) -> DriverEntry:
    def opened(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
        supply = model.opened(link, clock, timeout_s)
        return OpenInstrument(supply, lambda row: supply.output(row.channel or 0))

    channels = range(min(model.ratings), max(model.ratings) + 1)
    return DriverEntry(model.name, model.evidence, {"channel": "supply"}, channels, True, opened, model.opened)


def _load(model: LoadModel) -> DriverEntry:
    def opened(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
        load = model.opened(link, clock, timeout_s)
        return OpenInstrument(load, lambda row: load)

    return DriverEntry(model.name, model.evidence, {"": "load"}, range(0), True, opened)


def _generator(model: GeneratorModel) -> DriverEntry:
    def opened(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
        generator = model.opened(link, clock, timeout_s)
        return OpenInstrument(generator, lambda row: generator.antenna(row.path_loss_db or 0.0))

    return DriverEntry(model.name, model.evidence, {"": "rf_source"}, range(0), True, opened)


def _in_module(name: str) -> Callable[[AnyLink, Clock, float], OpenInstrument]:
    """The function ``open_instrument`` of the driver's module."""

    def opened(link: AnyLink, clock: Clock, timeout_s: float) -> OpenInstrument:
        module = importlib.import_module(f"station.drivers.{name}")
        made = module.open_instrument(link, clock, timeout_s)
        if not isinstance(made, OpenInstrument):
            raise TypeError(f"station.drivers.{name}.open_instrument gives a {type(made).__name__}")
        return made

    return opened


def _entry(name: str, kinds: Mapping[str, str], channels: range = range(0), is_identified: bool = True) -> DriverEntry:
    return DriverEntry(name, "simulated", kinds, channels, is_identified, _in_module(name))


def _can_entry(name: str, kind: str) -> CanDriverEntry:
    return CanDriverEntry(name, "simulated", {"": kind}, range(0), False, _in_module(name))


_CAN_DRIVERS = (_can_entry("can_network", "vehicle_bus"), _can_entry("uds", "diagnostics"))

DRIVERS: Mapping[str, AnyDriver] = {
    entry.name: entry
    for entry in (
        *(_supply(model) for model in SUPPLY_MODELS.values()),
        *(_load(model) for model in LOAD_MODELS.values()),
        _entry("dmm6500", {"points": "multimeter", "shunt": "ammeter"}, range(1, 11)),
        _entry("fj_service_port", {"": "head_unit"}, is_identified=False),
        *(_generator(model) for model in GENERATOR_MODELS.values()),
        _entry("nmea0183", {"": "gnss"}, is_identified=False),
    )
} | {entry.name: entry for entry in _CAN_DRIVERS}

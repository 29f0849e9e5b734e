"""All drivers: which roles each can play, and how far it has been proven."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from station.config.bench_file import RoleRow
from station.drivers.instrument import OpenInstrument, SupplyInstrument
from station.drivers.supply_models import SUPPLY_MODELS, SupplyModel
from station.link.link import Link
from station.model.clock import Clock


@dataclass(frozen=True, slots=True)
class DriverEntry:
    """A driver; ``evidence`` is one of station.model.evidence.EVIDENCE.

    ``kinds`` maps the key of a role's table (``RoleRow.given_key``) to the kind of role it makes.
    The factories import the driver when they are called, so that a bench loads only what it has.
    """

    name: str
    evidence: str
    kinds: Mapping[str, str]
    channels: range
    is_identified: bool
    opened: Callable[[Link, Clock, float], OpenInstrument]
    supply: Callable[[Link, Clock, float], SupplyInstrument] | None = None


def _supply(model: SupplyModel) -> DriverEntry:
    def opened(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
        supply = model.opened(link, clock, timeout_s)
        return OpenInstrument(supply, lambda row: supply.output(row.channel or 0))

    channels = range(min(model.ratings), max(model.ratings) + 1)
    return DriverEntry(model.name, model.evidence, {"channel": "supply"}, channels, True, opened, model.opened)


def _dmm6500(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    from station.drivers.dmm6500 import Dmm6500

    meter = Dmm6500(link, clock, timeout_s)

    def play(row: RoleRow) -> object:
        return meter.ammeter(row.shunt) if row.shunt is not None else meter.points(row.points or {})

    return OpenInstrument(meter, play)


def _fj_r1_service_port(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    from station.drivers.fj_r1_service_port import FjR1ServicePort

    port = FjR1ServicePort(link, clock)
    return OpenInstrument(port, lambda row: port)


DRIVERS: Mapping[str, DriverEntry] = {
    entry.name: entry
    for entry in (
        *(_supply(model) for model in SUPPLY_MODELS.values()),
        DriverEntry("dmm6500", "simulated", {"points": "multimeter", "shunt": "ammeter"}, range(1, 11), True, _dmm6500),
        DriverEntry("fj_r1_service_port", "simulated", {"": "head_unit"}, range(0), False, _fj_r1_service_port),
    )
}

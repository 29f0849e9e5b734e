"""All drivers: which roles each can play, and how far it has been proven."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from station.config.bench_file import InstrumentRow
from station.config.samples import MOST_CHANNELS
from station.drivers.generator_models import GENERATOR_MODELS, GeneratorModel
from station.drivers.instrument import OpenInstrument
from station.drivers.load_models import LOAD_MODELS, LoadModel
from station.drivers.meter_models import METER_MODELS, MeterModel
from station.drivers.output_meters import play_output
from station.drivers.rf_level import emf_of_dbm
from station.drivers.safe_output import Carrier, LoadInput, RelayOutput, SupplyOutput
from station.drivers.supply_models import SUPPLY_MODELS, SupplyModel
from station.link.can import CanLink
from station.link.link import Link
from station.link.wires import BYTES, CAN, AnyLink
from station.model.clock import Clock


class Connection(msgspec.Struct, frozen=True):
    """A closed link and the instrument behind it."""

    link: AnyLink
    instrument: OpenInstrument


class _Named(msgspec.Struct, frozen=True):
    name: str
    evidence: str
    kinds: Mapping[str, str]
    channels: range
    is_identified: bool


class DriverRow(_Named, frozen=True, kw_only=True):
    """What is said of a driver, whatever wire it has; ``evidence`` is one of station.model.evidence.EVIDENCE.

    ``kinds`` maps the key of a role's table (``RoleRow.given_key``) to the kind of role it makes.
    ``has_one_input`` is whether relays may connect the points of a role to it, ``has_generator`` whether it makes a
    sine for others, ``is_stream`` whether it is samples that need to be explained, and a sine of somebody else's.
    ``capabilities`` are what it can do at most, by the keys of station.model.needs.
    The factories import the driver when they are called, so that a bench loads only what it has.
    """

    has_one_input: bool = False
    has_generator: bool = False
    is_stream: bool = False
    capabilities: Mapping[str, float] = msgspec.field(default_factory=dict)


class DriverEntry(DriverRow, frozen=True):
    """A driver that exchanges bytes."""

    wire: ClassVar = BYTES
    opened: Callable[[Link, Clock, float], OpenInstrument]

    def connect(self, row: InstrumentRow, clock: Clock, timeout_s: float) -> Connection:
        """Nothing is opened; answers may take ``timeout_s``."""
        link = self.wire.link_to(row.name, row.address, clock, row.record)
        return Connection(link, self.opened(link, clock, timeout_s))


class CanDriverEntry(DriverRow, frozen=True):
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
        return OpenInstrument(
            supply,
            lambda row: play_output(supply, row, highest_v, highest_a),
            safe=lambda row: SupplyOutput(supply.output(row.channel or 0)),
        )

    channels = range(min(model.ratings), max(model.ratings) + 1)
    highest_v = {channel: rating.max_v for channel, rating in model.ratings.items()}
    highest_a = {channel: rating.max_a for channel, rating in model.ratings.items()}
    kinds = {"channel": "supply", "points": "multimeter", "current_of": "ammeter"}
    return DriverEntry(model.name, model.evidence, kinds, channels, True, opened)


def _load(model: LoadModel) -> DriverEntry:
    def opened(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
        load = model.opened(link, clock, timeout_s)
        return OpenInstrument(load, lambda row: load, safe=lambda row: LoadInput(load))

    can = {"highest_current": max(model.ranges_a)}
    return DriverEntry(model.name, model.evidence, {"": "load"}, range(0), True, opened, capabilities=can)


def _generator(model: GeneratorModel) -> DriverEntry:
    def opened(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
        from station.drivers.smb100a import RsGenerator

        generator = RsGenerator(link, clock, timeout_s, model)
        return OpenInstrument(
            generator,
            lambda row: generator.antenna(row.path_loss_db or 0.0),
            safe=lambda row: Carrier(generator.antenna(row.path_loss_db or 0.0)),
        )

    can = {
        "highest_frequency": model.delivers.highest_hz,
        "highest_level": emf_of_dbm(model.delivers.highest_dbm),
    }
    return DriverEntry(model.name, model.evidence, {"": "rf_source"}, range(0), True, opened, capabilities=can)


def _meter(model: MeterModel) -> DriverEntry:
    """One input, which is channel 1 where no relays lead to it."""
    can = {"highest_voltage": model.highest_v}
    kinds = {"points": "multimeter", "shunt": "ammeter"}
    one = range(1, 2)
    return DriverEntry(model.name, model.evidence, kinds, one, True, model.opened, has_one_input=True, capabilities=can)


def _modbus_relays(coils: int) -> DriverEntry:
    """A board is a row by the number of its coils."""

    def opened(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
        from station.drivers.modbus_relays import ModbusRelays

        board = ModbusRelays(link, clock, timeout_s, coils)
        return OpenInstrument(
            board,
            lambda row: board.named(row.points or {}),
            switch=board,
            safe=lambda row: RelayOutput(board.named(row.points or {})),
            join=lambda coils: board.switch(sorted(coils), False),
        )

    name, channels = f"modbus_relays_{coils}", range(1, coils + 1)
    return DriverEntry(name, "simulated", {"points": "relays"}, channels, False, opened)


def _in_module(name: str) -> Callable[[AnyLink, Clock, float], OpenInstrument]:
    """The function ``open_instrument`` of the driver's module."""

    def opened(link: AnyLink, clock: Clock, timeout_s: float) -> OpenInstrument:
        module = importlib.import_module(f"station.drivers.{name}")
        made = module.open_instrument(link, clock, timeout_s)
        if not isinstance(made, OpenInstrument):
            raise TypeError(f"station.drivers.{name}.open_instrument gives a {type(made).__name__}")
        return made

    return opened


def _entry(
    name: str,
    kinds: Mapping[str, str],
    channels: range = range(0),
    is_identified: bool = True,
    capabilities: Mapping[str, float] | None = None,
) -> DriverEntry:
    opened, can = _in_module(name), capabilities or {}
    return DriverEntry(name, "simulated", kinds, channels, is_identified, opened, capabilities=can)


def _can_entry(name: str, kind: str) -> CanDriverEntry:
    return CanDriverEntry(name, "simulated", {"": kind}, range(0), False, _in_module(name))


_CAN_DRIVERS = (_can_entry("can_network", "vehicle_bus"), _can_entry("uds", "diagnostics"))

AUDIBLE: Mapping[str, float] = {"highest_frequency": 20e3}
"""What is counted of a sound: IEC 60268-3, 20 Hz to 20 kHz, as station.analysis does."""

DRIVERS: Mapping[str, AnyDriver] = {
    entry.name: entry
    for entry in (
        *(_supply(model) for model in SUPPLY_MODELS.values()),
        *(_load(model) for model in LOAD_MODELS.values()),
        *(_meter(model) for model in METER_MODELS.values()),
        *(_modbus_relays(coils) for coils in (16, 32, 48)),
        _entry(
            "dmm6500",
            {"points": "multimeter", "shunt": "ammeter"},
            range(1, 11),
            capabilities={"highest_voltage": 110.0},  # the scanner card's, Model 2000-SCAN; its own is 1000 V
        ),
        replace(_entry("u8903b", {"points": "audio_analyser"}, range(1, 9), capabilities=AUDIBLE), has_generator=True),
        replace(
            _entry("pcm_stream", {"points": "audio_analyser"}, range(1, MOST_CHANNELS + 1), False, AUDIBLE),
            is_stream=True,
        ),
        replace(_entry("k33511b", {"": "sine_generator"}), has_generator=True),
        _entry("fj_service_port", {"": "head_unit"}, is_identified=False),
        _entry("ppm_camera", {"": "camera"}, is_identified=False),
        _entry("file_camera", {"": "camera"}, is_identified=False),
        _entry("line_scanner", {"": "scanner"}, is_identified=False),
        _entry("zpl_printer", {"": "label_printer"}, is_identified=False),
        _entry("tspl_printer", {"": "label_printer"}, is_identified=False),
        _entry("mt_sics", {"": "scale"}),
        *(_generator(model) for model in GENERATOR_MODELS.values()),
        _entry("nmea0183", {"": "gnss"}, is_identified=False),
    )
} | {entry.name: entry for entry in _CAN_DRIVERS}

"""The bench file: which instruments and programmers stand at a bench, and which of them plays which role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec.structs import replace

from station.config.address import Address, UsbAddress, parse_address
from station.config.bench_checks import check_addresses, check_names, check_safe_order, check_sockets, check_text
from station.config.estop_row import EstopRow, EstopTable, estop_row
from station.config.gate_rules import GateRules, GatesTable, GoldenTable, RetestTable, gate_rules
from station.config.label_table import LabelRow, LabelTable, ic_label_row, label_row
from station.config.photo_table import PhotoTable, photo_role
from station.config.role_row import RoleRow, RoleTable, Shunt, check_role, role_row
from station.config.settings import is_usb_backend_allowed
from station.config.slot_tables import SlotRoles, SlotTable, shared_of, slots_of
from station.config.toml_file import TomlFile, read_toml
from station.model.errors import OperatorError

__all__ = ["BenchFile", "Identity", "InstrumentRow", "ProgrammerRow", "RoleRow", "Shunt", "read_bench_file"]

_STATION_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")  # the wire contract's pattern


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who an instrument must say it is in its answer to ``*IDN?``."""

    maker: str
    model: str
    serial: str

    def __str__(self) -> str:
        return f"{self.maker},{self.model},{self.serial}"


class InstrumentRow(msgspec.Struct, frozen=True):
    """One instrument; ``identity`` is None for one that cannot say who it is, ``record`` is where bytes are noted."""

    name: str
    driver: str
    address: Address
    identity: Identity | None
    calibration_due: date | None
    record: Path | None = None


class ProgrammerRow(msgspec.Struct, frozen=True):
    """One programmer with the level of its pins and the names of its sockets or clips.

    ``most_insertions`` is how many chips one of its sockets lasts until it has to be serviced; None for no bound.
    """

    name: str
    driver: str
    address: Address
    sockets: tuple[str, ...]
    level_v: float
    most_insertions: int | None = None


class BenchFile(msgspec.Struct, frozen=True):
    """A bench file that is right in itself.

    ``safe_order`` names the roles to switch off, first to last; ``sequences_path`` the folders with further products;
    ``photo_role`` is the camera that takes a run's photos, empty where the bench has none.
    Of a bench with several slots this is what they have in common: ``slot`` is empty, ``roles`` are everybody's, and
    ``for_slot`` gives the bench of one of them.
    """

    toml: TomlFile
    name: str
    station_id: str
    slot: str
    sequences_path: tuple[Path, ...]
    instruments: Mapping[str, InstrumentRow]
    roles: Mapping[str, RoleRow]
    safe_order: tuple[str, ...]
    programmers: Mapping[str, ProgrammerRow]
    label: LabelRow | None = None
    estop: EstopRow | None = None
    gates: GateRules = GateRules()
    photo_role: str = ""
    of_slots: tuple[SlotRoles, ...] = ()
    ic_label: LabelRow | None = None

    @property
    def file(self) -> str:
        """The path it was read from."""
        return self.toml.file

    @property
    def sha256(self) -> str:
        """Over the file's bytes; every record carries it."""
        return self.toml.sha256

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of all slots."""
        return tuple(each.name for each in self.of_slots)

    @property
    def shared(self) -> frozenset[str]:
        """The instruments that more than one slot uses: they are leased."""
        return shared_of(self.of_slots)

    def for_slot(self, name: str = "") -> BenchFile:
        """The bench as the slot ``name`` has it, empty for the only one; raises OperatorError where there is none."""
        if not name and len(self.slots) > 1:
            raise OperatorError(f"say which slot of this bench with --slot: {', '.join(self.slots)}")
        each = next((each for each in self.of_slots if name in ("", each.name)), None)
        if each is None:
            raise OperatorError(f"no slot {name!r} at this bench (there are: {', '.join(self.slots)})")
        order = tuple(role for role in self.safe_order if role in each.roles)
        label, ic_label = (row if row and row.role in each.roles else None for row in (self.label, self.ic_label))
        photo = self.photo_role if self.photo_role in each.roles else ""
        toml = each.written_in(self.toml)
        made = replace(self, toml=toml, slot=each.name, roles=each.roles, safe_order=order, photo_role=photo)
        return replace(made, label=label, ic_label=ic_label)


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    station_id: str
    slot: str = ""
    sequences_path: tuple[str, ...] = ()
    usb_backend: str = ""


class _Instrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    driver: str
    address: str
    identity: Identity | None = None
    calibration_due: date | None = None
    record: str | None = None


class _MakeSafe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order: tuple[str, ...] = ()


class _Programmer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    driver: str
    address: str
    sockets: tuple[str, ...]
    level_v: float
    most_insertions: Annotated[int, msgspec.Meta(ge=1)] | None = None


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bench: _Head
    instruments: dict[str, _Instrument] = {}
    roles: dict[str, RoleTable] = {}
    slots: dict[str, SlotTable] = {}
    make_safe: _MakeSafe = _MakeSafe()
    programmers: dict[str, _Programmer] = {}
    label: LabelTable | None = None
    ic_label: LabelTable | None = None
    photo: PhotoTable | None = None
    gates: GatesTable = GatesTable()
    golden: dict[str, GoldenTable] = {}
    retest: RetestTable | None = None
    estop: EstopTable | None = None


def read_bench_file(path: Path, is_at_bench: bool = True) -> BenchFile:
    """Read and check ``path``; raises ConfigError for the first mistake. Drivers are checked where they are known.

    Of a copy that is not ``is_at_bench`` the folders and programs of the bench's own PC are left out.
    """
    toml = read_toml(path)
    document = toml.convert(_Document)
    if not is_at_bench:
        document = _elsewhere(document)
    _check_head(toml, document)
    tables = {
        "instruments": tuple(document.instruments),
        "roles": tuple(document.roles),
        "programmers": tuple(document.programmers),
    }
    check_names(toml, {(table,): names for table, names in tables.items()})
    instruments = {
        name: InstrumentRow(
            name,
            row.driver,
            _address(toml, ("instruments", name), row.address, document.bench.usb_backend),
            row.identity,
            row.calibration_due,
            _record(toml, name, row.record),
        )
        for name, row in document.instruments.items()
    }
    programmers = {
        name: ProgrammerRow(
            name,
            row.driver,
            _address(toml, ("programmers", name), row.address, document.bench.usb_backend),
            row.sockets,
            row.level_v,
            row.most_insertions,
        )
        for name, row in document.programmers.items()
    }
    rows = [("instruments", row.name, row.address) for row in instruments.values()]
    check_addresses(toml, [*rows, *(("programmers", row.name, row.address) for row in programmers.values())])
    for name, role in document.roles.items():
        check_role(toml, name, role, tuple(document.instruments))
    slots = slots_of(toml, document.bench.slot, document.slots, document.roles, tuple(document.instruments))
    names = dict.fromkeys(name for slot in slots for name in slot.roles)
    check_safe_order(toml, document.make_safe.order, tuple(names))
    for programmer in programmers.values():
        check_sockets(toml, programmer.name, programmer.sockets, programmer.level_v)
    roles = {name: role_row(name, row) for name, row in document.roles.items()}
    head = document.bench
    order = document.make_safe.order
    folders = _sequence_folders(toml, head.sequences_path)
    label = label_row(toml, document.label, tuple(names))
    gates = gate_rules(toml, document.golden, document.gates, document.retest)
    users = {name: row.address for name, row in instruments.items()}
    users |= {name: row.address for name, row in programmers.items()}
    estop = estop_row(toml, document.estop, users, len(slots))
    return BenchFile(
        toml,
        head.name,
        head.station_id,
        head.slot,
        folders,
        instruments,
        roles,
        order,
        programmers,
        label,
        estop,
        gates,
        photo_role(toml, document.photo, tuple(names)),
        slots,
        ic_label_row(toml, document.ic_label, tuple(names)),
    )


def _elsewhere(document: _Document) -> _Document:
    """Without what another PC does not have."""
    head = msgspec.structs.replace(document.bench, sequences_path=(), usb_backend="")
    instruments = {name: msgspec.structs.replace(row, record=None) for name, row in document.instruments.items()}
    return msgspec.structs.replace(document, bench=head, instruments=instruments)


def _sequence_folders(toml: TomlFile, folders: tuple[str, ...]) -> tuple[Path, ...]:
    found = tuple(Path(toml.file).parent / folder for folder in folders)
    for folder in found:
        if not folder.is_dir():
            raise toml.error(("bench", "sequences_path"), f"there is no folder {folder}")
    return found


def _address(toml: TomlFile, path: tuple[str, ...], text: str, usb_backend: str) -> Address:
    try:
        address = parse_address(text)
    except ValueError as error:
        raise toml.error((*path, "address"), str(error)) from None
    return replace(address, backend=usb_backend) if isinstance(address, UsbAddress) else address


def _record(toml: TomlFile, name: str, text: str | None) -> Path | None:
    """A path is seen from the bench file's folder; the folder it names must exist."""
    if text is None:
        return None
    file = Path(toml.file).parent / text
    if not text or file.is_dir() or not file.parent.is_dir():
        raise toml.error(("instruments", name, "record"), "must name a file in a folder that exists")
    return file


def _check_head(toml: TomlFile, document: _Document) -> None:
    if not _STATION_ID.fullmatch(document.bench.station_id):
        raise toml.error(("bench", "station_id"), "must be lower-case letters, digits and hyphens, at most 63")
    backend = document.bench.usb_backend
    if backend and not is_usb_backend_allowed(backend):
        raise toml.error(("bench", "usb_backend"), f"{backend!r} is not one that FANJI_USB_BACKENDS allows")
    check_text(toml, ("bench", "name"), document.bench.name)

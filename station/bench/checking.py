"""Holds a bench file against the catalogues: known drivers, roles they can play, all of it made safe."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from station.bench.sharing import check_sharing
from station.bench.sounding import check_sounding
from station.bench.wiring import check_relays
from station.config.address import Address, ProgramAddress
from station.config.bench_file import BenchFile, InstrumentRow, ProgrammerRow, RoleRow
from station.drivers.catalogue import DRIVERS, AnyDriver
from station.drivers.safe_output import ACTIONS, RELAYS, RF_SOURCE
from station.drivers.safe_output import SUPPLY as SUPPLY
from station.drivers.supply_models import SUPPLY_MODELS
from station.ic_programmer.programmers.catalogue import PROGRAMMERS
from station.link.can import CanLink
from station.link.link import Link
from station.link.wires import BYTES, Wire

LABEL_PRINTER = "label_printer"
CAMERA = "camera"


def check_bench(bench: BenchFile) -> Mapping[str, str]:
    """The kind of each role (supply, multimeter, ammeter, head_unit); touches no hardware.

    Raises ConfigError with file, line and field where a driver is unknown, cannot play a role, where two roles would
    share one output switch or one coil, or where make-safe would leave on what can be switched off. Of a bench with
    several slots each is checked; the kinds are then those of the common roles that some slot has.
    """
    if not bench.slot:
        kinds = {name: kind for slot in bench.slots for name, kind in check_bench(bench.for_slot(slot)).items()}
        return {name: kinds[name] for name in bench.roles}
    for instrument in bench.instruments.values():
        entry = driver_of(bench, instrument)
        _check_identity(bench, instrument, entry)
        _check_wire(bench, ("instruments", instrument.name), instrument.address, entry)
    for programmer in bench.programmers.values():
        if programmer.driver not in PROGRAMMERS:
            problem = f"no programmer {programmer.driver!r} (there are: {', '.join(PROGRAMMERS)})"
            raise bench.toml.error(("programmers", programmer.name, "driver"), problem)
        is_tool = PROGRAMMERS[programmer.driver].tool is not None
        if is_tool or isinstance(programmer.address, ProgramAddress):
            _check_program(bench, programmer)
        elif not BYTES.carries(programmer.address):
            raise bench.toml.error(("programmers", programmer.name, "address"), _other_wire(programmer.driver, BYTES))
    kinds = {role.name: _kind_of(bench, role) for role in bench.roles.values()}
    for role, kind in kinds.items():
        _check_path_loss(bench, bench.roles[role], kind)
    check_relays(bench)
    check_sounding(bench)
    _check_switches(bench, [role for role, kind in kinds.items() if kind == SUPPLY])
    _check_order(bench, kinds)
    check_sharing(bench)
    _check_label(bench, kinds)
    if bench.photo_role and kinds[bench.photo_role] != CAMERA:
        problem = f"{bench.photo_role!r} is a {kinds[bench.photo_role]}, which takes no photos"
        raise bench.toml.error(("photo", "role"), problem)
    return kinds


def _check_program(bench: BenchFile, programmer: ProgrammerRow) -> None:
    """A driver that is another program is reached by its name, and nothing else is."""
    address, driver = programmer.address, programmer.driver
    is_tool = PROGRAMMERS[driver].tool is not None
    if not is_tool or not isinstance(address, ProgramAddress) or address.program != driver:
        problem = f"{driver!r} is reached by program://{driver}?…" if is_tool else f"{driver!r} is no program"
        raise bench.toml.error(("programmers", programmer.name, "address"), problem)


def driver_of(bench: BenchFile, instrument: InstrumentRow) -> AnyDriver:
    """The catalogue's row for ``instrument``; raises ConfigError where there is none."""
    entry = DRIVERS.get(instrument.driver)
    if entry is None:
        problem = f"no driver {instrument.driver!r} (there are: {', '.join(DRIVERS)})"
        raise bench.toml.error(("instruments", instrument.name, "driver"), problem)
    return entry


def _check_order(bench: BenchFile, kinds: Mapping[str, str]) -> None:
    for index, role in enumerate(bench.safe_order):
        if kinds[role] not in ACTIONS:
            problem = f"{role!r} is no supply, load, RF source, relays or audio analyser: it cannot be made safe"
            raise bench.toml.error(("make_safe", "order", index), problem)
    for role, kind in kinds.items():
        if kind in ACTIONS and role not in bench.safe_order:
            what = "these relays are" if kind == RELAYS else f"this {kind.replace('_', ' ')} is"
            left = "nothing would open them" if kind == RELAYS else "nothing would switch it off"
            raise bench.toml.error(("roles", role), f"{what} not in make_safe.order: {left}")


def _check_label(bench: BenchFile, kinds: Mapping[str, str]) -> None:
    for table, row in (("label", bench.label), ("ic_label", bench.ic_label)):
        if row is not None and kinds[row.role] != LABEL_PRINTER:
            problem = f"{row.role!r} is a {kinds[row.role]}, which prints no labels"
            raise bench.toml.error((table, "role"), problem)


def _check_switches(bench: BenchFile, supplies: Sequence[str]) -> None:
    """Switching one role off must not switch another one off."""
    role_of: dict[str, str] = {}
    for role in supplies:
        instrument = bench.roles[role].instrument
        other = role_of.setdefault(instrument, role)
        driver = bench.instruments[instrument].driver
        if other != role and SUPPLY_MODELS[driver].has_one_switch:
            problem = f"a {driver} switches all its channels together, and {instrument} is {other} already"
            raise bench.toml.error(("roles", role, "instrument"), problem)


def _check_wire(bench: BenchFile, path: tuple[str, ...], address: Address, entry: AnyDriver) -> None:
    if not entry.wire.carries(address):
        raise bench.toml.error((*path, "address"), _other_wire(entry.name, entry.wire))


def _other_wire(driver: str, wire: Wire[Link] | Wire[CanLink]) -> str:
    return f"a {driver} exchanges {wire.name}: write {wire.example}"


def _check_path_loss(bench: BenchFile, role: RoleRow, kind: str) -> None:
    path, loss_db = ("roles", role.name, "path_loss_db"), role.path_loss_db
    if loss_db is not None and kind != RF_SOURCE:
        raise bench.toml.error(path, f"this role is {kind}: only the path from an RF generator loses level")
    if loss_db is not None and not (math.isfinite(loss_db) and loss_db >= 0):
        raise bench.toml.error(path, "must be 0 dB or more")


def _check_identity(bench: BenchFile, instrument: InstrumentRow, entry: AnyDriver) -> None:
    path = ("instruments", instrument.name, "identity")
    if entry.is_identified and instrument.identity is None:
        raise bench.toml.error(path, "this key is missing: maker, model and serial as the instrument tells them")
    if not entry.is_identified and instrument.identity is not None:
        raise bench.toml.error(path, f"a {entry.name} cannot say who it is")


def _kind_of(bench: BenchFile, role: RoleRow) -> str:
    entry = driver_of(bench, bench.instruments[role.instrument])
    key = role.given_key()
    if key not in entry.kinds:
        offered = " or ".join(known or "neither channel, points, shunt nor current_of" for known in entry.kinds)
        raise bench.toml.error(
            ("roles", role.name, *([key] if key else [])), f"a role of a {entry.name} needs {offered}"
        )
    numbers = {} if role.relays is not None else role.numbers()
    for path, channel in numbers.items():
        if channel not in entry.channels:
            problem = f"a {entry.name} has channels {entry.channels.start} to {entry.channels.stop - 1}, not {channel}"
            raise bench.toml.error(("roles", role.name, *path), problem)
    return entry.kinds[key]

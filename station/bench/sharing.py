"""Whether the slots of a bench keep out of each other's way: what is wired to one jig belongs to one slot."""

from __future__ import annotations

from collections.abc import Iterator

from station.config.address import TcpAddress, VisaAddress
from station.config.bench_file import BenchFile, RoleRow
from station.config.can_address import CanAddress
from station.config.slot_tables import SlotRoles
from station.drivers.catalogue import DRIVERS
from station.drivers.safe_output import RELAYS, SUPPLY
from station.drivers.supply_models import SUPPLY_MODELS
from station.model.errors import ConfigError

OF_ONE_UNIT = frozenset({"head_unit", "gnss", "vehicle_bus", "diagnostics", "camera"})
"""Kinds of role whose instrument sees the unit in one jig and no other."""


def check_sharing(bench: BenchFile) -> None:
    """Raise ConfigError for the first thing that two slots claim, and for what they cannot share.

    No supply channel, relay, test point or input belongs to two slots, nor does anything that is wired to one unit.
    """
    owners: dict[tuple[str, ...], tuple[str, str]] = {}
    for slot in bench.of_slots:
        for role in slot.roles.values():
            for path, claimed, what in _claims(bench, role):
                owner, owners_role = owners.setdefault(claimed, (slot.name, role.name))
                if owner != slot.name:
                    raise _error(bench, slot, role, path, f"{what} is {owners_role} of slot {owner} already")
    for slot in bench.of_slots:
        for role in slot.roles.values():
            _check_input(bench, slot, role)
            _check_port(bench, slot, role)


def has_own_output(bench: BenchFile, role: RoleRow) -> bool:
    """Whether what a role switches on is a part of its instrument: a channel of a supply, coils of a board.

    Anything else is switched on and off for all slots at once, and is a slot's only while it is lent to it.
    """
    return kind_of(bench, role) in (SUPPLY, RELAYS)


def is_switched_by_several(bench: BenchFile, instrument: str) -> bool:
    """Whether more than one slot has outputs of its own at ``instrument``."""
    return instrument in bench.shared and any(
        role.instrument == instrument and has_own_output(bench, role)
        for slot in bench.of_slots
        for role in slot.roles.values()
    )


def _claims(bench: BenchFile, role: RoleRow) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
    """What one slot alone may have: the key that names it, a name for it among all slots, and what it is called."""
    carrier = role.relays or role.instrument
    noun = "coil" if role.relays or kind_of(bench, role) == RELAYS else "channel"
    for path, number in role.numbers().items():
        yield path, (carrier, str(number)), f"{noun} {number} of {carrier}"
    driver = bench.instruments[role.instrument].driver
    if driver in SUPPLY_MODELS and SUPPLY_MODELS[driver].has_one_switch:
        yield (
            ("instrument",),
            (role.instrument,),
            f"a {driver} switches all its channels together, and {role.instrument}",
        )
    if kind_of(bench, role) in OF_ONE_UNIT:
        address = bench.instruments[role.instrument].address
        yield ("instrument",), (role.instrument,), f"{role.instrument}, which is wired to one unit,"
        if isinstance(address, CanAddress):
            channel = f"{address.interface}/{address.channel}"
            yield ("instrument",), ("can", channel), f"the CAN channel {channel}"


def kind_of(bench: BenchFile, role: RoleRow) -> str:
    """The kind of a role; empty where its slot has not been checked and it is of none."""
    return DRIVERS[bench.instruments[role.instrument].driver].kinds.get(role.given_key(), "")


def _check_input(bench: BenchFile, slot: SlotRoles, role: RoleRow) -> None:
    """One board connects what is connected to a meter with one input, whichever slot it is of."""
    if role.instrument not in bench.shared or not DRIVERS[bench.instruments[role.instrument].driver].has_one_input:
        return
    for other in bench.of_slots:
        for user in other.roles.values():
            if user.instrument == role.instrument and user.relays != role.relays:
                problem = f"{role.instrument} has one input, which {user.relays} connects for slot {other.name}"
                raise _error(bench, slot, role, ("relays",), problem)


def _check_port(bench: BenchFile, slot: SlotRoles, role: RoleRow) -> None:
    """A slot switches its outputs off while another one has the instrument, which must take both for a moment."""
    address = bench.instruments[role.instrument].address
    takes_two = isinstance(address, TcpAddress) or (isinstance(address, VisaAddress) and address.endpoint is not None)
    if is_switched_by_several(bench, role.instrument) and not takes_two:
        problem = f"{address} takes one client at a time, and each slot must be able to switch {role.instrument} off"
        raise _error(bench, slot, role, ("instrument",), f"{problem}: use its network port, or one for each slot")


def _error(bench: BenchFile, slot: SlotRoles, role: RoleRow, path: tuple[str, ...], problem: str) -> ConfigError:
    return slot.written_in(bench.toml).error(("roles", role.name, *path), problem)

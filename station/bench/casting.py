"""Gives every role its player, where need be one made of a meter with one input and the relays before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from station.config.bench_file import BenchFile, RoleRow
from station.config.can_address import CanAddress
from station.drivers.instrument import OpenInstrument
from station.drivers.switched_voltmeter import SwitchedVoltmeter
from station.drivers.voltmeter_roles import play_voltmeter


def instruments_of(role: RoleRow) -> tuple[str, ...]:
    """The instruments that have to be open for ``role``."""
    return role.instruments()


def resources_of(bench: BenchFile, role: RoleRow) -> frozenset[str]:
    """The links behind ``role``: roles that have one in common are not used at the same time.

    Several instruments on one CAN channel are one link.
    """
    addresses = {name: bench.instruments[name].address for name in instruments_of(role)}
    return frozenset(
        f"{address.interface}/{address.channel}" if isinstance(address, CanAddress) else name
        for name, address in addresses.items()
    )


def cast_roles(bench: BenchFile, roles: Iterable[RoleRow], opened: Mapping[str, OpenInstrument]) -> dict[str, object]:
    """The player of each role, by its name; the bench file has been checked and the instruments are open."""
    return {role.name: _player(bench, role, opened) for role in roles}


def _player(bench: BenchFile, role: RoleRow, opened: Mapping[str, OpenInstrument]) -> object:
    if role.generator is not None:
        return _hearing(bench, role, opened[role.instrument], opened[role.generator])
    if role.relays is None:
        return opened[role.instrument].play(role)
    voltmeter, switch = opened[role.instrument].voltmeter, opened[role.relays].switch
    if voltmeter is None or switch is None:
        raise bench.toml.error(("roles", role.name, "relays"), "these relays cannot connect points to this instrument")
    coils = {
        coil
        for slot in bench.of_slots  # the input is one, whoever's point is connected to it
        for other in slot.roles.values()
        if (other.instrument, other.relays) == (role.instrument, role.relays)
        for coil in other.numbers().values()
    }
    return play_voltmeter(SwitchedVoltmeter(voltmeter, switch, coils), role)


def _hearing(bench: BenchFile, role: RoleRow, listener: OpenInstrument, source: OpenInstrument) -> object:
    """An analyser made of one that hears and one that makes the sine."""
    if listener.play_with is None or source.generator is None:
        raise bench.toml.error(("roles", role.name, "generator"), "this instrument makes no sine for that one")
    return listener.play_with(role, source.generator)

"""The roles that a voltmeter with numbered channels can play, as a role's row in the bench file says."""

from __future__ import annotations

from station.config.bench_file import RoleRow
from station.drivers.point_multimeter import PointMultimeter
from station.drivers.shunt_ammeter import ChannelVoltmeter, ShuntAmmeter


def play_voltmeter(voltmeter: ChannelVoltmeter, row: RoleRow) -> PointMultimeter | ShuntAmmeter:
    """An ammeter across the row's shunt, or a multimeter at its points."""
    if row.shunt is not None:
        return ShuntAmmeter(voltmeter, row.shunt)
    return PointMultimeter(voltmeter, row.points or {})

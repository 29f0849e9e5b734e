"""A supply's own meters as roles that read: volts and amperes of its outputs, and no way to switch them."""

from __future__ import annotations

from collections.abc import Mapping

from station.config.bench_file import RoleRow
from station.drivers.instrument import SupplyInstrument
from station.drivers.point_multimeter import PointMultimeter
from station.model.errors import PlanError
from station.model.reading import Reading
from station.model.roles import Supply


class OutputVoltmeter:
    """A station.drivers.shunt_ammeter.ChannelVoltmeter whose channels are outputs."""

    def __init__(self, supply: SupplyInstrument, highest_v: Mapping[int, float]) -> None:
        """``highest_v`` is what each output gives at most, and so what its meter shows."""
        self._supply = supply
        self._highest_v = highest_v

    def read_channel_v(self, channel: int, range_v: float) -> Reading:
        """Volts at the output's terminals; its meter has one range, PlanError is raised for what lies beyond it."""
        _check_range(range_v, self._highest_v[channel], "V", channel)
        return self._supply.output(channel).read_v()


class OutputAmmeter:
    """One output; a station.model.roles.Ammeter."""

    def __init__(self, supply: SupplyInstrument, channel: int, highest_a: float) -> None:
        """``highest_a`` is what the output gives at most."""
        self._supply = supply
        self._channel = channel
        self._highest_a = highest_a

    def read_a(self, range_a: float) -> Reading:
        """Amperes out of the output; its meter has one range, PlanError is raised for what lies beyond it."""
        _check_range(range_a, self._highest_a, "A", self._channel)
        return self._supply.output(self._channel).read_a()


def play_output(
    supply: SupplyInstrument, row: RoleRow, highest_v: Mapping[int, float], highest_a: Mapping[int, float]
) -> Supply | PointMultimeter | OutputAmmeter:
    """The output itself for a role with a channel, otherwise what only reads; the maxima are by channel."""
    if row.points is not None:
        return PointMultimeter(OutputVoltmeter(supply, highest_v), row.points)
    if row.current_of is not None:
        return OutputAmmeter(supply, row.current_of, highest_a[row.current_of])
    return supply.output(row.channel or 0)


def _check_range(asked: float, highest: float, unit: str, channel: int) -> None:
    if abs(asked) > highest:
        raise PlanError(f"output {channel} gives and shows at most {highest:g} {unit}, {asked:g} {unit} were asked for")

"""Named test points on the numbered channels of a voltmeter."""

from __future__ import annotations

from collections.abc import Mapping

from station.drivers.shunt_ammeter import ChannelVoltmeter
from station.model.errors import PlanError
from station.model.reading import Reading


class PointMultimeter:
    """A station.model.roles.Multimeter."""

    def __init__(self, voltmeter: ChannelVoltmeter, points: Mapping[str, int]) -> None:
        self._voltmeter = voltmeter
        self._points = points

    def read_v(self, point: str, range_v: float) -> Reading:
        """Volts at ``point``; raises PlanError for one that the bench file does not name."""
        if point not in self._points:
            raise PlanError(f"the bench file wires no point {point!r} (there are: {', '.join(self._points)})")
        return self._voltmeter.read_channel_v(self._points[point], range_v)

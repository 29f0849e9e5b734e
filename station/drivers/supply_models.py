"""Every model of DC supply: its channels, what each of them gives, and the driver that speaks to it.

A variant is a row. Ratings are those of the data sheets: HMP Series (Rohde & Schwarz), E36300 Series 5992-2124EN
(Keysight), DP800 Series (Rigol), SPD3303X and SPD1000X (Siglent), IT6300 and IT6800 Series (ITECH), GPD-3303 Series
(GW Instek).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from station.drivers.instrument import SupplyInstrument
from station.link.link import Link
from station.model.clock import Clock

OpenSupply = Callable[[Link, Clock, float], SupplyInstrument]


class Rating(msgspec.Struct, frozen=True):
    """What one channel gives at most; ``max_w`` is None where voltage and current alone limit it."""

    max_v: float
    max_a: float
    max_w: float | None = None


class SupplyModel(msgspec.Struct, frozen=True):
    """A model; with ``has_one_switch`` all channels go on and off together, so only one may play a role."""

    name: str
    ratings: Mapping[int, Rating]
    opened: OpenSupply
    evidence: str = "simulated"
    has_one_switch: bool = False


def _hmp4040(link: Link, clock: Clock, timeout_s: float) -> SupplyInstrument:
    from station.drivers.hmp4040 import Hmp4040

    return Hmp4040(link, clock, timeout_s)


def _e36300(link: Link, clock: Clock, timeout_s: float) -> SupplyInstrument:
    from station.drivers.e36300 import e36300

    return e36300(link, clock, timeout_s)


def _dp800(link: Link, clock: Clock, timeout_s: float) -> SupplyInstrument:
    from station.drivers.dp800 import dp800

    return dp800(link, clock, timeout_s)


def _spd3303x(link: Link, clock: Clock, timeout_s: float) -> SupplyInstrument:
    from station.drivers.spd3303x import Spd3303x

    return Spd3303x(link, clock, timeout_s)


def _spd1168x(link: Link, clock: Clock, timeout_s: float) -> SupplyInstrument:
    from station.drivers.spd1168x import spd1168x

    return spd1168x(link, clock, timeout_s)


def _it6300(link: Link, clock: Clock, timeout_s: float) -> SupplyInstrument:
    from station.drivers.it6300 import it6300

    return it6300(link, clock, timeout_s)


def _it6800(link: Link, clock: Clock, timeout_s: float) -> SupplyInstrument:
    from station.drivers.it6800 import it6800

    return it6800(link, clock, timeout_s)


def _gpd3303(link: Link, clock: Clock, timeout_s: float) -> SupplyInstrument:
    from station.drivers.gpd3303 import Gpd3303

    return Gpd3303(link, clock, timeout_s)


_TRIPLE_30V = {1: Rating(30.0, 3.0), 2: Rating(30.0, 3.0), 3: Rating(5.0, 3.0)}

SUPPLY_MODELS: Mapping[str, SupplyModel] = {
    model.name: model
    for model in (
        SupplyModel("hmp4040", dict.fromkeys(range(1, 5), Rating(32.05, 10.0, 160.0)), _hmp4040),
        SupplyModel("e36312a", {1: Rating(6.0, 5.0), 2: Rating(25.0, 1.0), 3: Rating(25.0, 1.0)}, _e36300),
        SupplyModel("e36313a", {1: Rating(6.0, 10.0), 2: Rating(25.0, 2.0), 3: Rating(25.0, 2.0)}, _e36300),
        SupplyModel("dp832", _TRIPLE_30V, _dp800),
        SupplyModel("dp821", {1: Rating(60.0, 1.0), 2: Rating(8.0, 10.0)}, _dp800),
        SupplyModel("spd3303x", dict.fromkeys((1, 2), Rating(32.0, 3.2)), _spd3303x),
        SupplyModel("spd1168x", {1: Rating(16.0, 8.0)}, _spd1168x),
        SupplyModel("it6302", _TRIPLE_30V, _it6300),
        SupplyModel("it6322a", _TRIPLE_30V, _it6300),
        SupplyModel("it6831a", {1: Rating(18.0, 10.0)}, _it6800),
        SupplyModel("it6832a", {1: Rating(32.0, 6.0)}, _it6800),
        SupplyModel("gpd3303s", dict.fromkeys((1, 2), Rating(30.0, 3.0)), _gpd3303, has_one_switch=True),
    )
}

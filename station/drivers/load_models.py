"""Every model of electronic load: its ranges of current, and the phrases of its family.

A variant is a row. Ranges are those of the data sheets: DL3000 Series (Rigol), IT8500+ Series (ITECH).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from station.drivers.scpi_load import LoadPhrases, ScpiLoad
from station.link.link import Link
from station.model.clock import Clock


class LoadModel(msgspec.Struct, frozen=True):
    """A model; ``phrases`` imports its family's module when it is called."""

    name: str
    ranges_a: tuple[float, ...]
    phrases: Callable[[], LoadPhrases]
    evidence: str = "simulated"

    def opened(self, link: Link, clock: Clock, timeout_s: float) -> ScpiLoad:
        """The load behind ``link``."""
        return ScpiLoad(link, clock, timeout_s, self.phrases(), self.ranges_a)


def _dl3000() -> LoadPhrases:
    from station.drivers.dl3000 import PHRASES

    return PHRASES


def _it8500() -> LoadPhrases:
    from station.drivers.it8500 import PHRASES

    return PHRASES


LOAD_MODELS: Mapping[str, LoadModel] = {
    model.name: model
    for model in (
        LoadModel("dl3021", (4.0, 40.0), _dl3000),
        LoadModel("dl3031", (6.0, 60.0), _dl3000),
        LoadModel("it8511a", (3.0, 30.0), _it8500),
        LoadModel("it8512a", (3.0, 30.0), _it8500),
    )
}

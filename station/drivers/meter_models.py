"""Every model of multimeter with one input, and the family whose phrases it speaks; a variant is a row.

Highest voltages are those of the data sheets: 5968-0162EN and 5991-1983EN (Keysight), SDM3055-2021.05 (Siglent),
DM3058/DM3058E User's Guide (Rigol).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import msgspec

from station.drivers.instrument import OpenInstrument
from station.link.link import Link
from station.model.clock import Clock


class MeterModel(msgspec.Struct, frozen=True):
    """``family`` is the module with the phrases."""

    name: str
    family: str
    highest_v: float = 1000.0
    evidence: str = "simulated"

    def opened(self, link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
        """The multimeter behind ``link``."""
        from station.drivers.input_multimeter import MeterPhrases, open_input_multimeter

        phrases = importlib.import_module(f"station.drivers.{self.family}").PHRASES
        if not isinstance(phrases, MeterPhrases):
            raise TypeError(f"station.drivers.{self.family}.PHRASES is a {type(phrases).__name__}")
        return open_input_multimeter(link, clock, timeout_s, phrases)


METER_MODELS: Mapping[str, MeterModel] = {
    model.name: model
    for model in (
        MeterModel("34401a", "keysight_34461a"),
        MeterModel("34461a", "keysight_34461a"),
        MeterModel("sdm3055", "siglent_sdm3000"),
        MeterModel("dm3058", "rigol_dm3000"),
        MeterModel("dm3058e", "rigol_dm3000"),
    )
}

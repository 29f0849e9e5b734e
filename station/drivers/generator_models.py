"""The RF generators: which command words a model has, and what it delivers."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class GeneratorWords(msgspec.Struct, frozen=True):
    """Where the families differ: headers of the LF generator's frequency in FM and in AM, and of the AM depth.

    ``coder`` is what ``*OPT?`` calls the option with the stereo/RDS coder.
    """

    fm_audio: str
    am_audio: str
    am_depth: str
    coder: str


class GeneratorRange(msgspec.Struct, frozen=True):
    """What a model delivers."""

    lowest_hz: float
    highest_hz: float
    lowest_dbm: float
    highest_dbm: float


class GeneratorModel(msgspec.Struct, frozen=True):
    """One model; ``source`` is of the range."""

    name: str
    evidence: str
    words: GeneratorWords
    delivers: GeneratorRange
    source: str


_SMB = GeneratorWords("LFO:FREQ", "LFO:FREQ", "AM:DEPT:LIN", "SMB-B5")
_SML = GeneratorWords("FM:INT:FREQ", "AM:INT:FREQ", "AM:DEPT", "SML-B5")

GENERATOR_MODELS: Mapping[str, GeneratorModel] = {
    model.name: model
    for model in (
        GeneratorModel(
            "smb100a",
            "simulated",
            _SMB,
            GeneratorRange(9e3, 1.1e9, -145.0, 18.0),
            "SMB100A data sheet PD 5214.1114: 9 kHz to 1.1 GHz with its smallest option SMB-B101; estimate: the levels",
        ),
        GeneratorModel(
            "sml01",
            "simulated",
            _SML,
            GeneratorRange(9e3, 1.1e9, -140.0, 13.0),
            "SML data sheet PD 757.5424: SML01, 9 kHz to 1.1 GHz; estimate: the levels",
        ),
    )
}

"""An audio analyser made of something that records samples and something that makes a sine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from station.analysis.sound import (
    BROADCAST_HZ,
    HIGH_HZ,
    Record,
    level_v,
    thd_n_percent,
    tone_seconds,
    tone_v,
)
from station.model.clock import Clock
from station.model.errors import PlanError
from station.model.reading import Reading
from station.model.roles import Weighting

LEVEL_S = 0.2
"""Record for a level: white noise of 20 kHz is then read to 0.1 dB (one standard deviation)."""


class Recorder(Protocol):
    """Records several inputs at once."""

    @property
    def name(self) -> str:
        """The bench file's name of the instrument."""
        ...

    def record(self, inputs: Sequence[int], seconds: float) -> Mapping[int, Record]:
        """At least ``seconds`` of each input, in volts, all of it sounded after this call."""
        ...


@dataclass(slots=True)
class _Steady:
    """What was recorded while nothing changes."""

    records: Mapping[int, Record] = field(default_factory=dict)
    taken_at: datetime | None = None


class SampledAnalyser:
    """A station.model.roles.AudioAnalyser; ``points`` names the recorder's inputs."""

    def __init__(
        self,
        recorder: Recorder,
        points: Mapping[str, int],
        clock: Clock,
        generate: Callable[[float, float], None],
    ) -> None:
        self._recorder = recorder
        self._points = points
        self._clock = clock
        self._generate = generate
        self._steady: _Steady | None = None

    def generate(self, frequency_hz: float, level_v: float) -> None:
        """A sine of ``level_v`` RMS from here on; inside ``steady`` raises PlanError."""
        if self._steady is not None:
            raise PlanError("the generator was changed while readings were to be of one record")
        self._generate(frequency_hz, level_v)

    def read_level_v(self, channel: str, weighting: Weighting) -> Reading:
        """RMS volts of a fifth of a second."""
        high_hz = BROADCAST_HZ if weighting is Weighting.BROADCAST else HIGH_HZ
        is_a_weighted = weighting is Weighting.A
        return self._read(channel, LEVEL_S, "V", lambda record: level_v(record, is_a_weighted, high_hz))

    def read_tone_v(self, channel: str, frequency_hz: float) -> Reading:
        """RMS volts of a tone."""
        return self._read(channel, tone_seconds(frequency_hz), "V", lambda record: tone_v(record, frequency_hz))

    def read_thd_n(self, channel: str, frequency_hz: float) -> Reading:
        """Per cent of the whole; 100 for silence."""
        seconds = tone_seconds(frequency_hz)
        return self._read(channel, seconds, "%", lambda record: thd_n_percent(record, frequency_hz))

    @contextmanager
    def steady(self) -> Iterator[None]:
        """All inputs are recorded at once, and again only where a longer record is needed."""
        self._steady = _Steady()
        try:
            yield
        finally:
            self._steady = None

    def _read(self, channel: str, seconds: float, unit: str, measured: Callable[[Record], float]) -> Reading:
        if channel not in self._points:
            raise PlanError(f"the bench file wires no point {channel!r} (there are: {', '.join(self._points)})")
        record, taken_at = self._recorded(self._points[channel], seconds)
        raw = f"{len(record.volts)} samples at {record.rate_hz:g} Hz"
        value = math.inf if record.is_overload else measured(record)
        return Reading(value, unit, self._recorder.name, raw, taken_at, record.is_overload)

    def _recorded(self, number: int, seconds: float) -> tuple[Record, datetime]:
        steady = self._steady
        if steady is None:
            taken_at = self._clock.utc()
            return self._recorder.record([number], seconds)[number], taken_at
        if steady.taken_at is None or steady.records[number].seconds < seconds:
            steady.taken_at = self._clock.utc()
            steady.records = self._recorder.record(sorted(set(self._points.values())), seconds)
        return steady.records[number], steady.taken_at

"""A sound card as recorder: raw interleaved samples over TCP, as PulseAudio and PipeWire serve them.

Source: PulseAudio, module-simple-protocol-tcp (record=true, rate, format, channels) and its protocol-simple.c; PipeWire
serves the same with libpipewire-module-protocol-simple (capture = true). A connection gets a stream of its own, whole
frames from its beginning, and nothing is said on it but samples. The server holds up to 5 s of sound for a client that
does not read, so every record is taken over a connection of its own: what it holds was sounded after it was asked for.
Samples carry no proof: rate, format and number of channels must be the module's, or all that is read is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from station.analysis.pcm import decode, is_at_full_scale
from station.analysis.sample_format import SAMPLE_BYTES
from station.analysis.sound import Array, Record
from station.config.bench_file import RoleRow
from station.config.samples import Samples
from station.drivers.instrument import OpenInstrument
from station.drivers.sampled_analyser import SampledAnalyser
from station.drivers.sine_generator import SineGenerator
from station.link.link import Link
from station.link.talker import Talker
from station.model.clock import Clock
from station.model.errors import PlanError

LEAD_S = 0.02
"""Dropped from the beginning of each stream: what the card had in hand. Estimate: more than one of its periods."""


class PcmStream:
    """The server's port; ``open`` means that samples are coming."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._clock = clock
        self.timeout_s = timeout_s

    def begin(self) -> None:
        """Hear that it sends; it cannot say who it is. Raises LinkTimeout where it is silent."""
        self.take(1, self.timeout_s)

    def prepare(self) -> None:
        """Nothing to set: the card's mixer is its owner's."""

    def recorder(self, samples: Samples) -> StreamRecorder:
        """Its samples as volts."""
        return StreamRecorder(self, self._link.name, samples)

    def take(self, length: int, seconds: float) -> bytes:
        """The first ``length`` bytes of a connection made now; raises LinkTimeout after ``seconds``."""
        with self._link.hold():
            self._link.open(self.timeout_s)
            try:
                return Talker(self._link, self._clock).block(length, seconds)
            finally:
                self._link.close()


class StreamRecorder:
    """A station.drivers.sampled_analyser.Recorder."""

    def __init__(self, stream: PcmStream, name: str, samples: Samples) -> None:
        self._stream = stream
        self._samples = samples
        self.name = name

    def record(self, inputs: Sequence[int], seconds: float) -> Mapping[int, Record]:
        """The inputs of one stretch of the stream; an input whose converter was at its end is overloaded."""
        samples = self._samples
        channels = len(samples.full_scale_v)
        lead = math.ceil(LEAD_S * samples.rate_hz)
        frames = lead + math.ceil(seconds * samples.rate_hz)
        length = frames * channels * SAMPLE_BYTES[samples.format]
        block = self._stream.take(length, LEAD_S + seconds + self._stream.timeout_s)
        shares = decode(block, samples.format, channels)[lead:]
        return {number: self._record(shares[:, number - 1], samples.full_scale_v[number - 1]) for number in inputs}

    def _record(self, shares: Array, full_scale_v: float) -> Record:
        is_overload = is_at_full_scale(shares, self._samples.format)
        return Record(shares * full_scale_v, float(self._samples.rate_hz), is_overload)


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The stream, which becomes an analyser together with a generator."""
    stream = PcmStream(link, clock, timeout_s)

    def play_with(row: RoleRow, generator: SineGenerator) -> object:
        if row.samples is None:
            raise PlanError(f"the role {row.name} does not say how its samples are to be read")
        return SampledAnalyser(stream.recorder(row.samples), row.points or {}, clock, generator.generate)

    def play(row: RoleRow) -> object:
        raise PlanError(f"the role {row.name} needs a generator: a stream of samples makes no sine")

    return OpenInstrument(stream, play, play_with=play_with)

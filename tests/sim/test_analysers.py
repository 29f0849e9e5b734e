"""Audio analyser, sound card and function generator do what their manuals say, on a unit that plays."""

from __future__ import annotations

import asyncio
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures.sim.device import Reply, SimClock
from fixtures.sim.device_spec import DeviceSpec
from fixtures.sim.k33511b import K33511B
from fixtures.sim.pcm_stream import FORMATS, Card, PcmStream, card_of
from fixtures.sim.surroundings import Tone
from fixtures.sim.u8903b import U8903B
from fixtures.sim.waveform import Sound
from tests.sim.bench_wiring import Client, dice


class Jig:
    """Inputs with sounds that a test sets, and what was last fed into the unit."""

    def __init__(self, *sounds: Sound, inputs: int = 4) -> None:
        self.heard = sounds
        self.inputs = inputs
        self.fed = (0.0, 0.0)

    def now(self) -> float:
        return 0.0

    def sounds(self) -> tuple[Sound, ...]:
        return (*self.heard, *(Sound() for _ in range(self.inputs - len(self.heard))))

    def feed(self, frequency_hz: float, volts_v: float) -> None:
        self.fed = (frequency_hz, volts_v)


TWO_VOLTS = Sound((Tone(1000.0, 2.0),))


def u8903b(jig: Jig, clock: SimClock | None = None) -> Client:
    return Client(U8903B(jig, clock or SimClock(0.0), dice(), "MY1"))


def fetched(client: Client, number: int) -> NDArray[np.float64]:
    """The record of an input, out of its block."""
    replies = client.session.receive(f"FETC:ARR? (@{number})\n".encode())
    data = b"".join(reply.data for reply in replies)
    digits = int(data[1:2])
    count = int(data[2 : 2 + digits])
    assert len(data) == 2 + digits + count + 1 and data.endswith(b"\n")
    return np.frombuffer(data[2 + digits : -1], ">f4").astype(np.float64)


def test_the_analyser_says_who_it_is() -> None:
    assert u8903b(Jig()).ask("*IDN?") == "Keysight Technologies,U8903B,MY1,2.00"


def test_a_record_is_a_block_of_big_endian_volts_at_78125_hz() -> None:
    client = u8903b(Jig(Sound(), TWO_VOLTS))
    client.say("INP:BAND LOW", "DISP:ANAL:MODE TIME", "SENS:WAV:POIN 4096", "INIT:GRAP (@1,2)")
    assert client.ask("STAT:OPER:COND?") == "0"
    volts = fetched(client, 2)
    assert len(volts) == 4096
    assert float(np.std(volts)) == pytest.approx(2.0, rel=0.01)
    crossings = np.flatnonzero((volts[:-1] < 0) & (volts[1:] >= 0))
    assert 78125 / float(np.diff(crossings).mean()) == pytest.approx(1000.0, rel=0.001)
    assert float(np.std(fetched(client, 1))) < 1e-5


def test_recording_takes_its_time_and_says_so() -> None:
    client = u8903b(Jig(TWO_VOLTS), SimClock(1.0))
    client.say("DISP:ANAL:MODE TIME", "SENS:WAV:POIN 65536", "INIT:GRAP (@1)")
    assert client.ask("STAT:OPER:COND?") == "16"
    assert client.lines("FETC:ARR? (@1)") == []
    assert client.error() == -230


@pytest.mark.parametrize(
    "message", ["INIT:GRAP (@5)", "SENS:WAV:POIN 128", "FETC:ARR? (@1)", "SOUR:VOLT 8.1Vrms, (@1)"]
)
def test_what_it_has_not_is_refused(message: str) -> None:
    client = u8903b(Jig())
    client.say(message)
    assert client.error() in (-222, -230)


def test_a_graph_that_is_no_waveform_cannot_be_recorded() -> None:
    client = u8903b(Jig())
    client.say("INIT:GRAP (@1)")
    assert client.error() == -221


def test_vac_and_frequency_are_read_as_the_manual_has_it() -> None:
    client = u8903b(Jig(TWO_VOLTS, Sound((Tone(402.5, 0.5),))))
    client.say("SENS:FUNC1 FREQ, (@1,2)", "SENS:FUNC2 VAC, (@1,2)", "INIT:ANAL (@1,2)")
    volts = [float(text) for text in client.ask("FETC? FUNC2, (@1,2)").split(",")]
    assert volts == [pytest.approx(2.0, rel=0.005), pytest.approx(0.5, rel=0.005)]
    hertz = [float(text) for text in client.ask("FETC? FUNC1, (@1,2)").split(",")]
    assert hertz == [pytest.approx(1000.0, rel=1e-3), pytest.approx(402.5, rel=1e-3)]


def test_its_own_noise_is_108_db_below_the_range() -> None:
    client = u8903b(Jig(Sound((Tone(1000.0, 0.9),))))
    client.say("DISP:ANAL:MODE TIME", "SENS:WAV:POIN 65536", "INIT:GRAP (@1,2)")
    window = np.kaiser(65536, 20)
    power = 2 * np.abs(np.fft.rfft(fetched(client, 1) * window)) ** 2 / 65536 / (window @ window)
    lines = np.fft.rfftfreq(65536, 1 / 78125)
    beside = power[(lines > 20) & (lines < 20000) & (np.abs(lines - 1000) > 20)].sum()
    assert 10 * math.log10(beside) == pytest.approx(-108.0, abs=1.0)


@pytest.mark.parametrize(("level", "volts"), [("0.5Vrms", 0.5), ("1Vp", math.sqrt(0.5)), ("0.5", 0.5)])
def test_the_generator_feeds_the_unit_while_it_is_on(level: str, volts: float) -> None:
    jig = Jig()
    client = u8903b(jig)
    client.say("SOUR:FUNC SINE, (@1)", "SOUR:FREQ 440Hz, (@1)", f"SOUR:VOLT {level}, (@1)")
    assert jig.fed == (440.0, 0.0)
    client.say("OUTP:STAT ON, (@1)")
    assert jig.fed == (440.0, pytest.approx(volts, rel=0.005))
    assert client.ask("SOUR:FREQ? (@1)") == "4.400000E+02"
    assert client.number("SOUR:VOLT? (@1)") == pytest.approx(volts, rel=1e-5)
    assert client.ask("OUTP:STAT? (@1,2)") == "1,0"
    client.say("*RST")
    assert jig.fed[1] == 0.0


def test_the_function_generator_counts_volts_into_an_open_circuit() -> None:
    jig = Jig()
    client = Client(K33511B(jig, SimClock(0.0), dice(), "MY2"))
    assert client.ask("*IDN?") == "Agilent Technologies,33511B,MY2,3.03-1.19-2.00-52-00"
    client.say("FUNC SIN", "OUTP:LOAD INF", "VOLT:UNIT VRMS", "FREQ 1000", "VOLT 0.1", "OUTP ON")
    assert jig.fed == (1000.0, pytest.approx(0.1, rel=0.011))
    assert (client.number("VOLT?"), client.ask("VOLT:UNIT?"), client.ask("OUTP?")) == (pytest.approx(0.1), "VRMS", "1")
    assert client.number("OUTP:LOAD?") == 9.9e37
    client.say("OUTP:LOAD 50")
    assert jig.fed[1] == pytest.approx(0.2, rel=0.011)
    client.say("VOLT 7.2")
    assert client.error() == -222
    client.say("*RST")
    assert jig.fed[1] == 0.0


def card(**options: float | str) -> PcmStream:
    spec = DeviceSpec("card", "pcm_stream", "tcp", "", 0, 1, options)
    return PcmStream(card_of(spec), Jig(TWO_VOLTS), SimClock(0.0), dice())


@pytest.mark.parametrize(
    ("sample_format", "dtype", "largest"), [("s16le", "<i2", 2**15), ("s32le", "<i4", 2**31), ("float32le", "<f4", 1)]
)
def test_a_card_gives_interleaved_samples_of_full_scale(sample_format: str, dtype: str, largest: float) -> None:
    frames = np.frombuffer(card(format=sample_format).chunk(0.0, 4800), dtype).reshape(-1, 4).astype(np.float64)
    assert float(np.std(frames[:, 0])) / largest * 20.0 == pytest.approx(2.0, rel=0.01)
    assert float(np.std(frames[:, 1])) / largest * 20.0 < 0.001


def test_24_bits_are_packed_in_three_bytes() -> None:
    block = card(format="s24le", channels=1).chunk(0.0, 480)
    assert len(block) == 3 * 480
    values = [int.from_bytes(block[at : at + 3], "little", signed=True) for at in range(0, len(block), 3)]
    assert max(values) / 2**23 * 20.0 == pytest.approx(2.0 * math.sqrt(2), rel=0.02)


@pytest.mark.parametrize("sample_format", FORMATS)
def test_what_is_beyond_full_scale_is_the_largest_sample(sample_format: str) -> None:
    block = card(format=sample_format, full_scale_v=1.0, channels=1).chunk(0.0, 480)
    largest = {"s16le": b"\xff\x7f", "s24le": b"\xff\xff\x7f", "s32le": b"\xff\xff\xff\x7f"}
    assert largest.get(sample_format, b"\0\0\x80\x3f") in block


@pytest.mark.parametrize("options", [{"format": "u8"}, {"rate_hz": 100}, {"channels": 0}, {"full_scale_v": 0.0}])
def test_a_card_that_does_not_exist_is_refused(options: dict[str, float | str]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        card_of(DeviceSpec("card", "pcm_stream", "tcp", "", 0, 1, options))


def test_a_stream_loses_frames_once_5_s_wait_for_a_client_that_does_not_read() -> None:
    spoken: list[bytes] = []

    async def listen() -> None:
        device = PcmStream(Card(channels=1), Jig(inputs=1), SimClock(0.02), dice())
        session = device.connect()

        def speak(replies: list[Reply]) -> None:
            spoken.extend(reply.data for reply in replies)

        session.stream(speak, lambda: not spoken)
        before = -1
        while len(spoken) != before:
            before = len(spoken)
            await asyncio.sleep(0.3)
        session.close()

    asyncio.run(listen())
    assert sum(len(data) for data in spoken) / (48000 * 3) == pytest.approx(5.0, abs=0.05)

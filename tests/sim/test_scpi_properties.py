"""What holds of the SCPI core for every stream of bytes."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.sim.scpi.framing import Framer
from fixtures.sim.scpi.interpreter import definite_block
from tests.sim.scpi_bench import Everything

PIECES = st.sampled_from(
    (b"*IDN?", b"VOLT 3", b"VOLT?", b";", b"\n", b"\r\n", b":", b" ", b",", b"#", b"#15", b"#9999999999", b"'", b'"',
     b"(@1:3)", b"SYST:ERR?", b"TRAC:DATA ", b"LAB ", b"OUTP3 ON", b"1E9999", b"*ESR?", b"\x00\xff", b"MODE MEAS")
)  # fmt: skip
STREAMS = st.lists(st.one_of(PIECES, st.binary(max_size=6)), max_size=30).map(b"".join)
CAPACITY = 5


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


def answers(chunks: list[bytes]) -> tuple[bytes, dict[str, object], list[str]]:
    device = Everything(CAPACITY)
    session = device.connect()
    said = b"".join(reply.data for chunk in chunks for reply in session.receive(chunk))
    errors = [device.status.errors.pop() for _ in range(CAPACITY + 1)]
    return said, device.last, errors


@settings(deadline=None)
@given(stream=STREAMS, places=st.lists(st.integers(min_value=0), max_size=8))
def test_any_split_of_the_stream_gives_the_same_answers_settings_and_errors(stream: bytes, places: list[int]) -> None:
    assert answers(cut(stream, places)) == answers([stream])


@settings(deadline=None)
@given(stream=STREAMS)
def test_a_stream_byte_by_byte_is_the_stream_at_once(stream: bytes) -> None:
    assert answers([bytes([byte]) for byte in stream]) == answers([stream])


@settings(deadline=None)
@given(stream=STREAMS)
def test_the_error_queue_never_exceeds_its_bound_and_ends_with_no_error(stream: bytes) -> None:
    device = Everything(CAPACITY)
    session = device.connect()
    for byte in stream + b"\n":
        session.receive(bytes([byte]))
        assert len(device.status.errors) <= CAPACITY
    assert [device.status.errors.pop() for _ in range(CAPACITY + 1)][-1] == '0,"No error"'


@settings(deadline=None)
@given(message=st.binary(max_size=60).filter(lambda message: b"\n" not in message))
def test_any_message_is_executed_or_refused_and_the_next_one_is_understood(message: bytes) -> None:
    device = Everything()
    device.interpreter.execute(message)
    assert device.interpreter.execute(b"*IDN?").data == b"MAKER,MODEL,1,2"


@settings(deadline=None)
@given(stream=st.binary(max_size=400), limit=st.integers(min_value=1, max_value=20))
def test_no_message_is_longer_than_the_input_buffer(stream: bytes, limit: int) -> None:
    messages = list(Framer(limit).feed(stream + b"\n" * (limit + 1)))
    assert all(len(message) <= limit for message in messages if isinstance(message, bytes))


@settings(deadline=None)
@given(content=st.binary(max_size=300))
def test_a_definite_block_comes_back_whatever_is_in_it(content: bytes) -> None:
    device = Everything()
    device.connect().receive(b"TRAC:DATA " + definite_block(content) + b"\n")
    assert device.last == {"TRACe:DATA": content}

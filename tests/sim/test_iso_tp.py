"""The control unit's end of ISO-TP, frame by frame, as ISO 15765-2 has it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fixtures.sim.device import Reply
from fixtures.sim.iso_tp import IsoTpServer

LONG = bytes(range(0x40, 0x40 + 20))
CONTINUE = b"\x30\x00\x00"


class Asked:
    """Gives ``answers`` to every request and remembers the requests."""

    def __init__(self, *answers: bytes) -> None:
        self.requests: list[bytes] = []
        self.server = IsoTpServer(self.answer)
        self._answers = answers

    def answer(self, request: bytes) -> Sequence[Reply]:
        self.requests.append(request)
        return [Reply(answer, 0.01) for answer in self._answers]

    def hear(self, frame: bytes, now: float = 0.0) -> list[bytes]:
        return [reply.data for reply in self.server.receive(frame, now)]


def test_a_short_answer_is_one_padded_frame() -> None:
    asked = Asked(b"\x7e\x00")
    assert asked.hear(b"\x02\x3e\x00" + b"\xcc" * 5) == [b"\x02\x7e\x00" + b"\xcc" * 5]
    assert asked.requests == [b"\x3e\x00"]


def test_a_long_answer_waits_for_flow_control_and_comes_in_numbered_pieces() -> None:
    asked = Asked(LONG)
    assert asked.hear(b"\x03\x22\xf1\x90") == [b"\x10\x14" + LONG[:6]]
    assert asked.hear(CONTINUE) == [b"\x21" + LONG[6:13], b"\x22" + LONG[13:20]]
    assert asked.hear(CONTINUE) == []


def test_flow_control_sets_block_size_and_separation() -> None:
    asked = Asked(LONG)
    asked.hear(b"\x01\x22")
    (first,) = asked.server.receive(b"\x30\x01\x0a", 0.0)
    assert (first.data, first.delay_s) == (b"\x21" + LONG[6:13], 0.01)
    (second,) = asked.server.receive(b"\x30\x01\xf5", 0.0)
    assert (second.data, second.delay_s) == (b"\x22" + LONG[13:20], 0.0005)


def test_flow_control_may_put_off_or_stop_an_answer() -> None:
    asked = Asked(LONG)
    asked.hear(b"\x01\x22")
    assert asked.hear(b"\x31\x00\x00", 0.9) == []
    assert len(asked.hear(CONTINUE, 1.8)) == 2
    asked.hear(b"\x01\x22")
    assert asked.hear(b"\x32\x00\x00") == []
    assert asked.hear(CONTINUE) == []


def test_flow_control_that_comes_after_a_second_is_too_late() -> None:
    asked = Asked(LONG)
    asked.hear(b"\x01\x22", 5.0)
    assert asked.hear(CONTINUE, 6.1) == []


def test_a_long_request_is_put_together() -> None:
    asked = Asked(b"\x62")
    assert asked.hear(b"\x10\x09\x22\xf1\x87\xf1\x89\xf1") == [b"\x30\x00\x00" + b"\xcc" * 5]
    assert asked.hear(b"\x21\x8c\xf1\x90\xcc\xcc\xcc\xcc") == [b"\x01\x62" + b"\xcc" * 6]
    assert asked.requests == [bytes.fromhex("22f187f189f18cf190")]


@pytest.mark.parametrize(
    "spoilt",
    [
        [b"\x10\x0a\x22\xf1\x87\xf1\x89\xf1", b"\x22\x8c\xf1\x90\xcc"],  # the second piece without the first
        [b"\x21\x8c\xf1\x90\xcc"],  # a piece of nothing
        [b"\x00"],
        [b"\x05\x22"],
        [b""],
        [b"\x40\x22\xf1\x90"],
        [b"\x30"],
    ],
)
def test_what_is_no_message_is_not_answered(spoilt: list[bytes]) -> None:
    asked = Asked(b"\x62")
    assert [frame for heard in spoilt for frame in asked.hear(heard) if frame[0] != 0x30] == []
    assert asked.requests == []


def test_a_piece_that_comes_after_a_second_belongs_to_nothing() -> None:
    asked = Asked(b"\x62")
    asked.hear(b"\x10\x09\x22\xf1\x87\xf1\x89\xf1", 5.0)
    assert asked.hear(b"\x21\x8c\xf1\x90", 6.1) == []


def test_a_new_request_ends_an_old_one() -> None:
    asked = Asked(b"\x62")
    asked.hear(b"\x10\x09\x22\xf1\x87\xf1\x89\xf1")
    asked.hear(b"\x01\x3e")
    assert asked.hear(b"\x21\x8c\xf1\x90") == []
    assert asked.requests == [b"\x3e"]

"""An answer is the one that was asked for: by its form, and by what it says where that is drawn each time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.drivers.scpi import sentinels
from station.link.challenge import Challenge

FORM = re.compile(rb"(?m:^)\+?(\d+)\r?\n")
ANY = Challenge((b"?\n",), FORM)
SEVEN = Challenge((b"?\n",), FORM, b"7")


@pytest.mark.parametrize(
    ("received", "is_all", "is_end"),
    [
        (b"7\n", True, True),
        (b"+7\r\n", True, True),
        (b"8\n", False, False),
        (b"07\n", False, False),
        (b"17\n", False, False),
        (b"7", False, False),
        (b"", False, False),
        (b"3\n7\n", False, True),
        (b"late 9\r\n7\r\n", False, True),
        (b"7\n3\n", False, False),
        (b"x7\n", False, False),
    ],
)
def test_what_is_said_counts_and_not_the_form_alone(received: bytes, is_all: bool, is_end: bool) -> None:
    assert (SEVEN.is_all_of(received), SEVEN.is_end_of(bytearray(received))) == (is_all, is_end)


def test_where_nothing_is_drawn_the_form_is_enough() -> None:
    assert ANY.is_all_of(b"8\n") and ANY.is_end_of(b"3\n12\n") and not ANY.is_end_of(b"12")


@given(st.integers(0, 254), st.integers(0, 253), st.integers(0, 254))
def test_two_sentinels_differ_and_each_takes_its_own_number_alone(one: int, other: int, answered: int) -> None:
    drawn = iter([one, other])
    first, then = sentinels(lambda below: next(drawn))
    assert first.messages != then.messages
    for challenge in (first, then):
        asked = int(challenge.messages[0].split()[1])
        assert challenge.is_all_of(b"%d\n" % answered) == (asked == answered)
        assert challenge.is_end_of(b"noise\n+%d\r\n" % answered) == (asked == answered)

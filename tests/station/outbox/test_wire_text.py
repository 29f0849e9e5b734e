"""Times and texts in the form of the wire contract."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from station.outbox.wire_text import stamp

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))])


FIRST = datetime(1970, 1, 2, tzinfo=UTC)
LATER = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=2_900_000))


@given(LATER, ZONES)
def test_a_time_is_stamped_in_utc_with_six_digits_whatever_its_zone(later: timedelta, zone: timezone) -> None:
    at = (FIRST + later).astimezone(zone)
    assert STAMP.fullmatch(stamp(at))
    assert stamp(at) == at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    assert datetime.fromisoformat(stamp(at)) == at


def test_a_whole_second_has_its_six_zeros() -> None:
    assert stamp(datetime(2026, 11, 27, 7, 30, tzinfo=UTC)) == "2026-11-27T07:30:00.000000Z"
    assert stamp(datetime(2026, 11, 27, 7, 30, 0, 100, tzinfo=UTC)) == "2026-11-27T07:30:00.000100Z"
    assert stamp(datetime(2026, 11, 27, 7, 30, 0, 500000, tzinfo=UTC)) == "2026-11-27T07:30:00.500000Z"

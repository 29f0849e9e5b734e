"""How times, quantities and limits read on the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.web.formats import Formats, byte_size, limit_text, quantity
from server.web.language import CHINESE, ENGLISH
from server.web.limit_bar import EDGE, WIDTH, limit_bar
from server.web.trace_line import trace_line

AT = datetime(2026, 11, 23, 8, 3, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINESE_FORMATS = Formats(CHINESE, SHANGHAI, AT)
ENGLISH_FORMATS = Formats(ENGLISH, SHANGHAI, AT)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0094, "A", "9.4 mA"),
        (14.398, "V", "14.398 V"),
        (2.04, "s", "2.04 s"),
        (0.0, "V", "0 V"),
        (-0.002, "V", "−2 mV"),
        (12500.0, "Hz", "12.5 kHz"),
        (37.0, "dBµV", "37 dBµV"),
        (float("nan"), "V", "nan V"),
        (7.0, "", "7"),
    ],
)
def test_a_quantity_reads_with_its_unit_and_prefix(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_a_value_just_beyond_its_limit_never_reads_like_the_limit() -> None:
    assert quantity(0.0050000001, "A", (0.005,)) != quantity(0.005, "A", (0.005,))


def test_a_value_and_its_limit_read_in_the_same_unit() -> None:
    assert quantity(0.9, "V", (4.75, 5.25)) == "0.9 V"
    assert limit_text("V", 4.75, 5.25) == "4.75 … 5.25 V"
    assert limit_text("A", None, 0.005) == "≤ 5 mA"
    assert limit_text("V", 7.5, None) == "≥ 7.5 V"
    assert limit_text("V", None, None) == ""


def test_a_time_reads_in_the_sites_zone_and_says_how_long_ago() -> None:
    text = str(CHINESE_FORMATS.time(AT - timedelta(minutes=3)))
    assert "11-23 16:00" in text
    assert "3分钟前" in text.replace(" ", "")
    assert 'datetime="2026-11-23T08:00:00Z"' in text
    assert ENGLISH_FORMATS.ago_text(AT - timedelta(minutes=3)) == "3 minutes ago"


def test_a_time_of_another_year_reads_with_its_year() -> None:
    assert "2025-12-31 23:59" in str(ENGLISH_FORMATS.time(datetime(2025, 12, 31, 15, 59, tzinfo=UTC)))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        ENGLISH_FORMATS.time(AT.replace(tzinfo=None))


@pytest.mark.parametrize(("seconds", "text"), [(3.24, "3.2 s"), (75, "1 min 15 s"), (3720, "1 h 02 min")])
def test_a_duration_reads_in_the_largest_fitting_unit(seconds: float, text: str) -> None:
    assert ENGLISH_FORMATS.duration(AT, AT + timedelta(seconds=seconds)) == text


def test_a_size_reads_in_binary_units() -> None:
    assert [byte_size(count) for count in (12, 2048, 1 << 20)] == ["12 B", "2 KiB", "1 MiB"]


def test_the_bar_shows_the_band_in_the_middle_and_the_value_in_it() -> None:
    bar = limit_bar(5.0, 4.75, 5.25)
    assert bar is not None
    assert (bar.band_start, bar.band_end) == (pytest.approx(WIDTH / 6), pytest.approx(WIDTH * 5 / 6))
    assert bar.value == pytest.approx(WIDTH / 2)
    assert bar.beyond == 0


def test_a_value_off_the_bar_stays_at_its_edge_and_says_so() -> None:
    above, below = limit_bar(9.4, None, 5.0), limit_bar(-3.0, 4.75, 5.25)
    assert above is not None
    assert below is not None
    assert (above.value, above.beyond) == (WIDTH - EDGE, 1)
    assert (below.value, below.beyond) == (EDGE, -1)


@pytest.mark.parametrize("value", [True, None, "1.4.2", float("nan"), float("inf")])
def test_what_is_no_number_has_no_bar(value: object) -> None:
    assert limit_bar(value, 0.0, 1.0) is None


def test_a_number_without_a_bound_has_no_bar() -> None:
    assert limit_bar(1.0, None, None) is None


def test_a_curve_of_one_point_is_not_drawn() -> None:
    assert trace_line((0.0,), (1.0,)) is None
    line = trace_line((0.0, 0.5, 1.0), (0.01, 0.62, 0.41))
    assert line is not None
    assert (line.low, line.high) == (0.01, 0.62)
    assert line.points.startswith("4.0,156.0 ")

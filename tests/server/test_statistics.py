"""What the tests say in figures: intervals, control charts, the tables and drawings of the pages, from real letters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.db.engine import Database
from server.db.span import Span, months_before
from server.runs.figures import Yield, figures
from server.runs.summing import sum_up
from server.statistics.control import D2, control_chart
from server.statistics.drawings import draw_histogram, draw_yields
from server.statistics.queries import failures_of_first_tests, figures_of, newest_values
from server.statistics.shares import wilson
from server.wire.state import moment_text
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook, measurement
from tests.server.pages_site import PagesSite, pages_site

VALUES = [5.0 + 0.01 * ((index * 7) % 11) for index in range(30)]
EVER = Span(datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def told(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSite]:
    """Thirty units that passed and one that did not at first, added up."""
    book = LetterBook()
    with pages_site(prepared_site, tmp_path_factory.mktemp("statistics") / "site") as site:
        at = datetime.now(UTC) - timedelta(hours=2)
        for index, value in enumerate(VALUES):
            moment = moment_text(at + timedelta(seconds=index))
            times = {"started_at": moment, "finished_at": moment}
            rows = [measurement(value=value)]
            site.send(book.run(serial=f"FJR12611{index:04d}", measurements=rows, **times))
        moment = moment_text(at + timedelta(minutes=5))
        site.send(book.run("run-fail", "FJR126119999", started_at=moment, finished_at=moment))
        database = Database(site.site.settings.database_url)
        with database.writing() as connection:
            while sum_up(connection):
                pass
        database.close()
        yield site


def test_the_interval_is_that_of_the_books() -> None:
    """4 of 20 worked by hand from Wilson's formula."""
    interval = wilson(4, 20)
    assert math.isclose(interval.low, 0.0807, abs_tol=2e-4) and math.isclose(interval.high, 0.4160, abs_tol=2e-4)
    assert math.isclose(wilson(10, 10).high, 1.0) and math.isclose(wilson(0, 10).low, 0.0, abs_tol=1e-12)


@given(st.integers(1, 10_000), st.data())
def test_an_interval_holds_its_share_and_is_narrower_for_more(of: int, data: st.DataObject) -> None:
    good = data.draw(st.integers(0, of))
    interval, ten_times = wilson(good, of), wilson(10 * good, 10 * of)
    assert 0 <= interval.low <= good / of + 1e-12 and good / of - 1e-12 <= interval.high <= 1
    assert ten_times.high - ten_times.low < interval.high - interval.low


def test_the_lines_of_a_control_chart_come_from_the_moving_ranges() -> None:
    chart = control_chart([1.0, 2.0] * 10)
    assert chart is not None and chart.mean == 1.5 and math.isclose(chart.sigma, 1 / D2)
    assert math.isclose(chart.cpk(0.0, 2.0) or 0, 0.5 / (3 / D2))
    assert chart.odd == 0 and chart.cpk(None, None) is None
    assert control_chart([1.0] * 20) is None and control_chart([1.0, 2.0]) is None


@pytest.mark.parametrize(
    ("last", "rule"),
    [
        ([9.0], "beyond"),
        ([-2.2, -2.2], "two_of_three"),
        ([1.3, 1.3, 1.3, 1.3], "four_of_five"),
        ([0.4] * 8, "eight_in_a_row"),
    ],
)
def test_each_rule_is_broken_by_its_pattern_alone(last: list[float], rule: str) -> None:
    """Neighbours differ by 1.128, so that sigma is about 1."""
    calm = [0.564, -0.564] * 40
    chart = control_chart([*calm, *last])
    assert chart is not None
    assert rule in chart.broken[-1]
    assert not any(chart.broken[: len(calm)])


@example([0.0], 0.0, 5e-324)
@example([0.0, 5e-324], 0.0, 1.0)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_histogram_counts_every_value_once_and_stays_inside_its_frame(
    values: list[float], low: float, high: float
) -> None:
    drawn = draw_histogram(values, low, high)
    assert drawn is not None and sum(bar.count for bar in drawn.bars) == len(values)
    for bar in drawn.bars:
        assert drawn.left - 1 <= bar.x and bar.x + bar.width <= drawn.right + 1
        assert drawn.top - 1 <= bar.y and bar.y + bar.height <= drawn.bottom + 1
    assert draw_histogram([], low, high) is None


def test_months_are_those_of_the_site_and_without_a_gap() -> None:
    months = months_before(datetime(2026, 3, 1, 1, tzinfo=UTC), ZoneInfo("Asia/Shanghai"), 12)
    assert len(months) == 12 and months[0].start == datetime(2025, 3, 31, 16, tzinfo=UTC)
    assert all(before.end == after.start for before, after in pairwise(months))
    drawn = draw_yields([Yield(month, 9, 10) for month in months])
    assert drawn is not None and [point.text for point in drawn.points][:2] == ["2025-04", "2025-05"]
    assert draw_yields([Yield(months[0], 0, 0)]) is None


def test_all_figures_of_a_product_are_those_asked_for_one_by_one(told: PagesSite) -> None:
    database = Database(told.site.settings.database_url)
    with database.reading() as connection:
        all_of_them = figures_of(connection, "FJ-R1", EVER)
        assert {one.name for one in all_of_them} == {"rail_5v", "dark_current"}
        for one in all_of_them:
            (same,) = [
                other
                for other in figures(connection, "FJ-R1", [one.name], EVER)
                if other.mdef_sha256 == one.mdef_sha256
            ]
            assert (same.sums.count, same.low, same.high, same.unit) == (one.sums.count, one.low, one.high, one.unit)
            assert math.isclose(same.sums.mean, one.sums.mean) and math.isclose(same.sums.squares, one.sums.squares)
        rail = next(one for one in all_of_them if one.name == "rail_5v" and one.sums.count >= 30)
        values = newest_values(connection, "FJ-R1", rail.mdef_sha256)
        assert [one.value for one in values][:30] == VALUES
        assert [row.name for row in failures_of_first_tests(connection, "FJ-R1", EVER)] == ["dark_current"]
        assert failures_of_first_tests(connection, "FJ-N7", EVER) == []
    database.close()


def test_the_pages_show_yield_failures_and_each_measurement(told: PagesSite) -> None:
    reader = told.person("reader")
    page = reader.get("/statistics?product=FJ-R1")
    assert page.status_code == 200
    assert "96.8 %" in page.text  # 30 of 31
    link = re.search(r'href="(/statistics/[0-9a-f]{64}\?product=FJ-R1)">(?:5 V rail)', page.text)
    assert link, page.text[-3000:]
    one = reader.get(link[1])
    assert one.status_code == 200 and 'class="chart"' in one.text and "Cpk" in one.text
    assert reader.get(f"/statistics/{'0' * 64}").status_code == 404
    assert reader.get("/statistics/nonsense").status_code == 404
    assert reader.get("/statistics?product=NO-SUCH&since=yesterday&until=0001-01-01").status_code == 200


def test_two_tests_of_a_unit_stand_beside_each_other(told: PagesSite) -> None:
    book = LetterBook()
    serial = "FJR126118888"
    first = book.run(serial=serial, measurements=[measurement(value=4.80), measurement(name="only_before")])
    second = book.run(serial=serial, measurements=[measurement(value=5.10), measurement(name="only_after")])
    for letter in (first, second):
        told.send(letter)
    reader, unit_id = told.person("reader"), first.content["unit"]["id"]
    page = reader.get(f"/units/{unit_id}/runs/{second.id}/beside").text
    assert "+60.0 %" in page and "4.8 V" in page and "5.1 V" in page
    assert page.count("not measured") == 2
    turned = reader.get(f"/units/{unit_id}/runs/{first.id}/beside?other={second.id}").text
    assert "-60.0 %" in turned
    assert f"/runs/{second.id}/beside" in reader.get(f"/units/{unit_id}/runs/{second.id}").text
    assert reader.get(f"/units/{unit_id}/runs/{unit_id}/beside").status_code == 404

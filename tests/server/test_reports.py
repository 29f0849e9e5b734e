"""The monthly report counts the records, is frozen once with its digest, and a restatement says what differs."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from server.admin.author import Author
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed
from server.reports.flows import freeze, month_span
from server.reports.queries import count_month, differences, versions
from server.reports.sections import SECTIONS
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook
from tests.server.pages_site import PagesSite, arrival_form, csrf_of, pages_site

pytestmark = pytest.mark.both_databases
SERIALS = ("FJR126114001", "FJR126114002")


@pytest.fixture
def house(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSite]:
    """Two units came, one was tested and is good."""
    with pages_site(prepared_site, tmp_path_factory.mktemp("reports") / "site") as site:
        clerk = site.person("logistics")
        assert clerk.post("/arrivals", data=arrival_form(clerk, serials="\n".join(SERIALS))).status_code == 303
        site.send(LetterBook().run(serial=SERIALS[0]))
        yield site


def this_month(house: PagesSite) -> str:
    return datetime.now(UTC).astimezone(house.site.settings.zone).strftime("%Y-%m")


def later(house: PagesSite, days: int = 40) -> datetime:
    """When this month is over."""
    return datetime.now(UTC) + timedelta(days=days)


def test_a_month_is_counted_frozen_once_and_restated_with_what_differs(house: PagesSite) -> None:
    settings, month = house.site.settings, this_month(house)
    database = Database(settings.database_url)
    with database.reading() as connection:
        counted = count_month(connection, month_span(month, settings), datetime.now(UTC))
    assert counted["received"] == [["FJ-R1", "repair", 2]] and counted["open_at_end"] == [["FJ-R1", 2]]
    assert counted.keys() == SECTIONS.keys()
    assert all(len(row) == len(SECTIONS[name]) for name, rows in counted.items() for row in rows)
    with database.writing() as connection:
        with pytest.raises(BadInput, match="has not ended"):
            freeze(connection, month, settings, Author("assistant", datetime.now(UTC)))
        with pytest.raises(NotAllowed):
            freeze(connection, month, settings, Author("logistics", later(house)))
        first = freeze(connection, month, settings, Author("assistant", later(house)))
        assert (first.version, first.sha256) == (1, hashlib.sha256(first.document.encode()).hexdigest())
        with pytest.raises(Contradiction, match="nothing changed since version 1"):
            freeze(connection, month, settings, Author("assistant", later(house, 41)))
    clerk = house.person("logistics")
    assert clerk.post("/arrivals", data=arrival_form(clerk, number="SF2", serials="FJR126114003")).status_code == 303
    with database.writing() as connection:
        second = freeze(connection, month, settings, Author("supervisor", later(house, 42)))
        found = versions(connection, settings.site, month)
        assert [one.version for one in found] == [2, 1] and found[1].sections == first.sections
    gone, come = differences(first.sections, second.sections)["received"]
    assert (gone, come) == ([["FJ-R1", "repair", 2]], [["FJ-R1", "repair", 3]])
    database.close()


def test_the_pages_show_the_month_and_refuse_to_freeze_what_runs_on(house: PagesSite) -> None:
    assistant, month = house.person("assistant"), this_month(house)
    assert month in assistant.get("/reports").text
    page = assistant.get(f"/reports/{month}")
    assert page.status_code == 200 and "not frozen" in page.text and "The month is not over" in page.text
    assert "Freeze as a version" not in page.text
    data = {"csrf": csrf_of(page)}
    assert assistant.post(f"/reports/{month}", data=data).status_code == 409
    assert assistant.post("/reports/2020-01", data=data).headers["location"] == "/reports/2020-01?version=1"
    frozen = assistant.get("/reports/2020-01?version=1").text
    assert "SHA-256" in frozen and "version 1" in frozen
    reader = house.person("reader")
    assert reader.post("/reports/2020-02", data={"csrf": csrf_of(reader.get("/reports"))}).status_code == 403
    assert reader.get("/reports/2020-01?version=7").status_code == 404
    assert reader.get("/reports/2020-13").status_code == 422


def test_the_workbook_has_a_cover_and_a_sheet_for_each_section(house: PagesSite) -> None:
    answer = house.person("assistant", "zh-CN").get(f"/reports/{this_month(house)}/report.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert len(book.worksheets) == 1 + len(SECTIONS)
    assert [cell.value for cell in book.worksheets[0][1]] == ["月份", this_month(house)]
    received = book["本月接收"]
    assert [cell.value for cell in received[2]] == ["FJ-R1", "维修", 2]

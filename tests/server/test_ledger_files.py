"""A ledger's file has exactly the lines that its page's filter finds, in the reader's words; nothing is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import openpyxl
import pytest

from server.errors import BadInput
from server.web import ledger_file
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook
from tests.server.pages_site import PagesSite, arrival_form, pages_site

SERIALS = ("FJR126115001", "FJR126115002", "FJR126115003")


@pytest.fixture(scope="module")
def house(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSite]:
    book = LetterBook()
    with pages_site(prepared_site, tmp_path_factory.mktemp("files") / "site") as site:
        clerk = site.person("logistics")
        form = arrival_form(clerk, number="SF5001", reason="=1+1", serials="\n".join(SERIALS))
        assert clerk.post("/arrivals", data=form).status_code == 303
        for letter in (book.run(serial=SERIALS[0]), book.run("run-fail", SERIALS[1]), book.burn()):
            site.send(letter)
        yield site


def lines(site: PagesSite, path: str, language: str = "en") -> list[list[str]]:
    answer = site.person("reader", language).get(path)
    assert answer.status_code == 200, answer.text
    assert (
        answer.headers["content-type"].startswith("text/csv") and "attachment" in answer.headers["content-disposition"]
    )
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_test_ledger_as_csv_says_what_the_filter_finds(house: PagesSite) -> None:
    titles, *rows = lines(house, "/runs.csv")
    assert titles[:3] == ["Verdict", "Serial number", "Product"] and len(rows) == 2
    failed = lines(house, "/runs.csv?verdict=FAIL")[1:]
    assert [row[:2] for row in failed] == [["FAIL", SERIALS[1]]]
    assert failed[0][titles.index("Failed measurements")] != ""
    chinese, *same = lines(house, "/runs.csv?verdict=FAIL", "zh-CN")
    assert chinese[1] == "序列号" and same[0][0] == "不合格"
    assert lines(house, "/runs.csv?text=NOTHING")[1:] == []


def test_cases_burns_and_waybills_are_files_too(house: PagesSite) -> None:
    titles, *rows = lines(house, "/cases.csv?state=received")
    assert {row[0] for row in rows} == {SERIALS[2]} | ({SERIALS[0], SERIALS[1]} & {row[0] for row in rows})
    assert {row[titles.index("Reason for the return")] for row in rows} == {"'=1+1"}
    assert len(lines(house, "/burns.csv")) == 2
    titles, row = lines(house, "/waybills.csv?text=SF5001")
    assert (row[titles.index("Waybill")], row[titles.index("Units")]) == ("SF5001", "3")


@pytest.mark.parametrize("path", ["/runs", "/cases", "/burns", "/waybills"])
def test_a_workbook_has_the_same_lines_and_another_suffix_is_none(house: PagesSite, path: str) -> None:
    answer = house.person("reader").get(f"{path}.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert sheet.max_row == len(lines(house, f"{path}.csv"))
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert house.person("reader").get(f"{path}.exe").status_code == 404
    assert f'href="{path}.xlsx' in house.person("reader").get(path).text


def test_too_many_lines_are_refused_and_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    class Line:
        id = "1"

    monkeypatch.setattr(ledger_file, "MOST_ROWS", 2000)
    assert len(list(ledger_file.every(lambda after, limit: [Line()] * (limit if after is None else 3)))) == 1003
    with pytest.raises(BadInput, match="narrow it"):
        list(ledger_file.every(lambda after, limit: [Line()] * limit))

"""The parts ledger by its pages: what is typed and scanned moves stock, and what stands in the way is said there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
import openpyxl
import pytest
from typer.testing import CliRunner

from server.admin.permissions import permissions
from server.cli import app
from server.parts.part_file import rows_of
from server.parts.plan import months_until, plan
from server.parts.queries import PartFilter, part_rows, parts_by_number
from server.web.spreadsheet import as_csv, as_xlsx
from tests.server.conftest import RunningServer, Site
from tests.server.order_desk import shared_server
from tests.server.pages_site import HTML, csrf_of
from tests.server.stock_room import StockRoom, made_id
from tests.server_process import environment_of

PAGES = ("", "/movements", "/requests", "/valuable", "/plan", "/places", "/burn-orders")
ROLES = ("reader", "technician", "repair_leader", "parts_clerk", "supervisor")
FORMS = {
    "/new": "parts.master",
    "/import": "parts.master",
    "/hand/receive": "parts.move",
    "/hand/issue": "parts.move",
    "/hand/return": "parts.move",
    "/hand/move": "parts.move",
    "/count": "parts.move",
    "/requests/new": "parts.request",
    "/requests/new?kind=kit": "parts.request",
    "/requests/new?kind=scrap": "parts.request",
}


@pytest.fixture(scope="module")
def server(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("stock-pages") / "site") as running:
        yield running


@pytest.fixture(scope="module")
def people(server: RunningServer) -> dict[str, httpx.Client]:
    """A browser of each role that does something here, and of one that only reads, logged in."""
    made = {role: server.log_in(role) for role in ROLES}
    for client in made.values():
        del client.headers["X-CSRF-Token"]
        client.headers.update(HTML)
    return made


@pytest.fixture
def clerk(people: dict[str, httpx.Client]) -> httpx.Client:
    return people["parts_clerk"]


@pytest.fixture
def room(server: RunningServer) -> StockRoom:
    return StockRoom(server.database, server.site.settings)


def send(person: httpx.Client, path: str, /, **fields: object) -> httpx.Response:
    return person.post(path, data={"csrf": csrf_of(person.get("/parts")), **fields})


def part_path(room: StockRoom, number: str) -> str:
    with room.database.reading() as connection:
        return f"/parts/{parts_by_number(connection, [number])[number].id}"


def test_every_page_is_drawn_for_everybody_and_every_form_for_those_who_may(
    room: StockRoom, people: dict[str, httpx.Client]
) -> None:
    one = part_path(room, room.part("LCD", stock=1, is_valuable=True, minimum="2"))
    for role, person in people.items():
        for path in PAGES:
            assert person.get(f"/parts{path}").status_code == 200, (role, path)
        assert person.get(one).status_code == 200
        for path, action in FORMS.items():
            wanted = 200 if permissions().allows(role, action) else 403
            assert person.get(f"/parts{path}").status_code == wanted, (role, path)
    chinese = people["parts_clerk"].get("/parts", headers={"Accept-Language": "zh-CN"}).text
    assert "配件台账" in chinese and "贵重" in chinese and "低于最低库存" in chinese


def test_a_part_is_put_on_record_changed_and_found_by_its_scanned_number(room: StockRoom, clerk: httpx.Client) -> None:
    number = f"C#1/{room.mark}"
    fields = {"number": number, "name_zh": "电容", "unit": "个", "kind": "component", "minimum": "5", "place": "STORE"}
    refused = send(clerk, "/parts", **(fields | {"minimum": "five", "supplier": "typed"}))
    assert (
        refused.status_code == 422 and "minimum is a whole number" in refused.text and 'value="typed"' in refused.text
    )
    made = send(clerk, "/parts", **fields)
    assert made.status_code == 303
    path = clerk.get(made.headers["location"]).headers["location"]
    page = clerk.get(path).text
    assert number in page and "below the minimum" in page
    again = send(clerk, "/parts", **fields)
    assert again.status_code == 409 and "on record already" in again.text and number in again.text
    form = clerk.get(f"{path}/change").text
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version and version[1] == "1"
    assert send(clerk, f"{path}/change", **(fields | {"minimum": "0", "version": "1"})).status_code == 303
    stale = send(clerk, f"{path}/change", **(fields | {"minimum": "9", "version": "1"}))
    assert stale.status_code == 409 and "changed in the meantime" in stale.text
    assert send(clerk, f"{path}/retire", version="2").status_code == 303
    assert "out of use" in clerk.get(path).text and number not in clerk.get("/parts").text


def test_parts_are_received_issued_and_returned_by_scan_and_what_is_short_is_said(
    room: StockRoom, clerk: httpx.Client
) -> None:
    number, other = room.part(), room.part("R")
    done = send(clerk, "/parts/hand/receive", command=made_id(), lines=f"{number} 5\n{other}\n{other}", document="SH-1")
    assert done.status_code == 303
    told = clerk.get(done.headers["location"]).text
    assert "2 parts have moved" in told and f"{number}</code></a> × 5" in told and "autofocus" in told
    assert (room.at(number), room.at(other)) == (5, 2)
    short = send(
        clerk, "/parts/hand/issue", command=made_id(), lines=f"{number} 6", target=room.bench, person="typed name"
    )
    assert short.status_code == 409 and "there are fewer than that" in short.text
    assert f"{number} · STORE: 5 &lt; 6" in short.text and "typed name" in short.text and f"{number} 6" in short.text
    unknown = send(clerk, "/parts/hand/issue", command=made_id(), lines="NO-SUCH-PART 1", target=room.bench)
    assert unknown.status_code == 422 and "<code>NO-SUCH-PART</code>" in unknown.text
    nowhere = send(clerk, "/parts/hand/issue", command=made_id(), lines=f"{number} 1", target="CASE")
    assert nowhere.status_code == 422 and "number of the return case is missing" in nowhere.text
    command = {"command": made_id(), "lines": f"{number} 2", "target": room.bench}
    assert [send(clerk, "/parts/hand/issue", **command).status_code for _ in range(2)] == [303, 303]
    assert room.at(number, room.bench) == 2, "a form sent twice is one"
    assert send(clerk, "/parts/hand/return", command=made_id(), lines=number, source=room.bench).status_code == 303
    assert send(clerk, "/parts/hand/move", command=made_id(), lines=number, source="STORE", target="CABINET")
    assert [room.at(number, code) for code in ("STORE", "CABINET", room.bench)] == [3, 1, 1]
    assert clerk.get("/parts/hand/steal").status_code == 404


def test_a_request_goes_from_the_technician_by_the_leader_to_the_clerk(
    room: StockRoom, people: dict[str, httpx.Client]
) -> None:
    technician, leader, clerk = people["technician"], people["repair_leader"], people["parts_clerk"]
    number = room.part("LCD", stock=2, is_valuable=True)
    form = technician.get(f"/parts/requests/new?lines={number}").text
    command = re.search(r'name="command" value="([0-9a-f-]{36})"', form)
    assert command and number in form
    wish = {"command": command[1], "kind": "requisition", "lines": f"{number} 1", "source": "STORE"}
    missing = send(technician, "/parts/requests", **wish, target="nowhere")
    assert missing.status_code == 422 and "do not go to this place" in missing.text
    path = send(technician, "/parts/requests", **wish, target=room.bench).headers["location"]
    assert "Approve</button>" not in technician.get(path).text
    assert "Approve</button>" in leader.get(path).text and path in leader.get("/parts/requests").text
    early = send(clerk, f"{path}/handover", command=made_id())
    assert early.status_code == 409 and "not approved yet" in early.text
    assert send(technician, f"{path}/decision", decision="approved").status_code == 403
    refuse = send(leader, f"{path}/decision", decision="refused")
    assert refuse.status_code == 422 and "Say why" in refuse.text
    assert send(leader, f"{path}/decision", decision="approved").status_code == 303
    assert "to be handed out" in clerk.get("/parts").text
    assert send(clerk, f"{path}/handover", command=made_id()).status_code == 303
    assert "done" in clerk.get(path).text and room.at(number, room.bench) == 1
    assert path not in clerk.get("/parts/requests").text and path in clerk.get("/parts/requests?state=done").text
    assert number in clerk.get("/parts/valuable").text and room.bench in clerk.get("/parts/valuable").text
    own = send(leader, "/parts/requests", **(wish | {"command": made_id()}), target=room.bench).headers["location"]
    same = send(leader, f"{own}/decision", decision="approved")
    assert same.status_code == 403 and "Another person has to do this" in same.text
    assert send(leader, f"{own}/cancellation", reason="not needed").status_code == 303
    assert "not needed" in leader.get(own).text


def test_a_count_is_typed_into_the_sheet_and_an_old_sheet_is_refused(room: StockRoom, clerk: httpx.Client) -> None:
    number, other = room.part(stock=5), room.part("R", stock=1)
    assert f'value="{number}"' in clerk.get("/parts/count?place=STORE").text
    sheet = {"place": "STORE", "number": [number, other], "expected": ["5", "1"]}
    wrong = send(clerk, "/parts/count", **sheet, command=made_id(), counted=["4", "x"], reason="lost")
    assert wrong.status_code == 422 and f"{other}: x" in wrong.text and 'value="4"' in wrong.text
    unsaid = send(clerk, "/parts/count", **sheet, command=made_id(), counted=["4", ""])
    assert unsaid.status_code == 422 and "Say why" in unsaid.text
    done = send(clerk, "/parts/count", **sheet, command=made_id(), counted=["4", ""], reason="lost")
    assert "on record" in clerk.get(done.headers["location"]).text
    late = send(clerk, "/parts/count", **sheet, command=made_id(), counted=["5", "1"])
    assert late.status_code == 409 and f"{number}: 5 → 4" in late.text
    assert (room.at(number), room.at(other)) == (4, 1)


def test_a_movement_is_taken_back_from_the_ledger(room: StockRoom, people: dict[str, httpx.Client]) -> None:
    number = room.part()
    (received,) = room.receive(number, 5)
    path = f"/parts/movements/{received}/reversal"
    assert send(people["technician"], path, reason="no").status_code == 403
    unsaid = send(people["supervisor"], path)
    assert unsaid.status_code == 422 and "Say why" in unsaid.text
    assert [send(people["supervisor"], path, reason="typed twice").status_code for _ in range(2)] == [303, 303]
    ledger = people["reader"].get(f"/parts/movements?text={number}").text
    assert ledger.count("taken back") == 2 + 1 and "typed twice" in ledger, "a badge, its kind, and the filter's word"
    assert room.at(number) == 0


def xlsx_rows(content: bytes) -> list[list[str]]:
    """The cells of the one sheet, as texts."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def test_the_files_hold_exactly_what_is_filtered(room: StockRoom, clerk: httpx.Client) -> None:
    number = room.part(stock=7, name_en="=SUM(A1)")
    room.issue(number, 2)
    room.part("R", stock=3)
    for path, titles, rows in (
        ("/parts/list", "Part number", [number]),
        ("/parts/movements", "Day", ["issue", "goods received"]),
        ("/parts/plan", "Part number", [number]),
    ):
        plain = clerk.get(f"{path}.csv?text={number}")
        assert (
            plain.headers["content-type"].startswith("text/csv")
            and "attachment" in plain.headers["content-disposition"]
        )
        found = list(csv.reader(io.StringIO(plain.content.decode("utf-8-sig"))))
        assert found[0][0] == titles and len(found) == len(rows) + 1
        assert [next(cell for cell in row if cell in rows) for row in found[1:]] == rows
        book = xlsx_rows(clerk.get(f"{path}.xlsx?text={number}").content)
        assert len(book) == len(rows) + 1 and book[0] == found[0]
        assert any("=SUM(A1)" in cell for row in book for cell in row)
        assert not any(cell.startswith("=") for row in found for cell in row), "a text is no formula"
    issued = list(csv.reader(io.StringIO(clerk.get(f"/parts/movements.csv?text={number}&kind=issue").text)))
    assert len(issued) == 2
    paper = clerk.get(f"{part_path(room, number)}/ledger.csv", headers={"Accept-Language": "zh-CN"})
    lines = list(csv.reader(io.StringIO(paper.content.decode("utf-8-sig"))))
    assert lines[0][:6] == ["日期", "凭证", "业务", "收入", "发出", "结存"]
    assert [line[3:6] for line in lines[1:]] == [["7", "", "7"], ["", "2", "5"]]
    assert clerk.get("/parts/valuable.xlsx").content[:2] == b"PK"
    assert clerk.get("/parts/list.pdf").status_code == 404


def test_a_file_without_rows_has_its_titles() -> None:
    assert as_csv(["a"], []) == b"\xef\xbb\xbfa\r\n"
    assert xlsx_rows(as_xlsx("x", ["a", "b"], [])) == [["a", "b"]]


def test_the_balance_of_a_past_day_is_shown(room: StockRoom, clerk: httpx.Client) -> None:
    number = room.part(stock=7)
    today = datetime.now(room.settings.zone).date()
    for day, balance in ((today, "7"), (today - timedelta(days=1), "0")):
        found = clerk.get(f"/parts/list.csv?text={number}&on={day}").content.decode("utf-8-sig")
        assert list(csv.reader(io.StringIO(found)))[1][4] == balance
    assert "Balances at the end of" in clerk.get(f"/parts?text={number[:4]}&on={today}").text


def test_a_list_of_parts_is_tried_before_it_is_taken_and_each_refused_row_says_why(
    room: StockRoom, clerk: httpx.Client
) -> None:
    number, other, known = f"N-{room.mark}", f"V-{room.mark}", room.part("K", minimum="1")
    text = (
        "编号,名称,单位,类别,最低库存,库位,期初库存,贵重\n"
        f"{number},电阻,个,元件,10,STORE,25,\n"
        f"{other},屏,块,模块,1,CABINET,2,是\n"
        f"{known},电容,个,元件,3,,9,\n"
        f"{number},又一次,个,元件,1,,,\n"
        "X Y,空格,个,元件,1,,,\n"
        "Z1,库位,个,元件,1,NOWHERE,,\n"
        "Z2,类别,个,东西,1,,,\n"
        "Z3,库存,个,元件,1,,many,\n"
    )
    file = {"file": ("parts.csv", text.encode("gb18030"), "text/csv")}
    tried = clerk.post("/parts/import", data={"csrf": csrf_of(clerk.get("/parts"))}, files=file)
    assert (
        tried.status_code == 200 and "3 parts would be put on record" in tried.text and "5 rows refused" in tried.text
    )
    for words in ("X Y", "NOWHERE", "Choose a kind", "opening stock is a whole number", "on record already"):
        assert words in tried.text, words
    with room.database.reading() as connection:
        assert not parts_by_number(connection, [number]), "nothing was changed"
    taken = send(clerk, "/parts/import", text=text, is_meant="true")
    assert "3 parts were put on record" in taken.text
    assert (room.at(number), room.at(other, "CABINET"), room.at(known)) == (25, 2, 0)
    with room.database.reading() as connection:
        assert parts_by_number(connection, [other])[other].is_valuable
        assert parts_by_number(connection, [known])[known].minimum == 3
    again = send(clerk, "/parts/import", text=text)
    assert "3 rows are on record already" in again.text
    assert "no CSV file" in send(clerk, "/parts/import", text="a,b\n1,2\n").text
    assert rows_of("number,name_zh\nA,B\n")[0].form.unit == "个"


def test_places_have_a_keeper_and_one_that_is_in_use_stays(room: StockRoom, clerk: httpx.Client) -> None:
    code = f"SHELF-{room.mark}"
    assert send(clerk, "/parts/places", code=code, name_zh="货架", kind="store", custodian="hanmei").status_code == 303
    taken = send(clerk, "/parts/places", code=code, name_zh="货架", kind="store")
    assert taken.status_code == 409 and code in taken.text
    page = clerk.get("/parts/places").text
    place_id = page[: page.index(f"<code>{code}</code>") + 2000].rpartition("/parts/places/")[2][:36]
    assert "hanmei" in page
    number = room.part(place=code, stock=1)
    used = send(clerk, f"/parts/places/{place_id}/retire", version="1")
    assert used.status_code == 409 and "there is stock of it" in used.text
    assert send(clerk, f"/parts/places/{place_id}", name_zh="货架二", custodian="lilei", version="1").status_code == 303
    assert "lilei" in clerk.get("/parts/places").text and number in clerk.get(f"/parts?place={code}").text


def test_the_plan_buys_what_the_last_months_used(room: StockRoom, clerk: httpx.Client) -> None:
    number = room.part(stock=90, minimum="10")
    room.issue(number, 60)
    room.use(number, 45)
    room.give_back(number, 15, source="CASE", case_no=f"RC-{room.mark}")
    zone, now = room.settings.zone, datetime.now(UTC)
    months = months_until(now, zone)
    assert len(months) == 7 and months[-1].span.start <= now < months[-1].span.end
    assert all(one.span.end == other.span.start for one, other in pairwise(months))
    later = months_until(months[-1].span.end + timedelta(days=1), zone)
    with room.database.reading() as connection:
        (row,) = plan(connection, PartFilter(text=number), later, 3, False)
        assert row.used == (0, 0, 0, 0, 0, 30, 0) and row.row.in_stock == 60
        assert (row.average, row.suggested) == (10.0, 0), "10 + 10 × 3 − 60"
        (row,) = plan(connection, PartFilter(text=number), later, 6, True)
        assert row.suggested == 10
        assert plan(connection, PartFilter(text=number), later, 1, True) == []
    page = clerk.get(f"/parts/plan?text={number}&cover=99").text
    assert number in page and "months to cover − in stock" in page and 'value="1"' in page


def test_the_list_goes_on_where_the_page_before_ended(room: StockRoom, clerk: httpx.Client) -> None:
    numbers = [room.part(f"P{index:02}") for index in range(52)]
    with room.database.reading() as connection:
        assert len(part_rows(connection, PartFilter(text=room.mark), limit=None)) == 52
    first = clerk.get(f"/parts?text={room.mark}").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following and numbers[49] in first and numbers[50] not in first
    second = clerk.get(following[1].replace("&amp;", "&")).text
    assert numbers[50] in second and numbers[51] in second and numbers[49] not in second


def test_the_command_line_says_whether_the_ledger_is_sound(room: StockRoom, server: RunningServer) -> None:
    room.part(stock=3)
    given = environment_of(server.site.folder)
    sound = CliRunner().invoke(app, ["parts", "verify"], env=given)
    assert (sound.exit_code, sound.output) == (0, "the parts ledger is sound\n")
    assert CliRunner().invoke(app, ["parts", "rebuild"], env=given).output.endswith("balances made anew\n")

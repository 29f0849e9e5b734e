"""The pages of repair without a script: a unit is taken, repaired, corrected, given out, scrapped, and counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from server.admin.permissions import permissions
from server.repairs.queries import GOES_ON, SCRAP, entries_of_case
from server.wire.ids import new_id
from tests.server.conftest import RunningServer, Site
from tests.server.order_desk import shared_server
from tests.server.pages_site import PagesSite, csrf_of
from tests.server.repair_shop import FAILED, UnitInRepair, now


@pytest.fixture(scope="module")
def shop(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with shared_server(prepared_site, tmp_path_factory.mktemp("shop") / "site") as server:
        yield server


@pytest.fixture(scope="module")
def people(shop: RunningServer) -> Iterator[PagesSite]:
    made = PagesSite(shop.site, shop.url, [])
    yield made
    for client in made.clients:
        client.close()


@pytest.fixture(scope="module")
def technician(people: PagesSite) -> httpx.Client:
    return people.person("technician")


@pytest.fixture(scope="module")
def leader(people: PagesSite) -> httpx.Client:
    return people.person("repair_leader")


@pytest.fixture
def unit(shop: RunningServer) -> UnitInRepair:
    return UnitInRepair(shop).receive()


def field(html: str, name: str) -> str:
    """The value of an input, or the chosen option of a select."""
    if found := re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', html):
        return found[1]
    select = re.search(rf'<select[^>]* name="{name}".*?</select>', html, re.DOTALL)
    assert select, f"there is no field {name}"
    chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', select[0])
    return "" if chosen is None else chosen[2] if chosen[1] is None else chosen[1]


def typed(client: httpx.Client, path: str, **fields: str) -> dict[str, str]:
    """The form of a repair as a browser would send it, with ``fields`` typed in."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    names = ["id", "corrects", "answers", "started", "ended", "outcome"]
    said = {name: field(answer.text, name) for name in names}
    return said | {"csrf": csrf_of(answer), "symptom": "S11", "cause": "C11", "action": "A11"} | fields


def test_a_scan_takes_the_unit_and_shows_what_failed_with_its_limit(
    technician: httpx.Client, unit: UnitInRepair
) -> None:
    run_id = unit.test("FAIL")
    queue = technician.get("/repairs")
    assert unit.serial in queue.text
    taken = technician.post("/repairs/take", data={"csrf": csrf_of(queue), "serial": f" {unit.serial.lower()} "})
    assert (taken.status_code, taken.headers["location"]) == (303, f"/repairs/cases/{unit.case_id}")
    page = technician.get(taken.headers["location"]).text
    assert unit.case.owner == "technician"
    assert "9.4 mA" in page and "≤ 5 mA" in page and unit.reason in page
    assert field(page, "answers") == f"{run_id} {FAILED}", "the first failed measurement is what the repair answers"
    assert 'name="symptom" required' in page and "autofocus" in page


@pytest.mark.parametrize(
    ("serial", "said"),
    [("FJR199999999", "No return case of FJR199999999 is open."), ("\x07", "This cannot be a serial number.")],
)
def test_a_scan_that_leads_nowhere_says_so(technician: httpx.Client, serial: str, said: str) -> None:
    answer = technician.post("/repairs/take", data={"csrf": csrf_of(technician.get("/repairs")), "serial": serial})
    assert answer.status_code in (404, 422)
    assert said in answer.text


def test_a_unit_of_another_technician_is_not_taken(
    technician: httpx.Client, leader: httpx.Client, unit: UnitInRepair
) -> None:
    for client, status in ((leader, 303), (technician, 409)):
        answer = client.post("/repairs/take", data={"csrf": csrf_of(client.get("/repairs")), "serial": unit.serial})
        assert answer.status_code == status
    assert "with somebody else" in answer.text


def test_a_repair_goes_on_record_and_the_focus_is_back_where_units_are_scanned(
    technician: httpx.Client, unit: UnitInRepair
) -> None:
    unit.test("FAIL")
    path = f"/repairs/cases/{unit.case_id}"
    form = typed(technician, path, designators="f1, u3", parts="FUSE-10A 2\nfuse-10a", note="熔断")
    put = technician.post(f"{path}/entries", data=form)
    assert (put.status_code, put.headers["location"]) == (303, f"/repairs?done={form['id']}")
    queue = technician.get(put.headers["location"]).text
    assert f"<code>{unit.serial}</code>" in queue and "awaiting test" in queue and "Fuse blown" in queue
    assert re.search(r'id="serial"[^>]* autofocus', queue)
    with unit.server.database.reading() as connection:
        (entry,) = entries_of_case(connection, unit.case.unit_id, unit.case_id)
    assert (entry.designators, entry.parts[0].number, entry.parts[0].quantity) == (("F1", "U3"), "FUSE-10A", 3)
    assert technician.post(f"{path}/entries", data=form).status_code == 303, "sent twice is on record once"
    timeline = technician.get(f"/units/{entry.unit_id}").text
    assert "Fuse blown" in timeline and "FUSE-10A" in timeline


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cause": "C62"}, "Choose a cause that is offered for this symptom."),
        ({"designators": "1F"}, "it is a designator such as U3 or C812"),
        ({"parts": "FUSE 1 2 3"}, "A part cannot be"),
        ({"started": "soon"}, "The beginning is missing"),
        ({"ended": "2020-01-01T00:00"}, "The end is missing, before the beginning"),
        ({"outcome": SCRAP}, "Say why it is to be scrapped."),
        ({"id": "x"}, "The form is damaged"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    technician: httpx.Client, unit: UnitInRepair, fields: dict[str, str], said: str
) -> None:
    path = f"/repairs/cases/{unit.case_id}"
    answer = technician.post(f"{path}/entries", data=typed(technician, path, **{"note": "my note", **fields}))
    assert answer.status_code == 422
    assert said in answer.text and "my note" in answer.text and "Nothing was recorded yet." in answer.text
    assert field(answer.text, "symptom") == "S11"


def test_what_fixed_it_before_is_shown_and_can_be_taken_over(technician: httpx.Client, shop: RunningServer) -> None:
    for _ in range(2):
        before = UnitInRepair(shop).receive()
        run_id = before.test("FAIL")
        before.repair(run_id=run_id, measurement=FAILED, symptom="S13", cause="C64", designators=("U77",))
        before.test("PASS", "outgoing", now() + timedelta(seconds=1))
    unit = UnitInRepair(shop).receive()
    unit.test("FAIL")
    page = technician.get(f"/repairs/cases/{unit.case_id}").text
    assert "CAN transceiver failed" in page and "U77" in page
    link = re.search(r'href="([^"]*symptom=S13[^"]*)"', page)
    assert link
    brought = technician.get(link[1].replace("&amp;", "&")).text
    assert [field(brought, name) for name in ("symptom", "cause", "action")] == ["S13", "C64", "A11"]
    assert "Had the wiring corrected" not in brought, "only the actions of this cause are offered"


def test_a_repair_is_corrected_in_a_form_that_has_it(technician: httpx.Client, unit: UnitInRepair) -> None:
    before = unit.repair().entry
    path = f"/repairs/cases/{unit.case_id}?corrects={before.id}"
    form = typed(technician, path, cause="C14", designators="C812")
    assert form["corrects"] == before.id
    refused = technician.post(f"/repairs/cases/{unit.case_id}/entries", data=form)
    assert refused.status_code == 422 and "Say why in the note" in refused.text
    put = technician.post(f"/repairs/cases/{unit.case_id}/entries", data=form | {"note": "看错"})
    assert put.status_code == 303
    page = technician.get(f"/repairs/cases/{unit.case_id}").text
    assert "corrected" in page and "Capacitor failed" in page


def test_nothing_found_goes_to_test_without_a_repair(technician: httpx.Client, unit: UnitInRepair) -> None:
    path = f"/repairs/cases/{unit.case_id}"
    unit.test("PASS")
    unit.move("repair")
    page = technician.get(path)
    assert "Its incoming test passed: no fault found." in page.text
    sent = technician.post(f"{path}/ready", data={"csrf": csrf_of(page)})
    assert (sent.status_code, unit.case.state) == (303, "awaiting_test")
    faulty = UnitInRepair(unit.server).receive()
    faulty.test("FAIL")
    answer = technician.post(f"/repairs/cases/{faulty.case_id}/ready", data={"csrf": csrf_of(page)})
    assert answer.status_code == 409 and "nothing was done since" in answer.text


def test_the_leader_gives_units_out_by_day_and_sees_how_old_they_are(
    leader: httpx.Client, technician: httpx.Client, unit: UnitInRepair
) -> None:
    board = leader.get("/repairs/board")
    other = UnitInRepair(unit.server).receive()
    ticked = {"csrf": csrf_of(board), "cases": [unit.case_id, other.case_id], "owner": "technician"}
    given = leader.post("/repairs/board/assign", data=ticked | {"due_on": "2020-01-02"})
    assert given.status_code == 303
    assert (unit.case.owner, str(other.case.due_on)) == ("technician", "2020-01-02")
    queue = technician.get("/repairs").text
    assert queue.index(unit.serial) < queue.index("Nobody has these yet") and "overdue" in queue
    assert unit.serial in leader.get("/repairs/board?owner=technician&state=received").text
    assert unit.serial not in leader.get("/repairs/board?owner=-").text
    nothing = leader.post("/repairs/board/assign", data={"csrf": ticked["csrf"], "owner": "technician"})
    assert nothing.status_code == 422 and "Tick the units first." in nothing.text
    nobody = leader.post("/repairs/board/assign", data=ticked | {"owner": "reader"})
    assert nobody.status_code == 422 and re.search(rf'value="{unit.case_id}"[^>]* checked', nobody.text)
    mine = technician.post("/repairs/board/assign", data=ticked | {"csrf": csrf_of(technician.get("/repairs"))})
    assert mine.status_code == 403


def test_a_unit_is_scrapped_from_the_board_by_another_person(
    leader: httpx.Client, people: PagesSite, unit: UnitInRepair
) -> None:
    unit.repair(by="repair_leader", outcome=SCRAP, scrap_reason="liquid", note="主板进水")
    board = leader.get("/repairs/board").text
    assert "主板进水" in board and "another person decides" in board
    supervisor = people.person("supervisor", "zh-CN")
    page = supervisor.get("/repairs/board")
    action = re.search(rf'{unit.serial}.*?action="(/repairs/board/scrap/[^"]+)"', page.text, re.DOTALL)
    assert action
    refused = supervisor.post(action[1], data={"csrf": csrf_of(page), "decision": "refuse", "why": ""})
    assert refused.status_code == 422 and "请在备注中说明" in refused.text
    done = supervisor.post(action[1], data={"csrf": csrf_of(page), "decision": "scrap"})
    assert (done.status_code, unit.case.state) == (303, "scrapped")


def test_a_unit_is_asked_to_be_scrapped_wherever_its_case_is(
    technician: httpx.Client, leader: httpx.Client, unit: UnitInRepair
) -> None:
    unit.repair()
    path = f"/repairs/cases/{unit.case_id}"
    page = technician.get(path)
    form = {"csrf": csrf_of(page), "id": new_id(now()), "note": "摔坏"}
    refused = technician.post(f"{path}/scrap", data=form)
    assert refused.status_code == 422 and "Say why it is to be scrapped." in refused.text
    assert technician.post(f"{path}/scrap", data=form | {"reason": "not_worth_it"}).status_code == 303
    assert "To be scrapped: another person decides." in technician.get(path).text
    home = leader.get("/").text
    assert "to be scrapped: decide" in home and "units without a technician" in home
    assert "my repairs" in technician.get("/").text


def test_faults_are_drawn_with_their_figures_and_each_figure_has_its_definition(
    people: PagesSite, unit: UnitInRepair
) -> None:
    unit.repair(symptom="S99", cause="C99", action="A99", designators=("Z9",), outcome=GOES_ON, note="x")
    reader = people.person("reader")
    page = reader.get("/repairs/faults?by=cause").text
    assert '<svg class="pareto"' in page and "Another cause (say in the note)" in page
    assert "<code>Z9</code>" in reader.get("/repairs/faults?by=designator").text
    assert "No repair ended in these days." in reader.get("/repairs/faults?until=2020-01-01").text
    figures = reader.get("/repairs/figures?days=30&since=2026-01-01").text
    assert "divided by all that were diagnosed" in figures and "within 30 days" in figures
    for odd in ("by=x&since=yesterday&days=-1", "days=99999999999&until=0001-01-01", "by=designator&product=%00"):
        assert reader.get(f"/repairs/faults?{odd}").status_code == 200
        assert reader.get(f"/repairs/figures?{odd}").status_code == 200


def test_every_page_is_there_in_chinese_for_who_only_reads(people: PagesSite) -> None:
    reader = people.person("reader", "zh-CN")
    for path in ("/repairs", "/repairs/board", "/repairs/faults", "/repairs/figures", "/fault-codes"):
        answer = reader.get(path)
        assert answer.status_code == 200
        assert 'lang="zh-CN"' in answer.text and "故障代码" in answer.text
        assert people.visitor().get(path).status_code == 303


def test_a_file_of_codes_is_tried_then_taken_and_a_code_is_changed_by_hand(
    leader: httpx.Client, technician: httpx.Client
) -> None:
    page = leader.get("/fault-codes/import")
    text = "kind,code,parents,zh,en\ncause,C88,S11,测试原因,Trial cause\ncause,C89,S00,坏,Bad\n"
    upload = {"file": ("codes.csv", text.encode("gb18030"), "text/csv")}
    tried = leader.post("/fault-codes/import", data={"csrf": csrf_of(page)}, files=upload)
    assert "Nothing was changed yet." in tried.text and "1 row refused." in tried.text and "测试原因" in tried.text
    assert leader.get("/fault-codes/C88").status_code == 404
    data = {"csrf": csrf_of(page), "text": text, "is_meant": "true"}
    taken = leader.post("/fault-codes/import", data=data)
    assert "1 code was put on record." in taken.text and "Not taken" in taken.text
    code = leader.get("/fault-codes/C88")
    assert "Trial cause" in code.text
    form = {
        "csrf": csrf_of(code),
        "kind": "cause",
        "code": "C88",
        "parents": "s11",
        "zh": "另名",
        "en": "Other",
        "state": "retired",
    }
    assert leader.post("/fault-codes", data=form).headers["location"] == "/fault-codes/C88"
    assert "retired" in leader.get("/fault-codes/C88").text
    wrong = leader.post("/fault-codes", data=form | {"parents": "A11"})
    assert wrong.status_code == 422 and "no code of the kind above" in wrong.text and "另名" in wrong.text
    broken = leader.post("/fault-codes/import", data={"csrf": csrf_of(page), "text": "code\nC1"})
    assert broken.status_code == 422 and "cannot be read as fault codes" in broken.text
    assert "C88" in leader.get("/fault-codes/file.csv").text
    assert technician.get("/fault-codes/new").status_code == 403
    assert technician.get("/fault-codes?symptom=S11&cause=C11").status_code == 200


def test_the_forms_of_repair_are_for_the_roles_of_the_table(people: PagesSite, unit: UnitInRepair) -> None:
    some = new_id(now())
    for role in ("reader", "assistant"):
        client = people.person(role)
        page = client.get(f"/repairs/cases/{unit.case_id}")
        assert page.status_code == 200 and 'id="entry"' not in page.text
        data = {"csrf": csrf_of(page)}
        assert not permissions().allows(role, "cases.repair")
        for path in ("take", f"cases/{unit.case_id}/entries", f"cases/{unit.case_id}/ready", f"board/scrap/{some}"):
            assert client.post(f"/repairs/{path}", data=data).status_code == 403, (role, path)
        assert client.get("/repairs/cases/nothing").status_code == 404

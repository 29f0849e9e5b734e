"""The pages of products, parties, waybills, the dock and freight: by forms alone, as each role may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from server.admin.permissions import permissions
from server.wire.ids import new_id
from tests.server.conftest import Site
from tests.server.logistics_desk import JPEG
from tests.server.pages_site import PagesSite, arrival_form, csrf_of, pages_site

CONFIGURATION = {
    "base": "0",
    "hardware_revision": "B",
    "memory": ["main", ""],
    "firmware_version": ["2.1.0", ""],
    "checksum": ["9C3A", ""],
    "image_sha256": ["", ""],
    "code": ["remote", ""],
    "zh": ["遥控器", ""],
    "en": ["Remote control", ""],
    "quantity": ["1", "1"],
    "required": ["yes", "yes"],
    "purpose": ["", ""],
}
WRITES = {
    "/products": "products.write",
    "/products/serial-rules": "serial_rules.write",
    "/products/FJ-X1/configurations": "products.write",
    "/products/FJ-X1/activation": "products.activate",
    "/parties": "parties.write",
    "/parties/import": "parties.write",
    "/parties/import/rows": "parties.write",
    "/parties/{id}/contacts/view": "parties.personal",
    "/parties/{id}/contacts": "parties.personal",
    "/waybills": "waybills.write",
    "/waybills/{id}/status": "waybills.write",
    "/waybills/{id}/details": "waybills.write",
    "/waybills/{id}/parcel": "waybills.write",
    "/waybills/{id}/handover": "cases.ship",
    "/waybill-photos": "waybills.write",
    "/arrivals": "arrivals.write",
    "/freight/bills": "freight.write",
    "/freight/bills/{sha}": "freight.write",
    "/freight/bills/{sha}/decisions": "freight.write",
    "/freight/bills/{sha}/close": "freight.close",
}


class Desk:
    """A served site; each person logs in once."""

    def __init__(self, site: PagesSite) -> None:
        self.site, self.people, self.tokens = site, dict[str, httpx.Client](), dict[str, str]()

    def person(self, role: str) -> httpx.Client:
        if role not in self.people:
            self.people[role] = self.site.person(role)
            self.tokens[role] = csrf_of(self.people[role].get("/units"))
        return self.people[role]

    def send(self, role: str, path: str, **fields: object) -> httpx.Response:
        person = self.person(role)
        return person.post(path, data={"csrf": self.tokens[role], **fields})

    def goes(self, role: str, path: str, **fields: object) -> str:
        """Where a form that was taken leads to."""
        answer = self.send(role, path, **fields)
        assert answer.status_code == 303, re.sub(r"<[^>]+>", " ", answer.text)[-1500:]
        return answer.headers["location"]

    def file(self, role: str, path: str, name: str, content: bytes, **fields: str) -> httpx.Response:
        person = self.person(role)
        field = "photo" if path == "/waybill-photos" else "file"
        return person.post(path, data={"csrf": self.tokens[role], **fields}, files={field: (name, content)})


@pytest.fixture(scope="module")
def desk(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with pages_site(prepared_site, tmp_path_factory.mktemp("logistics") / "site") as made:
        yield Desk(made)


def waybill(desk: Desk, number: str, direction: str = "in", **fields: str) -> str:
    typed = {"direction": direction, "number": number, "courier": "顺丰速运", "source": "宁波 4S 店"} | fields
    return desk.goes("logistics", "/waybills", **typed)


def test_a_configuration_is_written_by_one_and_put_in_force_by_another(desk: Desk) -> None:
    assert desk.goes("engineer", "/products", product="FJ-X1", family="FJ-X") == "/products/FJ-X1/configuration"
    again = desk.send("engineer", "/products", product="FJ-X1", family="FJ-X")
    assert again.status_code == 409 and "so already" in again.text and 'value="FJ-X1"' in again.text
    wrong = desk.send("engineer", "/products/FJ-X1/configurations", **(CONFIGURATION | {"image_sha256": ["0", ""]}))
    assert wrong.status_code == 422 and "64 digits" in wrong.text and 'value="遥控器"' in wrong.text
    action = re.search(
        r'action="(/products/FJ-X1/[^"]+)"', desk.person("engineer").get("/products/FJ-X1/configuration").text
    )
    assert action and desk.goes("engineer", action[1], **CONFIGURATION) == "/products/FJ-X1?version=1"
    own = desk.send("engineer", "/products/FJ-X1/activation", version="1")
    assert own.status_code == 403 and "Another person" in own.text
    assert 'action="/products/FJ-X1/activation"' in desk.person("supervisor").get("/products/FJ-X1?version=1").text
    assert desk.goes("supervisor", "/products/FJ-X1/activation", version="1") == "/products/FJ-X1"
    newer = CONFIGURATION | {"base": "1", "firmware_version": ["2.2.0", ""]}
    shown = desk.person("reader").get(desk.goes("engineer", "/products/FJ-X1/configurations", **newer)).text
    assert "2.1.0 9C3A" in shown and "2.2.0 9C3A" in shown and "not in force" in shown
    late = desk.send("engineer", "/products/FJ-X1/configurations", **CONFIGURATION)
    assert late.status_code == 409 and "meanwhile" in late.text
    assert "/configuration" not in desk.person("reader").get("/products/FJ-X1").text


def test_a_serial_rule_is_added_and_retired_on_the_page(desk: Desk) -> None:
    wrong = desk.send("engineer", "/products/serial-rules", product="FJ-X1", family="FJ-X", pattern="FJX(")
    assert wrong.status_code == 422 and "no regular expression" in wrong.text and 'value="FJX("' in wrong.text
    desk.goes("engineer", "/products/serial-rules", product="FJ-X7", family="FJ-X", pattern="FJX7[0-9]{4}")
    page = desk.person("engineer").get("/products").text
    assert "FJ-X7" in page.split("products that are not on record:")[1].split("</div>")[0]
    version = re.findall(r"/products/serial-rules/(\d+)/retirement", page)[-1]
    desk.goes("engineer", f"/products/serial-rules/{version}/retirement")
    assert "FJ-X7</td>" in desk.person("engineer").get("/products").text


def test_a_contact_is_masked_until_somebody_who_may_asks_for_it(desk: Desk) -> None:
    place = desk.goes("logistics", "/parties", kind="dealer_4s", name="宁波 4S 店", region="浙江")
    desk.goes("logistics", f"{place}/contacts", name="王小芳", phone="13900001111", address="宁波市海曙区中山路 1 号")
    for role in permissions().roles:
        page = desk.person(role).get(place).text
        assert "王**" in page and "王小芳" not in page and "13900001111" not in page, role
        seen = desk.send(role, f"{place}/contacts/view")
        if permissions().allows(role, "parties.personal"):
            assert "王小芳" in seen.text and "on record" in seen.text
        else:
            assert seen.status_code == 403 and "王小芳" not in seen.text, role
    wrong = desk.send("logistics", f"{place}/contacts", name="李", phone="call me")
    assert wrong.status_code == 422 and 'value="call me"' in wrong.text
    stale = desk.send("assistant", place, base="0", kind="agent", name="宁波代理")
    assert stale.status_code == 409 and 'value="宁波代理"' in stale.text


def test_a_list_is_tried_first_and_taken_without_what_was_refused(desk: Desk) -> None:
    content = "类型,名称,电话,联系人\n客户,甲公司,13800000000,赵\n客户,甲公司,,\n火星人,乙公司,,\n".encode("gb18030")
    tried = desk.file("logistics", "/parties/import", "list.csv", content)
    assert "1 rows can be taken, 2 cannot" in tried.text and "stands in the file twice" in tried.text
    assert "甲公司" not in desk.person("reader").get("/parties").text
    text = re.search(r'name="text" hidden>(.*?)</textarea>', tried.text, re.DOTALL)
    assert text
    done = desk.send("logistics", "/parties/import/rows", text=text[1])
    assert "1 party is on record." in done.text and "The kind is none of the list." in done.text
    assert "甲公司" in desk.person("reader").get("/parties?text=甲").text
    assert desk.file("logistics", "/parties/import", "x.csv", b"\xff\xfe").status_code == 422
    assert desk.file("engineer", "/parties/import", "list.csv", content).status_code == 200
    named = desk.send("engineer", "/parties/import/rows", text="kind,name,contact,phone\ncustomer,丙,钱,138\n")
    assert named.status_code == 403, "whoever may not see contacts may not bring them in"


def test_a_waybill_has_its_way_its_freight_and_the_photo_of_its_slip(desk: Desk) -> None:
    place = waybill(desk, "sf-100", expected_units="2", weight="1.25", freight="12.5")
    page = desk.person("reader").get(place).text
    assert "SF-100" in page and "1.25 kg" in page and "12.50 CNY" in page and "2 announced" in page
    assert "Set the status" not in page
    wrong = desk.send("logistics", f"{place}/details", base="1", weight="heavy", note="kept")
    assert wrong.status_code == 422 and 'value="heavy"' in wrong.text and 'value="kept"' in wrong.text
    desk.goes("logistics", f"{place}/details", base="1", weight="900 g", freight="¥13")
    assert desk.send("assistant", f"{place}/details", base="1", weight="2").status_code == 409
    future = desk.send("logistics", f"{place}/status", status="arrived", moment="2999-01-01T00:00")
    assert future.status_code == 422 and "not in the future" in future.text
    desk.goes("logistics", f"{place}/status", status="arrived", remark="wet box")
    assert "wet box" in desk.person("reader").get(place).text
    identifier = place.rpartition("/")[2]
    answer = desk.file("logistics", "/waybill-photos", "slip.jpg", JPEG, waybill=identifier)
    assert answer.headers["location"] == f"{place}#photos"
    source = re.search(rf'src="({place}/photos/[0-9a-f]{{64}})"', desk.person("reader").get(place).text)
    assert source
    picture = desk.person("reader").get(source[1])
    assert (picture.content, picture.headers["content-type"]) == (JPEG, "image/jpeg")
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert desk.site.visitor().get(source[1]).status_code == 303
    evil = desk.file("logistics", "/waybill-photos", "slip.jpg", b"<html><script>", waybill=identifier)
    assert evil.status_code == 422 and "no JPEG, PNG or WebP picture" in evil.text
    assert desk.file("logistics", "/waybill-photos", "slip.jpg", JPEG, waybill="nonsense").status_code == 404


def test_the_ledger_is_filtered_by_what_its_address_says(desk: Desk) -> None:
    waybill(desk, "LG-1")
    waybill(desk, "LG-2", "out", freight="9")
    reader = desk.person("reader")

    def numbers(query: str) -> list[str]:
        return re.findall(r"<code>(LG-\d)</code>", reader.get(f"/waybills?text=lg{query}").text)

    assert numbers("") == ["LG-2", "LG-1"]
    assert numbers("&direction=in") == ["LG-1"]
    assert numbers("&freight=missing") == ["LG-1"]
    assert numbers("&status=announced&direction=out") == ["LG-2"]
    assert numbers("&since=2999-01-01") == []
    assert numbers("&party=nonsense&status=nonsense") == ["LG-2", "LG-1"]


def test_a_plain_form_says_what_the_units_are_and_takes_a_reason_for_each(desk: Desk) -> None:
    clerk = desk.person("logistics")
    desk.goes("engineer", "/gates/holds", what="unit", name="DK-2", reason="recall 12")
    form = arrival_form(clerk, number="DK", reason="", serials="FJR126117001; 无声\nDK-2\t死机\nBAD%SERIAL")
    looked = clerk.post("/arrivals", data=form | {"act": "check"})
    assert looked.status_code == 200 and "FJ-R1" in looked.text and "cannot be a serial number" in looked.text
    assert "held: recall 12" in looked.text and ">provisional<" in looked.text
    assert "No return case matches" in clerk.get("/cases?text=DK-2").text
    form["serials"] = "FJR126117001; 无声\nDK-2\t死机"
    received = clerk.get(clerk.post("/arrivals", data=form).headers["location"]).text
    assert "无声" in received and "死机" in received
    part = clerk.get("/arrivals/units?serial=fjr126117001").text
    assert "open case" in part and "data-warns" in part and "<html" not in part
    none = clerk.post("/arrivals", data=arrival_form(clerk, number="DK", reason="", serials="DK-3; 无声\nDK-4"))
    assert none.status_code == 422 and "Reason for the return is empty." in none.text


def test_a_reason_code_is_written_with_its_words(desk: Desk) -> None:
    clerk = desk.person("logistics")
    code = re.search(r'<option value="(S\d+) ([^"]+)" data-code="\1">', clerk.get("/arrivals/new").text)
    assert code, "the tree of fault codes offers no symptom"
    form = arrival_form(clerk, number="RC-1", reason=code[1].lower(), serials="RC-9")
    received = clerk.get(clerk.post("/arrivals", data=form).headers["location"]).text
    assert f"{code[1]} {code[2]}" in received


def test_a_parcel_is_packed_by_scan_and_says_in_words_why_it_cannot_leave(desk: Desk) -> None:
    clerk = desk.person("logistics")
    clerk.post("/arrivals", data=arrival_form(clerk, number="PK-IN", serials="FJR126117101"))
    place = waybill(desk, "PK-1", "out")
    assert desk.goes("logistics", f"{place}/parcel", serial="fjr126117101") == f"{place}/parcel?packed=FJR126117101"
    assert desk.goes("logistics", f"{place}/parcel", serial=" ") == f"{place}/parcel"
    page = clerk.get(f"{place}/parcel").text
    assert "1 unit in the parcel" in page and "Its return case is not in packing yet." in page
    assert "Hand over to the courier" not in page
    unknown = desk.send("logistics", f"{place}/parcel", serial="FJR126117199")
    assert unknown.status_code == 409 and "is not in stock" in unknown.text
    assert desk.send("logistics", f"{place}/parcel", serial="BAD%").status_code == 422
    assert desk.send("logistics", f"{place}/handover").status_code == 409
    assert desk.send("logistics", f"{place}/status", status="handed_over").status_code == 409
    removal = re.search(rf'action="({place}/parcel/[0-9a-f-]+/removal)"', page)
    assert removal
    desk.goes("logistics", removal[1])
    assert desk.send("logistics", removal[1]).status_code == 404
    assert "The parcel is empty." in clerk.get(f"{place}/parcel").text
    assert clerk.get(f"{place}/handover").status_code == 200


BILL = "运单号,方向,费用\nFB-1,寄件,12.50\nFB-2,寄件,20.00\nFB-9,寄件,5\n合计,,37.50\n".encode()


def test_a_bill_is_tried_imported_once_decided_and_its_month_closed(desk: Desk) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    beside = {"courier": "德邦快递", "month": month, "currency": "CNY"}
    for number, freight in (("FB-1", "12.50"), ("FB-2", "18"), ("FB-3", "7")):
        waybill(desk, number, "out", courier="德邦快递", freight=freight)
    broken = desk.file("assistant", "/freight/bills", "bill.csv", BILL.replace(b"37.50", b"99"), **beside)
    assert "the total is not the sum" in broken.text and "Import" not in broken.text
    tried = desk.file("assistant", "/freight/bills", "账单.csv", BILL, **beside)
    assert "Nothing is imported yet" in tried.text and "FB-3" in tried.text
    assert "No bill is on record yet." in desk.person("assistant").get("/freight").text
    place = re.search(r'action="(/freight/bills/[0-9a-f]{64})"', tried.text)
    assert place
    for _ in range(2):
        assert desk.goes("assistant", place[1], file_name="账单.csv", **beside) == place[1]
    assert "This file is on record already" in desk.file("assistant", "/freight/bills", "b.csv", BILL, **beside).text
    page = desk.person("assistant").get(place[1]).text
    assert "2 lines wait" in page and "Close the month" not in page and 'value="2.00"' in page
    assert desk.send("assistant", f"{place[1]}/close").status_code == 409
    wrong = desk.send("assistant", f"{place[1]}/decisions", position="3", decision="claim", amount="20.01")
    assert wrong.status_code == 422 and "not more than the line" in wrong.text
    desk.goes("assistant", f"{place[1]}/decisions", position="3", decision="claim", amount="2", note="=cmd|contract")
    desk.goes("assistant", f"{place[1]}/decisions", position="4", decision="accept")
    claims = desk.person("assistant").get(f"{place[1]}/claims.csv")
    assert "FB-2" in claims.text and "'=cmd" in claims.text and "FB-9" not in claims.text
    assert desk.person("assistant").get(f"{place[1]}/claims.xlsx").content.startswith(b"PK")
    assert desk.goes("assistant", f"{place[1]}/close") == place[1]
    assert "35.50" in desk.person("assistant").get("/freight").text
    late = desk.send("assistant", f"{place[1]}/decisions", position="3", decision="accept")
    assert late.status_code == 409 and "This month is closed." in late.text
    assert desk.person("logistics").get("/freight").status_code == 403


def test_a_file_that_is_no_bill_keeps_what_was_typed(desk: Desk) -> None:
    answer = desk.file("assistant", "/freight/bills", "bill.csv", b"\xff\xfe", courier="中通快递", month="2026-11")
    assert answer.status_code == 422 and 'value="中通快递"' in answer.text
    answer = desk.file("assistant", "/freight/bills", "bill.csv", BILL, courier="中通快递", month="November")
    assert answer.status_code == 422 and "2026-11" in answer.text


def test_couriers_are_compared_with_how_it_is_counted(desk: Desk) -> None:
    waybill(desk, "KP-1", "out", courier="韵达速递", freight="9")
    page = desk.person("reader").get("/couriers").text
    assert "韵达速递" in page and "How this is counted" in page and "9.00 CNY" in page
    assert "No waybill was entered" in desk.person("reader").get("/couriers?since=2999-01-01").text


@pytest.mark.parametrize("role", permissions().roles)
def test_every_form_is_for_the_roles_of_the_table_alone(desk: Desk, role: str) -> None:
    some_id = new_id(datetime.now(UTC))
    for path, action in WRITES.items():
        answer = desk.send(role, path.replace("{id}", some_id).replace("{sha}", "ab" * 32), direction="in")
        if permissions().allows(role, action):
            assert answer.status_code in (303, 404, 409, 422, 200) or path.endswith(("/handover", "/contacts")), path
        else:
            assert answer.status_code == 403, (path, answer.status_code)


def test_the_walk_over_the_forms_leaves_none_out() -> None:
    pattern = re.compile(r'@router\.post\((?:"([^"]+)"|(\w+))')
    names = {"BILL_PATH": "/freight/bills", "PHOTO_PATH": "/waybill-photos"}
    found = set()
    for room in ("products", "parties", "logistics", "dock", "freight"):
        for file in (Path(__file__).parents[2] / "server" / room).glob("*page*.py"):
            found |= {path or names[name] for path, name in pattern.findall(file.read_text(encoding="utf-8"))}
    plain = {re.sub(r"\{\w+\}", "{}", path.replace("FJ-X1", "{name}")) for path in WRITES}
    left_out = {path for path in found if re.sub(r"\{\w+\}", "{}", path) not in plain}
    assert left_out == {
        "/products/serial-rules/{version}/retirement",
        "/parties/{party_id}",
        "/parties/{party_id}/contacts/{contact_id}/removal",
        "/waybills/{waybill_id}/parcel/{unit_id}/removal",
    }

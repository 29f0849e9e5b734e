"""The clerk's page: an order is scanned, Enter burns it, every IC is accounted for; keyboard and scanner alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Response, expect

from tests.browser.axe import faults_of
from tests.browser.console_page import RULES, TIMEOUT_MS, OperatorPage, console_process, operator_page
from tests.conftest import Bench
from tests.label_bench import IC_LABEL, label_world
from tests.station.outbox.burn_office import NO, BurnOffice
from tests.station.playing.run_process import letters

pytestmark = pytest.mark.browser

OpenBench = Callable[..., Bench]
UNIT = "FJR126110001"
IMAGE = bytes(range(256)) * 256
MAX_COLD_BYTES = 60_000


@pytest.fixture
def office() -> Iterator[BurnOffice]:
    with BurnOffice(image=IMAGE) as office:
        yield office


@contextmanager
def clerks_page(
    browser: Browser, box: Bench, folder: Path, office: BurnOffice, language: str = "en", *, has_policy: bool = True
) -> Iterator[OperatorPage]:
    """The page of a bench whose programmer holds the chip of UNIT; 李雷 has signed on."""
    if "prog" in box.address:
        box.control("socket", programmer="prog", unit=UNIT)
    token = folder.parent / "token"
    token.touch(0o600)
    token.write_text("secret")
    server = {"FANJI_SERVER_URL": office.url, "FANJI_TOKEN_FILE": str(token)}
    with (
        console_process(box.bench_file, folder, RULES, server) as (url, _),
        operator_page(browser, f"{url}/burn", language, has_policy=has_policy) as shown,
    ):
        shown.wait_for("name")
        shown.page.keyboard.insert_text("李雷")
        shown.press("Enter")
        shown.wait_for("orders")
        yield shown


def says(shown: OperatorPage, selector: str, text: str) -> None:
    expect(shown.page.locator(selector)).to_contain_text(text, timeout=TIMEOUT_MS)


def of_custody(folder: Path) -> list[tuple[str, int, Any]]:
    told = [each for each in letters(folder) if each["schema"] == "fanji/custody/1"]
    return [(each["event"], each["quantity"], each["reason"]) for each in told]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_an_order_is_burned_to_its_end_with_keys_and_a_scanner(
    browser: Browser, bench: OpenBench, tmp_path: Path, office: BurnOffice, language: str
) -> None:
    office.order |= {"quantity": 2, "taken": 1}
    office.statuses = {"/v1/burns/": 503, "/v1/custody/": 503}
    folder = tmp_path / "state"
    with clerks_page(browser, bench(), folder, office, language) as shown:
        shown.shoot(f"burn-orders-{language}")
        shown.scan(NO)
        shown.wait_for("order")
        says(shown, "#order-image", "fj-r1-1.4.2.bin 1.4.2")
        says(shown, "#order-good", "0")
        shown.shoot(f"burn-order-{language}")
        shown.press("Enter")
        says(shown, ".site-state", "合格" if language == "zh_CN" else "PASS")
        shown.wait_for("order")
        says(shown, "#order-next", "请先领料" if language == "zh_CN" else "no IC is in hand")
        shown.shoot(f"burn-pass-{language}")
        shown.press("F3")
        shown.wait_for("asking")
        shown.press("Enter")
        shown.wait_for("order")
        shown.press("Enter")
        says(shown, "#order-next", "此委托单已完成" if language == "zh_CN" else "This order is done")
    assert of_custody(folder) == [("taken", 1, None)]
    burns = [each for each in letters(folder) if each["schema"] == "fanji/burn/1"]
    assert [(each["order"], each["operator"], each["result"]) for each in burns] == [(NO, "李雷", "PASS")] * 2


def test_an_ic_that_fails_is_scrapped_with_its_reason(
    browser: Browser, bench: OpenBench, tmp_path: Path, office: BurnOffice
) -> None:
    office.statuses = {"/v1/burns/": 503, "/v1/custody/": 503}
    folder, box = tmp_path / "state", bench()
    with clerks_page(browser, box, folder, office) as shown:
        box.control("fault", device="prog", fault="stuck_bit", on=True, address=0x1234, mask=0x04)
        shown.scan(NO)
        shown.wait_for("order")
        shown.press("Enter")
        shown.wait_for("asking")
        says(shown, "#asking-title", "What becomes of the IC from prog")
        shown.shoot("burn-failed")
        shown.press("Enter")
        says(shown, "#notice", "number + Enter")
        shown.scan("1")
        shown.wait_for("order")
        says(shown, "#order-more", "1 scrapped")
        says(shown, "#shift", "0 good, 1 bad · 0 % good · scrapped: the burn failed 1")
        shown.page.reload()
        shown.wait_for("order")
        says(shown, ".site-why", "0x")
    (scrapped,) = [each for each in letters(folder) if each["schema"] == "fanji/custody/1"]
    (failed,) = [each for each in letters(folder) if each["schema"] == "fanji/burn/1"]
    assert (scrapped["reason"], scrapped["burn"]) == ("burn_failed", failed["id"])


def test_a_failed_ic_is_asked_about_in_its_own_order_alone_and_answered_once(
    browser: Browser, bench: OpenBench, tmp_path: Path, office: BurnOffice
) -> None:
    office.statuses = {"/v1/burns/": 503, "/v1/custody/": 503}
    office.others = {"BO-2026-000124"}
    folder, box = tmp_path / "state", bench()
    with clerks_page(browser, box, folder, office) as shown:
        box.control("fault", device="prog", fault="stuck_bit", on=True, address=0x1234, mask=0x04)
        shown.scan(NO)
        shown.wait_for("order")
        shown.press("Enter")
        shown.wait_for("asking")
        shown.scan("000001")
        says(shown, "#notice", "is no burn order")
        shown.scan("BO-2026-000124")
        says(shown, "#order-no", "BO-2026-000124")
        shown.wait_for("order")
        shown.scan(NO)
        shown.wait_for("asking")
        shown.page.keyboard.type("2")
        shown.page.keyboard.press("Enter")
        shown.page.locator("#asking-options button").first.dispatch_event("click")
        says(shown, "#order-more", "1 scrapped")
        shown.complaints.clear()  # the browser logs the refusal's status
    assert [(each[0], each[1]) for each in of_custody(folder)] == [("scrapped", 1)]


def test_an_order_for_a_unit_is_burned_by_scanning_that_unit_alone(
    browser: Browser, bench: OpenBench, tmp_path: Path, office: BurnOffice
) -> None:
    unit = {"family": "FJ-R1", "serial": UNIT, "id": "d5ce6e11-4d4d-59f8-aaa4-fe1ae43c0134"}
    office.order |= {"kind": "unit", "unit": unit, "quantity": 1, "taken": 0}
    folder = tmp_path / "state"
    with clerks_page(browser, bench(), folder, office) as shown:
        shown.scan(NO)
        shown.wait_for("order")
        says(shown, "#order-next", f"Scan the unit {UNIT}")
        shown.press("Enter")
        shown.scan("FJR126110003")
        says(shown, "#notice", f"This order is for {UNIT}")
        shown.scan(UNIT)
        says(shown, ".site-state", "PASS")
        shown.complaints.clear()  # the browser logs the refusal's status 409


def test_each_good_ic_gets_a_label_and_another_by_a_key(
    browser: Browser, bench: OpenBench, tmp_path: Path, office: BurnOffice
) -> None:
    office.statuses = {"/v1/burns/": 400}  # such a letter is set aside
    office.order["options"] = {"erase": "all", "lower_clock": False}
    box = bench(label_world(tmp_path, table=IC_LABEL))
    with clerks_page(browser, box, tmp_path / "state", office) as shown:
        shown.scan(NO)
        shown.wait_for("order")
        says(
            shown, "#order-how", "with backup · blank check · read back at the end · every block erased · weak contact"
        )
        expect(shown.page.locator("#print-again")).to_be_hidden()
        shown.press("Enter")
        says(shown, ".site-why", "Label printed")
        shown.shoot("burn-label")
        shown.press("F9")
        says(shown, ".site-why", "Label printed again (print 2)")
        box.control("printer", device="printer", paper_out=True)
        shown.press("F9")
        says(shown, ".site-why", "Label not printed: ")
        says(shown, "#shift", "1 good, 0 bad · 100 % good")
        says(shown, "#order-good", "1 of 3 good")
        says(shown, "#order-aside", "Letters that the server set aside: 1.")
        printed = box.control("printer", device="printer")["printed"]
        shown.page.reload()
        shown.wait_for("order")
        says(shown, ".site-why", "Label not printed: ")
        box.control("printer", device="printer", paper_out=False)
        shown.press("F9")
        says(shown, ".site-why", "Label printed again (print 4)")
    assert len(printed) == 2 and f"{NO};1.4.2;" in printed[0]


def test_what_cannot_be_burned_is_said_in_the_readers_language(
    browser: Browser, bench: OpenBench, tmp_path: Path, office: BurnOffice
) -> None:
    with clerks_page(browser, bench(), tmp_path / "state", office, "zh_CN") as shown:
        shown.scan("6901234567890")
        says(shown, "#notice", "不是烧录委托单号")
        shown.scan("BO-2026-000999")
        says(shown, "#notice", "服务器上没有")
        office.statuses = {"/v1/burn-orders/": 503}
        shown.scan(NO)
        says(shown, "#notice", "无法从服务器读取（回答 503）")
        office.statuses = {}
        shown.scan(NO)
        shown.wait_for("order")
        shown.press("F3")
        shown.wait_for("asking")
        office.order |= {"taken": 3}
        shown.press("Enter")
        says(shown, "#notice", "还需领料 0 片")
        shown.press("Escape")
        shown.press("Escape")
        shown.wait_for("orders")
        shown.complaints.clear()  # the browser logs each refusal's status


def test_an_open_order_is_taken_from_the_list_with_the_arrow_keys(
    browser: Browser, bench: OpenBench, tmp_path: Path, office: BurnOffice
) -> None:
    folder = tmp_path / "state"
    golden = json.loads((Path(__file__).parents[2] / "fixtures/wire/v1/golden/state-orders.json").read_bytes())
    listed = {**golden["burn_orders"][0], "no": NO}
    with clerks_page(browser, bench(), folder, office) as shown:
        state = json.loads((folder / "state.json").read_bytes())
        other = {**listed, "no": "BO-2026-000001"}
        (folder / "state.json").write_text(json.dumps(state | {"burn_orders": [other, listed]}))
        shown.page.reload()
        expect(shown.page.locator("#open tbody tr")).to_have_count(2)
        shown.press("ArrowDown")
        shown.press("Enter")
        shown.wait_for("order")
        says(shown, "#order-no", NO)
        shown.press("Escape")
        shown.wait_for("orders")


def test_four_programmers_burn_at_once_and_one_bad_chip_disturbs_no_other(
    browser: Browser, bench: OpenBench, tmp_path: Path, office: BurnOffice
) -> None:
    office.order |= {"quantity": 10, "taken": 10}
    office.statuses = {"/v1/burns/": 503, "/v1/custody/": 503}  # this office counts nothing
    folder, box = tmp_path / "state", bench("gang")
    with clerks_page(browser, box, folder, office) as shown:
        for number in range(1, 5):
            box.control("socket", programmer=f"prog{number}", unit=f"FJR12611000{number}")
        box.control("fault", device="prog2", fault="stuck_bit", on=True, address=0x1234, mask=0x04)
        shown.scan(NO)
        shown.wait_for("order")
        shown.page.locator(".site input").nth(3).uncheck()
        expect(shown.page.locator('.site[data-state="OFF"]')).to_have_count(1)
        shown.page.locator("#band").focus()
        shown.press("Enter")
        expect(shown.page.locator('.site[data-verdict="PASS"]')).to_have_count(2, timeout=TIMEOUT_MS)
        shown.wait_for("asking")
        says(shown, "#asking-title", "prog2 U2")
        shown.shoot("burn-gang")
        shown.scan("6")
        shown.wait_for("order")
        says(shown, "#order-good", "2 of 10 good")


def test_no_face_of_the_page_has_a_grave_fault_and_all_of_it_is_small(
    browser: Browser, bench: OpenBench, tmp_path: Path, office: BurnOffice
) -> None:
    with clerks_page(browser, bench(), tmp_path / "state", office, "zh_CN", has_policy=False) as shown:
        assert faults_of(shown.page) == [], "orders"
        shown.scan(NO)
        shown.wait_for("order")
        assert faults_of(shown.page) == [], "order"
        shown.press("F3")
        shown.wait_for("asking")
        assert faults_of(shown.page) == [], "asking"
        shown.press("Escape")
        shown.press("Enter")
        says(shown, ".site-state", "合格")
        assert faults_of(shown.page) == [], "PASS"
        bodies: list[Response] = []
        context = browser.new_context()
        fresh = context.new_page()
        fresh.on("response", lambda each: bodies.append(each) if "/events" not in each.url else None)
        fresh.goto(shown.page.url, wait_until="load")
        sizes = {each.url: len(gzip.compress(each.body())) for each in bodies}
        context.close()
    assert any("console_burn.js" in url for url in sizes)
    assert sum(sizes.values()) < MAX_COLD_BYTES, sizes

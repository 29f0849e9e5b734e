"""What the pages show of the records, in the reader's language, and that they ask a browser for no trust."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.server.conftest import Site
from tests.server.letter_book import Letter, LetterBook, unit
from tests.server.pages_site import PagesSite, arrival_form, pages_site

RUNS = 52
PAGES = ("/", "/units", "/cases", "/runs", "/burns", "/alarms", "/gates", "/arrivals/new", "/login")
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*(?:\ssrc=|type=\"application/json\"))", re.I
)
ELSEWHERE = re.compile(r"(?:src|href|action)=\"(?:https?:)?//", re.I)


@dataclass(frozen=True)
class Told:
    """A site that has been told of a few units."""

    site: PagesSite
    passed: Letter
    failed: Letter
    retried: Letter
    error: Letter
    burned: Letter
    loose_burn: Letter

    def page_of(self, letter: Letter) -> str:
        content = letter.content
        return f"/units/{content['unit']['id']}/runs/{letter.id}" if letter.kind == "run" else f"/burns/{letter.id}"


@pytest.fixture(scope="module")
def told(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    book = LetterBook()
    with pages_site(prepared_site, tmp_path_factory.mktemp("read") / "site") as site:
        clerk = site.person("logistics")
        form = arrival_form(clerk, number="SF3001", reason="<b>无声</b>", serials="FJR126110001\nX-9")
        assert clerk.post("/arrivals", data=form).status_code == 303
        letters = Told(
            site,
            book.run(),
            book.run("run-fail", "FJR126110002"),
            book.run("run-retried", "FJR126110004"),
            book.run("run-error", "FJR126110003"),
            book.burn(),
            book.burn("burn-fail", None),
        )
        for letter in (
            letters.passed,
            letters.failed,
            letters.retried,
            letters.error,
            letters.burned,
            letters.loose_burn,
        ):
            site.send(letter)
        for number in range(RUNS):
            site.send(book.run(serial=f"FJR12612{number:04d}", unit=unit(f"FJR12612{number:04d}"), operator="批量"))
        yield letters


@pytest.fixture
def reader(told: Told) -> httpx.Client:
    return told.site.person("supervisor")


def test_no_page_holds_inline_code_or_loads_anything_from_elsewhere(told: Told, reader: httpx.Client) -> None:
    for path in (*PAGES, told.page_of(told.passed), told.page_of(told.burned), "/nothing"):
        answer = reader.get(path) if path != "/login" else told.site.visitor().get(path)
        assert not INLINE.search(answer.text), path
        assert not ELSEWHERE.search(answer.text), path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "private, no-store"


def test_static_files_are_named_by_their_content_and_kept_for_good(reader: httpx.Client) -> None:
    links = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', reader.get("/").text))
    assert len(links) >= 5
    for link in links:
        answer = reader.get(link)
        assert answer.status_code == 200, link
        assert re.search(r"\?v=[0-9a-f]{8}$", link)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reader.get("/static/base.css").headers["cache-control"] == "no-cache"


def test_a_failed_run_names_its_measurement_with_value_and_limit(told: Told, reader: httpx.Client) -> None:
    text = reader.get(told.page_of(told.failed)).text
    assert "The unit is outside its limits" in text
    assert "9.4 mA" in text
    assert "≤ 5 mA" in text
    assert '<svg class="limit-bar"' in text
    chinese = told.site.person("supervisor", "zh-CN").get(told.page_of(told.failed)).text
    assert "不合格" in chinese
    assert "静态电流" in chinese


def test_an_error_blames_the_station_and_says_what_broke(told: Told, reader: httpx.Client) -> None:
    text = reader.get(told.page_of(told.error)).text
    assert "The station could not judge the unit." in text
    assert "dmm: the peer closed the link" in text
    assert "link to an instrument" in text


def test_a_run_shows_the_earlier_attempt_and_that_its_pass_is_marginal(told: Told, reader: httpx.Client) -> None:
    page = reader.get(told.page_of(told.retried)).text
    assert page.count(">marginal<") == 2  # at the verdict and at the value
    assert "passed at attempt 2" in page and 'data-marginal="true"' in page
    assert "1 retry" in page
    assert "Attempt 1:" in page and "boot_time 3.4 s is above 3 s" in page
    assert "marginal" not in reader.get(told.page_of(told.passed)).text


def test_the_ledger_and_the_timeline_do_not_take_a_marginal_pass_for_a_clean_one(
    told: Told, reader: httpx.Client
) -> None:
    lines = re.findall(r"<tr data-verdict.*?</tr>", reader.get("/runs?text=FJR12611").text, re.S)
    by_run = {letter.id: next(line for line in lines if letter.id in line) for letter in (told.retried, told.passed)}
    assert "marginal" in by_run[told.retried.id] and "passed at attempt 2" in by_run[told.retried.id]
    assert "marginal" not in by_run[told.passed.id]
    assert "passed at attempt 2" in reader.get(f"/units/{told.retried.content['unit']['id']}").text


def test_a_run_draws_its_schedule_with_the_retried_attempt_and_says_it_in_words(
    told: Told, reader: httpx.Client
) -> None:
    page = reader.get(told.page_of(told.retried)).text
    drawn = page[page.index('<table class="gantt">') : page.index("</table>", page.index('<table class="gantt">'))]
    played = [step for step in told.retried.content["steps"] if step["outcome"] != "SKIPPED"]
    assert drawn.count("<svg viewBox") == len(played)
    assert drawn.count('<th scope="row">') == len(told.retried.content["steps"]), "each step stands in one line"
    assert told.retried.content["attempts"][0]["message"] in html.unescape(drawn)
    assert page.count('id="steps"') == 1 and 'class="plain steps"' not in page[: page.index('id="accessories"')]
    assert drawn.count("is-earlier") == len(told.retried.content["attempts"])
    assert "attempt 2" in drawn and "is-critical" in drawn
    assert "Takt time" in page and "Critical path" in page


def test_a_run_shows_its_letters_digest_and_place_in_the_chain(told: Told, reader: httpx.Client) -> None:
    text = reader.get(told.page_of(told.passed)).text
    assert told.passed.sha256 in text
    assert "No. 1 of" in text
    assert told.passed.content["chain_id"] in text
    assert f'href="/v1/letters/{told.passed.id}"' in text
    assert reader.get(f"/v1/letters/{told.passed.id}").content == told.passed.body


def test_a_run_draws_its_curve_without_any_script(told: Told, reader: httpx.Client) -> None:
    text = reader.get(told.page_of(told.passed)).text
    assert '<polyline points="4.0,156.0 ' in text
    assert '"x": [0.0, 0.5, 1.0]' in text


def test_a_burn_proves_itself_by_both_digests(told: Told, reader: httpx.Client) -> None:
    text = reader.get(told.page_of(told.burned)).text
    assert text.count(told.burned.content["image"]["sha256"]) >= 2
    assert "equal" in text
    assert "read back after the last write" in text
    failed = reader.get(told.page_of(told.loose_burn)).text
    assert "address 0x01F000: expected 0x5A, read back 0xFF" in failed
    assert "different" in failed


def test_a_units_timeline_holds_everything_newest_first(told: Told, reader: httpx.Client) -> None:
    text = reader.get(f"/units/{told.passed.content['unit']['id']}").text
    timeline = text[text.index('<ol class="timeline">') :]
    places = [timeline.index(word) for word in ("received</strong>", "burned</strong>", "outgoing test</strong>")]
    assert places == sorted(places)
    assert "SF3001" in text


def test_a_serial_without_a_rule_is_marked_provisional(told: Told, reader: httpx.Client) -> None:
    answer = reader.get("/units?text=X-9")
    assert answer.status_code == 303
    text = reader.get(answer.headers["location"]).text
    assert ">provisional<" in text
    assert "No serial rule knows this number." in text


def test_a_whole_serial_opens_its_unit_but_not_while_it_is_being_typed(reader: httpx.Client) -> None:
    assert reader.get("/units?text=fjr126110002").status_code == 303
    typing = reader.get("/units?text=FJR126110002", headers={"HX-Request": "true"})
    assert typing.status_code == 200
    assert reader.get("/units?text=10002").text.count("<code>FJR126110002</code>") == 1
    assert "No serial number begins or ends with ZZZ." in reader.get("/units?text=ZZZ").text


def test_what_people_typed_is_text_and_never_markup(reader: httpx.Client) -> None:
    text = reader.get("/cases").text
    assert "&lt;b&gt;无声&lt;/b&gt;" in text
    assert "<b>无声" not in text


def test_the_ledger_filters_by_verdict_serial_and_day(told: Told, reader: httpx.Client) -> None:
    def serials(query: str) -> set[str]:
        return set(re.findall(r"<code>(FJR\d+)</code>", reader.get(f"/runs?{query}").text))

    assert serials("verdict=FAIL") == {"FJR126110002"}
    assert serials("verdict=MARGINAL&text=FJR12611") == {told.retried.content["unit"]["serial"]}
    assert serials("verdict=MARGINAL&text=FJR126110001") == set()
    assert serials("verdict=ERROR&product=FJ-R1") == {"FJR126110003"}
    assert serials("text=FJR12611") == {f"FJR12611000{number}" for number in range(1, 5)}
    assert serials("text=FJR12611&since=2026-11-23&until=2026-11-23") == serials("text=FJR12611")
    assert serials("until=2026-11-22") == set()
    assert "No test matches the filter." in reader.get("/runs?until=2026-11-22").text
    for nonsense in ("since=0001-01-01", "until=9999-12-31", "since=yesterday", "verdict=MAYBE", "after=%00"):
        assert reader.get(f"/runs?text=FJR12611&{nonsense}").status_code == 200, nonsense


@pytest.mark.parametrize(
    ("ledger", "row"), [("/runs", r"/runs/([0-9a-f-]{36})"), ("/units", r"/units/([0-9a-f-]{36})")]
)
def test_paging_shows_every_row_once_and_keeps_the_filter(reader: httpx.Client, ledger: str, row: str) -> None:
    seen: list[str] = []
    path: str | None = f"{ledger}?text=FJR12612"
    while path:
        text = reader.get(path).text
        seen += re.findall(ledger + "/([0-9a-f-]{36})", text)
        older = re.search(r'rel="next" href="([^"]+)"', text)
        path = older[1].replace("&amp;", "&") if older else None
        assert path is None or "text=FJR12612" in path
    assert len(seen) == len(set(seen)) == RUNS


@pytest.mark.parametrize("key", [[], ["x"], [1], {"a": 1}, 7, [["00000000-0000-7000-8000-000000000000"]]])
def test_a_cursor_made_by_hand_begins_the_list_anew(reader: httpx.Client, key: object) -> None:
    word = base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
    for path in ("/runs", "/burns", "/units", "/cases", "/alarms"):
        assert reader.get(f"{path}?after={word}").status_code == 200, path


def test_the_burn_ledger_shows_burns_of_units_and_loose_ones(told: Told, reader: httpx.Client) -> None:
    text = reader.get("/burns").text
    assert f"/burns/{told.burned.id}" in text
    assert f"/burns/{told.loose_burn.id}" in text
    assert f"/burns/{told.burned.id}" not in reader.get("/burns?verdict=FAIL").text


def test_what_is_set_aside_waits_on_the_alarms_page(told: Told, reader: httpx.Client) -> None:
    broken = Letter("run", "019ab000-0000-7000-8000-0000000000ff", b'{"schema":"fanji/run/1"}')
    headers = {"Authorization": f"Bearer {told.site.site.tokens['bench-1']}", "Content-Type": "application/json"}
    assert told.site.visitor().put(broken.path, content=broken.body, headers=headers).status_code == 422
    text = reader.get("/alarms").text
    assert broken.id in text
    assert "cannot be read" in text


def test_the_language_follows_the_browser_then_the_readers_choice(told: Told) -> None:
    visitor = told.site.visitor("zh-CN")
    assert "登录" in visitor.get("/login").text
    switched = visitor.get("/language/en?back=/login")
    assert (switched.status_code, switched.headers["location"]) == (303, "/login")
    english = visitor.get("/login")
    assert '<html lang="en">' in english.text
    assert english.headers["content-language"] == "en"
    assert visitor.get("/language/en?back=//evil.example").headers["location"] == "/"
    assert visitor.get("/language/tlh?back=/login").headers.get("set-cookie") is None


def test_what_is_not_on_record_says_so_in_words(told: Told, reader: httpx.Client) -> None:
    unknown = "00000000-0000-5000-8000-000000000000"
    for path in (f"/units/{unknown}", f"/burns/{unknown}", f"/units/{unknown}/runs/{unknown}", "/arrivals/" + unknown):
        answer = reader.get(path)
        assert answer.status_code == 404, path
        assert "There is no such page" in answer.text
    assert reader.get("/units/not-a-unit").status_code == 404

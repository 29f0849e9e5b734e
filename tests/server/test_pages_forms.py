"""Forms: who may send them, what they keep, and what they do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.conftest import Site
from tests.server.pages_site import PagesSite, arrival_form, csrf_of, pages_site
from tests.server_process import PASSWORD


@pytest.fixture(scope="module")
def site(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSite]:
    with pages_site(prepared_site, tmp_path_factory.mktemp("forms") / "site") as made:
        yield made


def test_a_visitor_logs_in_and_comes_back_to_the_page_that_was_asked_for(site: PagesSite) -> None:
    visitor = site.visitor()
    sent = visitor.get("/runs?verdict=FAIL")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?back=%2Fruns%3Fverdict%3DFAIL")
    form = visitor.get(sent.headers["location"])
    assert 'value="/runs?verdict=FAIL"' in form.text
    done = visitor.post("/login", data={"name": "reader", "password": PASSWORD, "back": "/runs?verdict=FAIL"})
    assert (done.status_code, done.headers["location"]) == (303, "/runs?verdict=FAIL")
    assert "httponly" in done.headers["set-cookie"].lower()
    assert visitor.get("/runs?verdict=FAIL").status_code == 200


def test_a_login_never_leads_off_the_site(site: PagesSite) -> None:
    answer = site.visitor().post("/login", data={"name": "reader", "password": PASSWORD, "back": "//evil.example/"})
    assert answer.headers["location"] == "/"


def test_a_wrong_password_keeps_the_name_and_says_no_more_than_that_one_is_wrong(site: PagesSite) -> None:
    answer = site.visitor().post("/login", data={"name": "nobody <b>", "password": "wrong wrong"})
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert 'value="nobody &lt;b&gt;"' in answer.text
    assert "wrong wrong" not in answer.text


def test_a_login_from_another_site_is_refused(site: PagesSite) -> None:
    answer = site.visitor().post(
        "/login", data={"name": "reader", "password": PASSWORD}, headers={"Origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_logging_out_needs_the_form_token_and_ends_the_session(site: PagesSite) -> None:
    person = site.person("reader")
    session = person.cookies["fanji_session"]
    assert person.post("/logout").status_code == 403
    assert person.get("/").status_code == 200
    assert person.post("/logout", data={"csrf": csrf_of(person.get("/"))}).status_code == 303
    person.cookies.set("fanji_session", session)
    assert person.get("/").status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_an_arrival_without_the_sessions_form_token_is_refused(site: PagesSite, token: str) -> None:
    clerk = site.person("logistics")
    form = arrival_form(clerk, serials="FJR126119999") | {"csrf": token}
    assert clerk.post("/arrivals", data=form).status_code == 403
    assert "FJR126119999" not in clerk.get("/cases").text


def test_a_form_token_of_another_session_is_refused(site: PagesSite) -> None:
    clerk, other = site.person("logistics"), site.person("logistics")
    form = arrival_form(clerk, serials="FJR126119998") | {"csrf": csrf_of(other.get("/arrivals/new"))}
    assert clerk.post("/arrivals", data=form).status_code == 403


def test_units_are_received_from_the_text_area_alone(site: PagesSite) -> None:
    clerk = site.person("logistics")
    form = arrival_form(clerk, number="sf2001", serials="fjr126110101\r\n ＦＪＲ126110102 \r\n\r\nX-77\r\n")
    answer = clerk.post("/arrivals", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/arrivals/{form['arrival']}")
    received = clerk.get(answer.headers["location"]).text
    places = [received.index(serial) for serial in ("FJR126110101", "FJR126110102", "X-77")]
    assert places == sorted(places)
    assert "3 units received" in received
    assert "SF2001" in received
    assert received.count(">provisional<") == 1


def test_the_same_form_sent_twice_receives_once(site: PagesSite) -> None:
    clerk = site.person("logistics")
    form = arrival_form(clerk, number="SF2002", serials="FJR126110201")
    first, second = clerk.post("/arrivals", data=form), clerk.post("/arrivals", data=form)
    assert first.headers["location"] == second.headers["location"]
    assert clerk.get("/cases?text=FJR126110201").text.count("<code>FJR126110201</code>") == 1


def test_every_mistake_is_named_at_once_and_everything_typed_is_kept(site: PagesSite) -> None:
    clerk = site.person("logistics")
    clerk.post("/arrivals", data=arrival_form(clerk, number="SF2003", serials="FJR126110301"))
    typed = "FJR126110301\nFJR126110302\nfjr126110302\nBAD%SERIAL"
    form = arrival_form(clerk, number="SF2004", courier=" ", reason="<i>no sound</i>", serials=typed)
    answer = clerk.post("/arrivals", data=form)
    assert answer.status_code == 422
    assert "Courier is empty." in answer.text
    assert "FJR126110301 has an open return case already: " in answer.text
    assert "FJR126110302 is listed twice." in answer.text
    assert "BAD%SERIAL cannot be a serial number." in answer.text
    assert 'value="SF2004"' in answer.text
    assert "&lt;i&gt;no sound&lt;/i&gt;" in answer.text
    assert typed in answer.text
    assert form["arrival"] in answer.text
    assert "SF2004" not in clerk.get("/cases").text


def test_an_empty_parcel_is_refused(site: PagesSite) -> None:
    clerk = site.person("logistics")
    answer = clerk.post("/arrivals", data=arrival_form(clerk))
    assert answer.status_code == 422
    assert "No serial number was scanned." in answer.text


def test_a_reader_neither_sees_nor_reaches_what_the_role_does_not_include(site: PagesSite) -> None:
    reader = site.person("reader")
    home = reader.get("/").text
    assert "/arrivals/new" not in home
    assert "/alarms" not in home
    for path in ("/arrivals/new", "/alarms"):
        answer = reader.get(path)
        assert answer.status_code == 403
        assert "You are not allowed to do this" in answer.text


def test_a_form_made_by_hand_with_a_broken_arrival_id_gets_a_new_one(site: PagesSite) -> None:
    clerk = site.person("logistics")
    form = arrival_form(clerk, number="SF2005", serials="FJR126110501") | {"arrival": "../../etc"}
    answer = clerk.post("/arrivals", data=form)
    assert answer.status_code == 303
    assert Path(answer.headers["location"]).name != "etc"

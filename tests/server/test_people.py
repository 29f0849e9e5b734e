"""People are let in by a code that nobody else keeps, choose their passwords, and see where they are logged in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from server.admin.account_flows import CODE_HOURS, add_account, give_code
from server.admin.audit_queries import AuditFilter, audit_entries
from server.admin.author import Author
from server.admin.flows import set_password
from server.admin.password_flows import choose_password_by_code
from server.admin.passwords import refuse_weak
from server.admin.queries import account_by_name, station_tokens
from server.admin.sessions import Browser, log_in
from server.admin.tables import audit
from server.db.engine import Database
from server.errors import BadInput, NotLoggedIn, TooManyAttempts
from server.wire.ids import new_id
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook
from tests.server.pages_site import PagesSite, csrf_of, pages_site
from tests.server_process import PASSWORD

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SENTENCE = "four words nobody guesses"


@pytest.fixture(scope="module")
def served(prepared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSite]:
    with pages_site(prepared_site, tmp_path_factory.mktemp("people") / "site") as site:
        yield site


def post(client: httpx.Client, path: str, page: str, **fields: str) -> httpx.Response:
    return client.post(path, data={"csrf": csrf_of(client.get(page)), **fields})


def code_in(answer: httpx.Response) -> str:
    found = re.search(r'id="code">([A-Z2-9-]{23})<', answer.text)
    assert found, answer.text
    return found[1]


def id_of(client: httpx.Client, name: str) -> str:
    found = re.search(rf'href="/people/([0-9a-f-]{{36}})">{name}<', client.get("/people").text)
    assert found
    return found[1]


def test_an_account_is_made_let_in_and_logs_in_by_its_own_password(served: PagesSite) -> None:
    keeper, person = served.person("supervisor"), served.visitor()
    made = post(keeper, "/people", "/people", name="lin", role="telephone")
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    code = code_in(made)
    assert code not in keeper.get("/people").text
    assert served.visitor().post("/login", data={"name": "lin", "password": code}).status_code == 401
    form = {"code": code.lower(), "new": SENTENCE, "again": SENTENCE}
    assert person.post("/login/code", data=form | {"again": "otherwise typed"}).status_code == 422
    assert person.post("/login/code", data=form).status_code == 303
    assert "lin" in person.get("/account").text
    assert person.post("/login/code", data=form).status_code == 422, "a code is used once"
    assert served.visitor().post("/login", data={"name": "lin", "password": SENTENCE}).status_code == 303


def test_a_reset_ends_the_old_password_and_every_session(served: PagesSite) -> None:
    keeper, technician = served.person("supervisor"), served.person("technician")
    path = f"/people/{id_of(keeper, 'technician')}"
    code = code_in(post(keeper, f"{path}/code", path))
    assert technician.get("/account").status_code == 303, "logged out"
    assert served.visitor().post("/login", data={"name": "technician", "password": PASSWORD}).status_code == 401
    weak = technician.post("/login/code", data={"code": code, "new": "technician 1", "again": "technician 1"})
    assert weak.status_code == 422
    assert "soon guessed" in weak.text
    assert technician.post("/login/code", data={"code": code, "new": PASSWORD, "again": PASSWORD}).status_code == 303


def test_a_password_that_somebody_else_knows_serves_for_nothing_but_another(served: PagesSite) -> None:
    database = Database(served.site.settings.database_url)
    with database.writing() as connection:
        set_password(connection, "field_service", "told by telephone", datetime.now(UTC), must_change=True)
    person = served.visitor()
    person.post("/login", data={"name": "field_service", "password": "told by telephone"})
    for path in ("/", "/units", "/account", "/people"):
        assert person.get(path).headers["location"] == "/account/password", path
    assert person.get("/v1/delegations").status_code == 403
    fields = {"old": "told by telephone", "new": SENTENCE, "again": SENTENCE}
    before = person.cookies["fanji_session"]
    assert post(person, "/account/password", "/account/password", **fields).headers["location"] == "/"
    assert person.cookies["fanji_session"] != before, "every session ends, and this one begins anew"
    assert person.get("/units").status_code == 200
    with database.writing() as connection:
        set_password(connection, "field_service", PASSWORD, datetime.now(UTC))
    database.close()


def test_guessing_the_old_password_in_an_open_browser_is_slowed_down(served: PagesSite) -> None:
    person = served.person("assistant")
    csrf = csrf_of(person.get("/account/password"))
    fields = {"csrf": csrf, "old": "a wrong guess", "new": SENTENCE, "again": SENTENCE}
    answers = [person.post("/account/password", data=fields).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_sessions_are_listed_and_ended_ones_own_and_by_a_supervisor_others(served: PagesSite) -> None:
    here, there, keeper = served.person("reader"), served.person("reader"), served.person("supervisor")
    ends = re.findall(r'action="(/account/sessions/[0-9a-f]{16}/end)"', here.get("/account").text)
    assert len(ends) == 2
    assert "127.0.0.1" in here.get("/account").text
    ids = {path.split("/")[3] for path in ends}
    own = re.search(r"/account/sessions/([0-9a-f]{16})/end", there.get("/account").text)
    assert own
    other = served.person("engineer")
    stolen = f"/account/sessions/{own[1]}/end"
    assert post(other, stolen, "/account").status_code == 404, "only one's own"
    for path in ends:
        here.post(path, data={"csrf": csrf_of(here.get("/account"))}) if here.get("/account").is_success else None
    assert here.get("/account").status_code == 303
    again = served.person("reader")
    path = f"/people/{id_of(keeper, 'reader')}"
    for session_id in re.findall(rf"{path}/sessions/([0-9a-f]{{16}})/end", keeper.get(path).text):
        assert session_id not in ids, "ended above"
        assert post(keeper, f"{path}/sessions/{session_id}/end", path).status_code == 303
    assert again.get("/account").status_code == 303


def test_a_role_changes_and_an_account_closes_and_both_log_the_person_out(served: PagesSite) -> None:
    keeper, person = served.person("supervisor"), served.person("parts_clerk")
    path = f"/people/{id_of(keeper, 'parts_clerk')}"
    assert post(keeper, f"{path}/role", path, role="assistant", base="reader").status_code == 409, "meanwhile"
    assert post(keeper, f"{path}/role", path, role="assistant", base="parts_clerk").status_code == 303
    assert person.get("/account").status_code == 303
    assert "customer-service assistant" in served.person("parts_clerk").get("/account").text
    assert post(keeper, f"{path}/closing", path).status_code == 303
    assert served.visitor().post("/login", data={"name": "parts_clerk", "password": PASSWORD}).status_code == 401
    assert "parts_clerk" in keeper.get("/people?closed=1").text


def test_a_token_is_issued_once_seen_used_and_revoked_on_its_page(served: PagesSite) -> None:
    keeper = served.person("engineer")
    made = post(keeper, "/tokens", "/tokens", station_id="bench-7", days="30", scope="letters.send")
    found = re.search(r'id="token">(fjt_[\w-]+)<', made.text)
    assert found
    token = found[1]
    assert token not in keeper.get("/tokens").text
    letter, headers = LetterBook("bench-7").run(), {"Authorization": f"Bearer {token}"}
    station = served.visitor()
    assert station.put(letter.path, content=letter.body, headers=headers).status_code == 201
    for path in ("/v1/stations/me/state", "/v1/burn-orders/BO-2026-000123"):
        assert station.get(path, headers=headers).status_code == 403, "it sends letters and asks for nothing"
    database = Database(served.site.settings.database_url)
    with database.reading() as connection:
        row = next(row for row in station_tokens(connection) if row.station_id == "bench-7")
    database.close()
    assert row.last_used_at is not None
    assert (row.created_by, row.scope) == ("user:engineer", "letters.send")
    assert post(keeper, f"/tokens/{row.prefix}/revocation", "/tokens").status_code == 303
    again = LetterBook("bench-7").run()
    assert station.put(again.path, content=again.body, headers=headers).status_code == 401
    assert row.prefix in keeper.get("/tokens?ended=1").text
    assert post(keeper, "/tokens", "/tokens", station_id="Bench 7", days="30").status_code == 422


def test_the_deputys_page_names_the_giver_and_the_audit_shows_the_act(served: PagesSite) -> None:
    keeper, deputy = served.person("supervisor"), served.person("telephone")
    page = keeper.get("/delegations").text
    taker = re.search(r'value="([0-9a-f-]{36})">telephone', page)
    assert taker
    today = str(datetime.now(served.site.settings.zone).date())
    fields = {"taker": taker[1], "since": today, "until": today, "reason": "away", "what": "role"}
    assert deputy.get("/products/new").status_code in (403, 404, 422)
    assert post(keeper, "/delegations", "/delegations", **fields).status_code == 303
    assert "You act for supervisor too" in deputy.get("/account").text
    assert deputy.get("/units").text.count("· for supervisor") == 1, "in the header, wherever the deputy is"
    added = post(deputy, "/parties", "/account", kind="agent", name="delegated", region="", note="")
    assert added.status_code == 303
    held = post(deputy, "/gates/holds", "/account", what="product", name="FJ-N7", reason="recall")
    assert held.status_code == 303
    shown = keeper.get("/audit?delegated=1").text
    assert "for supervisor" in shown
    assert "hold.add" in shown
    assert "party.add" not in shown, "the own role may that"
    bad = post(keeper, "/delegations", "/delegations", **fields | {"until": "2020-01-01"})
    assert bad.status_code == 422
    assert "the last not before the first" in bad.text


def test_the_audit_goes_on_where_the_page_ended_and_filters(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(
            sa.insert(audit),
            [
                {"id": new_id(NOW), "at": NOW + timedelta(seconds=i // 3), "actor": "user:ann", "detail": str(i)}
                | {"action": "walk.step", "subject": f"stone {i}"}
                for i in range(10)
            ],
        )
    with database.reading() as connection:
        wanted, seen, before = AuditFilter(actor="user:ann", action="walk."), list[str](), None
        while rows := audit_entries(connection, 4, wanted, before):
            seen += [row.detail for row in rows]
            before = (rows[-1].at, rows[-1].id)
        assert sorted(seen, key=int) == [str(i) for i in range(10)]
        assert [row.detail for row in audit_entries(connection, 9, AuditFilter(subject="stone 7"))] == ["7"]


def test_a_code_ends_with_its_hours_and_with_the_next_one(database: Database) -> None:
    author = Author("supervisor", NOW)
    with database.writing() as connection:
        first = add_account(connection, new_id(NOW), "lin", "reader", author)
        second = give_code(connection, first.account.id, author)
    late = NOW + timedelta(hours=CODE_HOURS)
    for code, at in ((first.code, NOW), (second.code, late), ("", NOW), ("AAAAA-AAAAA", NOW)):
        with pytest.raises(BadInput):
            choose_password_by_code(database, code, SENTENCE, at, Browser("192.0.2.1"))
    assert choose_password_by_code(database, second.code, SENTENCE, NOW, Browser("192.0.2.1")).user.name == "lin"


def test_guessing_codes_is_slowed_down_by_address(database: Database) -> None:
    for _ in range(5):
        with pytest.raises(BadInput):
            choose_password_by_code(database, "AAAAA", SENTENCE, NOW, Browser("192.0.2.66"))
    with pytest.raises(TooManyAttempts):
        choose_password_by_code(database, "AAAAA", SENTENCE, NOW, Browser("192.0.2.66"))


def test_an_account_without_a_password_lets_nobody_in(database: Database) -> None:
    with database.writing() as connection:
        add_account(connection, new_id(NOW), "lin", "reader", Author("supervisor", NOW))
        made = account_by_name(connection, "lin")
    assert made is not None and made.must_change
    for guess in ("", "lin", "password"):
        with pytest.raises(NotLoggedIn):
            log_in(database, "lin", guess, NOW)


@pytest.mark.parametrize("weak", ["12345678", "Passw0rd", "aaaaaaaaaaaa", "zhaowei2026", "ababababab"])
def test_what_is_guessed_first_is_no_password(weak: str) -> None:
    with pytest.raises(BadInput):
        refuse_weak("zhaowei", weak)
    refuse_weak("zhaowei", SENTENCE)

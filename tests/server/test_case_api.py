"""Return cases over the API: ETags, ids made by the client, gates in words, announced returns; and cases of before."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from server.admin.permissions import permissions
from server.db.engine import Database
from server.db.schema import MIGRATIONS, head_revision, migrate
from server.returns.machine import machine
from server.returns.queries import case_by_id, cases_of_unit, open_case
from server.wire.ids import unit_id
from tests.databases import database_url, remove_site
from tests.server.case_desk import GOOD, assert_folds, fresh_id, go, open_cases
from tests.server.conftest import RunningServer


@pytest.fixture
def case_id(server: RunningServer) -> str:
    with server.database.writing() as connection:
        return open_cases(connection, server.site.settings)[0].id


def put(client: httpx.Client, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return client.put(f"/v1/{path}/{fresh_id()}", json=body, headers=headers)


def test_a_case_has_an_etag_and_who_has_an_older_one_changes_nothing(server: RunningServer, case_id: str) -> None:
    client = server.log_in("technician")
    tag = client.get(f"/v1/cases/{case_id}").headers["etag"]
    assert tag == '"1"'
    first = put(client, f"cases/{case_id}/moves", {"move": "diagnose"}, **{"If-Match": tag})
    assert (first.status_code, first.json()["state"], first.headers["etag"]) == (201, "diagnosing", '"2"')
    second = put(client, f"cases/{case_id}/moves", {"move": "repair"}, **{"If-Match": tag})
    assert (second.status_code, second.json()["version"]) == (412, 2)
    assert put(client, f"cases/{case_id}/moves", {"move": "repair"}, **{"If-Match": "x"}).status_code == 422
    assert put(client, f"cases/{case_id}/moves", {"move": "repair"}, **{"If-Match": "*"}).status_code == 201


def test_the_same_move_twice_over_the_api_is_one(server: RunningServer, case_id: str) -> None:
    client, path = server.log_in("technician"), f"/v1/cases/{case_id}/moves/{fresh_id()}"
    answers = [client.put(path, json={"move": "diagnose"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert client.put(path, json={"move": "repair"}).status_code == 409


def test_a_shut_gate_says_in_both_languages_what_is_missing_and_what_comes_next(
    server: RunningServer, case_id: str
) -> None:
    client = server.log_in("supervisor")
    with server.database.writing() as connection:
        go(connection, case_id, "ready")
    refused = put(client, f"cases/{case_id}/moves", {"move": "pass"})
    assert (refused.status_code, refused.json()["gate"]) == (409, "passed")
    assert "No outgoing test began since it was sent to test." in refused.json()["reasons"]
    told = client.get(f"/v1/units/{unit_id('FJ-R1', GOOD)}/gates").json()
    gates = {gate["name"]: gate for gate in told["gates"]}
    assert set(gates) == {"passed", "shipped", "stocked_in", "replaced"}
    reasons = {reason["code"]: reason for reason in gates["shipped"]["reasons"]}
    assert reasons["no_waybill"] == {
        "code": "no_waybill",
        "zh": "没有发货快递单。",
        "en": "It is on no outbound waybill.",
        "is_waivable": False,
    }
    following = {row["move"]: row for row in told["next"]}
    assert (following["pass"]["is_open"], following["repair"]["is_open"]) == (False, True)
    assert following["repair"]["zh"] == "开始维修"


def test_a_unit_without_a_case_has_no_gates_and_an_unknown_one_is_not_found(
    server: RunningServer, case_id: str
) -> None:
    client = server.log_in("supervisor")
    with server.database.writing() as connection:
        go(connection, case_id, "diagnose", "scrap")
    told = client.get(f"/v1/units/{unit_id('FJ-R1', GOOD)}/gates").json()
    assert (told["case"], told["gates"], told["next"]) == (None, [], [])
    assert client.get(f"/v1/units/{fresh_id()}/gates").status_code == 404
    assert client.get(f"/v1/cases/{fresh_id()}").status_code == 404


def test_an_override_over_the_api_needs_two_persons(server: RunningServer, case_id: str) -> None:
    engineer, supervisor, override_id = server.log_in("engineer"), server.log_in("supervisor"), fresh_id()
    path = f"/v1/cases/{case_id}/overrides/{override_id}"
    asked = engineer.put(path, json={"gate": "passed", "reason": "goes back as it is"})
    assert (asked.status_code, asked.json()["is_approved"]) == (201, None)
    decision = {"event_id": fresh_id(), "is_approved": True}
    assert engineer.put(f"/v1/overrides/{override_id}/decision", json=decision).status_code == 403
    assert server.log_in("logistics").put(f"/v1/overrides/{override_id}/decision", json=decision).status_code == 403
    decided = supervisor.put(f"/v1/overrides/{override_id}/decision", json=decision)
    assert (decided.status_code, decided.json()["decided_by"]) == (200, "supervisor")
    check = supervisor.put(f"/v1/cases/{case_id}/checks/{fresh_id()}", json={"items": {"remote": True}})
    assert check.status_code == 204


def test_each_move_is_refused_to_the_roles_that_the_table_does_not_name(server: RunningServer, case_id: str) -> None:
    for role in permissions().roles:
        client = server.log_in(role)
        for name, transition in machine().moves.items():
            allowed = bool(transition.action) and permissions().allows(role, transition.action)
            if not allowed and "received" in transition.sources:
                assert put(client, f"cases/{case_id}/moves", {"move": name, "note": "x"}).status_code == 403, (
                    role,
                    name,
                )


def test_what_was_announced_is_received_by_its_parcel_or_cancelled(server: RunningServer) -> None:
    field, clerk = server.log_in("field_service"), server.log_in("logistics")
    units = [{"serial": serial, "reason": "no sound"} for serial in (GOOD, "FJR126110002")]
    body, path = {"source": "4S West", "kind": "exchange", "units": units}, f"/v1/announcements/{fresh_id()}"
    first, again = field.put(path, json=body), field.put(path, json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert field.put(path, json=body | {"source": "4S East"}).status_code == 409
    assert field.put(f"/v1/announcements/{fresh_id()}", json=body).status_code == 409
    arrived = {"waybill": {"courier": "SF", "number": "SF1"}, "source": "SF", "units": [units[0] | {"reason": ""}]}
    assert put(clerk, "arrivals", arrived).status_code == 201
    coming = first.json()[1]["id"]
    assert put(clerk, f"cases/{coming}/moves", {"move": "cancel"}).status_code == 422
    assert put(clerk, f"cases/{coming}/moves", {"move": "cancel", "note": "kept it"}).json()["state"] == "cancelled"
    with server.database.reading() as connection:
        (case,) = cases_of_unit(connection, unit_id("FJ-R1", GOOD))
        assert (case.id, case.state, case.kind, case.reason) == (
            first.json()[0]["id"],
            "received",
            "exchange",
            "no sound",
        )
        file = case_by_id(connection, case.id)
        assert file is not None and file.waybill is not None
        assert_folds(file)
        assert [event.kind for event in file.unit_events] == ["announced", "received"]


@pytest.mark.both_databases
def test_cases_of_an_older_schema_keep_their_rows_and_go_on(tmp_path: Path) -> None:
    database = Database(database_url(tmp_path))
    try:
        with database.writing() as connection:
            upgrade_to(connection, "0013_products")
            for statement in OLD_ROWS:
                connection.execute(sa.text(statement), OLD)
        assert migrate(database) == ("0013_products", head_revision())
        with database.reading() as connection:
            case = open_case(connection, str(UUID(str(OLD["unit"]))))
            assert case is not None
            assert (case.case_no, case.state, case.kind, case.version) == ("T-1", "received", "repair", 1)
            file = case_by_id(connection, case.id)
            assert file is not None and file.waybill is not None
            assert_folds(file)
        with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
            connection.execute(sa.text("DELETE FROM case_event"))
    finally:
        database.close()
        remove_site(tmp_path)


def upgrade_to(connection: sa.Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


OLD = {"unit": "68dfb94e47715d30aa7ee9ded1917b23", "at": "2026-11-23 08:00:00", "no": False}
OLD |= {name: f"019ab0000000700080000000000000{place:02}" for place, name in enumerate(("w", "a", "c", "e"))}
OLD_ROWS = (
    "INSERT INTO unit (unit_id, site, family, serial, serial_reversed, product, is_provisional, first_seen_at, "
    "head_seq, head_sha256) VALUES (:unit, 'main', 'F', 'S1', '1S', 'P', :no, :at, 0, '')",
    "INSERT INTO waybill VALUES (:w, 'main', 'SF', 'N1', 'in', '4S', :at, 'user:x')",
    "INSERT INTO arrival VALUES (:a, '', :w, :at, 'user:x')",
    "INSERT INTO return_case VALUES (:unit, :c, 'main', 'T-1', 'S1', 'P', :a, :w, '4S', 'no sound', 'received', "
    ":no, :at, 'user:x', :at, NULL)",
    "INSERT INTO case_event VALUES (:unit, :e, :c, 1, 'received', :at, 'user:x', 'no sound')",
)

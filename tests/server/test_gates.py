"""Plans, holds and routes: set by the command line, told to the stations, and never by somebody who may not."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from server.cli import app
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, ServerError
from server.wire.ids import unit_id
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook, schema
from tests.server_process import environment_of

SERIAL = "FJR126110001"
UNIT = unit_id("FJ-R1", SERIAL)
PLAN = "ab" * 32
Json = dict[str, Any]


def call(server: RunningServer, *arguments: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(app, arguments, env=environment_of(server.site.folder))
    assert result.exit_code == 0, result.output or result.exception
    return result.output


def refused(server: RunningServer, *arguments: str) -> ServerError:
    result = CliRunner().invoke(app, arguments, env=environment_of(server.site.folder))
    assert isinstance(result.exception, ServerError), result.output
    return result.exception


def state(server: RunningServer, since: int | None = None) -> Json | None:
    """The snapshot as a station gets it, held against the contract; None where nothing changed."""
    token = {"Authorization": f"Bearer {server.site.tokens['bench-1']}"}
    parameters = {} if since is None else {"since": str(since)}
    answer = server.client.get("/v1/stations/me/state", params=parameters, headers=token)
    if answer.status_code == 304:
        return None
    content: Json = answer.json()
    jsonschema.validate(content, schema("state"))
    return content


def snapshot(server: RunningServer) -> Json:
    content = state(server)
    assert content is not None
    return content


def test_an_untouched_server_governs_no_product_and_holds_nothing(server: RunningServer) -> None:
    content = snapshot(server)
    assert (content["plans"], content["holds"], content["routes"]) == ([], [], [])
    assert content["issued_at"] < content["expires_at"]


def test_a_released_plan_is_told_to_the_stations_and_a_withdrawn_one_leaves_its_product_governed(
    server: RunningServer,
) -> None:
    before = snapshot(server)["version"]
    call(server, "plan", "approve", PLAN, "--product", "FJ-R1", "--by", "engineer")
    content = snapshot(server)
    assert content["version"] > before and state(server, content["version"]) is None
    (plans,) = content["plans"]
    assert plans["product"] == "FJ-R1"
    assert [(row["sha256"], row["released_by"]) for row in plans["released"]] == [(PLAN, "engineer")]
    assert call(server, "plan", "list").startswith(f"FJ-R1\t{PLAN}\tengineer\t")
    call(server, "plan", "withdraw", PLAN, "--product", "FJ-R1", "--reason", "wrong limit", "--by", "supervisor")
    later = state(server, content["version"])
    assert later is not None and later["plans"] == [{"product": "FJ-R1", "released": []}]
    call(server, "plan", "approve", PLAN, "--product", "FJ-R1", "--by", "engineer")
    assert len(snapshot(server)["plans"][0]["released"]) == 1


def test_a_unit_or_a_product_is_held_with_the_reason_and_who_did_it_until_it_is_released(server: RunningServer) -> None:
    reason = "swollen capacitors"
    one = call(server, "hold", "add", "--serial", " fjr126110001", "--reason", reason, "--by", "engineer").strip()
    call(server, "hold", "add", "--product", "FJ-N7", "--reason", "recall", "--by", "supervisor")
    unit, product = snapshot(server)["holds"]
    assert (unit["unit_id"], unit["serial"], unit["product"]) == (UNIT, SERIAL, "")
    assert (unit["reason"], unit["held_by"]) == (reason, "engineer")
    assert (product["unit_id"], product["serial"], product["product"]) == ("", "", "FJ-N7")
    assert call(server, "hold", "list").splitlines()[0].split("\t")[:3] == [one, SERIAL, "engineer"]
    version = snapshot(server)["version"]
    call(server, "hold", "release", one, "--reason", "inspected", "--by", "supervisor")
    later = state(server, version)
    assert later is not None and [row["product"] for row in later["holds"]] == ["FJ-N7"]
    assert isinstance(refused(server, "hold", "release", one, "--reason", "x", "--by", "supervisor"), NotFound)


def test_a_repair_and_a_burn_are_missing_until_they_are_on_record(server: RunningServer, book: LetterBook) -> None:
    letter = book.burn()
    image = letter.content["image"]["sha256"]
    call(server, "route", "repair", SERIAL, "--detail", "no sound", "--by", "technician")
    call(server, "route", "burn", SERIAL, "--image", image, "--detail", "FJ-R1 1.4.2", "--by", "engineer")
    call(server, "route", "repair", SERIAL, "--by", "technician")
    (row,) = snapshot(server)["routes"]
    assert (row["unit_id"], row["case_no"], row["repaired_at"]) == (UNIT, "", None)
    assert row["missing"] == [{"what": "repair", "detail": "no sound"}, {"what": "burn", "detail": "FJ-R1 1.4.2"}]
    version = snapshot(server)["version"]
    assert server.put(letter).status_code == 201
    after_burn = state(server, version)
    assert after_burn is not None and [one["what"] for one in after_burn["routes"][0]["missing"]] == ["repair"]
    call(server, "route", "repaired", SERIAL, "--by", "technician")
    (row,) = snapshot(server)["routes"]
    assert row["missing"] == [] and row["repaired_at"] is not None
    assert call(server, "route", "list") == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"serial": "FJR126110002"},
        {"golden": "burn-fail"},
        {"after_sha256": "0" * 64},
        {"image": {"name": "other", "version": "1", "sha256": "cd" * 32, "size_bytes": 8}},
    ],
)
def test_another_burn_a_failed_one_and_one_with_a_discrepancy_close_nothing(
    server: RunningServer, book: LetterBook, changes: Json
) -> None:
    image = book.burn().content["image"]["sha256"]
    call(server, "route", "burn", SERIAL, "--image", image, "--by", "engineer")
    assert server.put(book.burn(**changes)).status_code == 201
    routes = {row["unit_id"]: row for row in snapshot(server)["routes"]}
    assert len(routes[UNIT]["missing"]) == 1


def test_a_repair_that_nobody_demanded_is_on_record_too(server: RunningServer) -> None:
    call(server, "route", "repaired", SERIAL, "--by", "repair_leader")
    (row,) = snapshot(server)["routes"]
    assert row["missing"] == [] and row["repaired_at"] is not None


def test_an_open_return_case_is_told_with_its_number(server: RunningServer) -> None:
    version = snapshot(server)["version"]
    body = {
        "waybill": {"courier": "SF", "number": "1"},
        "source": "4S",
        "units": [{"serial": SERIAL, "reason": "no sound"}],
    }
    client = server.log_in("logistics")
    answer = client.put("/v1/arrivals/019ab000-0000-7000-8000-0000000000aa", json=body)
    assert answer.status_code == 201
    later = state(server, version)
    assert later is not None
    assert later["routes"] == [
        {
            "unit_id": UNIT,
            "serial": SERIAL,
            "case_no": answer.json()["cases"][0]["case_no"],
            "missing": [],
            "repaired_at": None,
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("plan", "approve", PLAN, "--product", "P", "--by", "test_operator"), NotAllowed, "plans.release"),
        (("plan", "approve", PLAN, "--product", "P", "--by", "nobody"), NotFound, "no account nobody"),
        (("plan", "approve", "ab", "--product", "P", "--by", "engineer"), BadInput, "fanji-station doctor"),
        (("plan", "approve", PLAN, "--product", "", "--by", "engineer"), BadInput, "product"),
        (("plan", "withdraw", PLAN, "--product", "P", "--reason", "r", "--by", "engineer"), NotFound, "no plan"),
        (("hold", "add", "--serial", "A", "--reason", "r", "--by", "technician"), NotAllowed, "holds.write"),
        (("hold", "add", "--serial", "A", "--reason", " ", "--by", "engineer"), BadInput, "reason"),
        (("hold", "add", "--serial", "A*", "--reason", "r", "--by", "engineer"), BadInput, "serial"),
        (("hold", "add", "--reason", "r", "--by", "engineer"), BadInput, "--serial or --product"),
        (("hold", "release", "", "--reason", "r", "--by", "engineer"), NotFound, "0 holds"),
        (("route", "repair", "A", "--by", "logistics"), NotAllowed, "routes.write"),
        (("route", "burn", "A", "--image", "x", "--by", "engineer"), BadInput, "sha256"),
    ],
)
def test_who_may_not_and_what_cannot_be_is_refused_in_words(
    server: RunningServer, arguments: tuple[str, ...], error: type[ServerError], words: str
) -> None:
    found = refused(server, *arguments)
    assert isinstance(found, error) and words in str(found)
    assert (snapshot(server)["plans"], snapshot(server)["holds"], snapshot(server)["routes"]) == ([], [], [])


def test_a_plan_is_released_once_and_a_closed_account_releases_none(server: RunningServer) -> None:
    command = ("plan", "approve", PLAN, "--product", "FJ-R1", "--by", "engineer")
    call(server, *command)
    assert isinstance(refused(server, *command), Contradiction)
    call(server, "user", "disable", "supervisor")
    closed = ("hold", "add", "--product", "P", "--reason", "r", "--by", "supervisor")
    assert isinstance(refused(server, *closed), NotAllowed)


def test_two_holds_with_one_beginning_are_told_apart(server: RunningServer) -> None:
    ids = [call(server, "hold", "add", "--product", name, "--reason", "r", "--by", "engineer").strip() for name in "AB"]
    found = refused(server, "hold", "release", ids[0][:2], "--reason", "r", "--by", "engineer")
    assert isinstance(found, Contradiction) and "2 holds" in str(found)


def test_every_change_is_in_the_audit_under_its_account(server: RunningServer) -> None:
    call(server, "hold", "add", "--product", "P", "--reason", "recall", "--by", "engineer")
    with server.database.reading() as connection:
        row = connection.exec_driver_sql("SELECT actor, subject, detail FROM audit WHERE action = 'hold.add'").one()
    assert tuple(row) == ("user:engineer", "P", "recall")

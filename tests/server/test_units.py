"""Units: found by either end of their serial, named by rules, with a chain of events that cannot be bent unseen."""

from __future__ import annotations

from datetime import UTC, datetime

import jsonschema
import pytest
import sqlalchemy as sa

from server.db.engine import Database
from server.errors import BadInput, NotFound
from server.units.flows import add_serial_rule, name_unit, retire_serial_rule
from server.units.queries import broken_link, recent_units, search_units, serial_rules, state_version, timeline
from server.wire.ids import unit_id
from tests.databases import remove_guards
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook, schema


class Undone(Exception):
    """What was bent is rolled back."""


NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SERIALS = ("FJR126110001", "FJR126110002", "FJR226110001", "收音机-7")


@pytest.fixture
def stocked(server: RunningServer, book: LetterBook) -> RunningServer:
    for serial in SERIALS:
        assert server.put(book.run(serial=serial)).status_code == 201
    return server


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FJR1", SERIALS[:2]),
        ("fjr1", SERIALS[:2]),
        ("10001", (SERIALS[0], SERIALS[2])),
        ("收音机", SERIALS[3:]),
        ("-7", SERIALS[3:]),
        ("", SERIALS),
        ("26", ()),
        ("%", ()),
    ],
)
def test_a_unit_is_found_by_the_beginning_or_the_end_of_its_serial(
    stocked: RunningServer, text: str, found: tuple[str, ...]
) -> None:
    with stocked.database.reading() as connection:
        assert tuple(unit.serial for unit in search_units(connection, text)) == found


def test_the_list_of_units_is_paged_without_loss(stocked: RunningServer) -> None:
    with stocked.database.reading() as connection:
        first = search_units(connection, "", limit=3)
        rest = search_units(connection, "", after=(first[-1].serial, first[-1].unit_id), limit=3)
        assert tuple(unit.serial for unit in first + rest) == SERIALS
        assert {unit.serial for unit in recent_units(connection)} == set(SERIALS)


def test_the_timeline_tells_what_happened_and_the_unit_remembers_its_last_verdict(
    server: RunningServer, book: LetterBook
) -> None:
    for letter in (book.run(), book.burn(), book.run("run-fail"), book.run("run-error", purpose="debug")):
        server.put(letter)
    with server.database.reading() as connection:
        events = timeline(connection, unit_id("FJ-R1", "FJR126110001"))
        unit = search_units(connection, "FJR126110001")[0]
    assert [(event.seq, event.kind) for event in events] == [(1, "tested"), (2, "burned"), (3, "tested"), (4, "tested")]
    assert events[2].payload["failed"] == ["dark_current"]
    assert events[1].payload["result"] == "PASS"
    assert (unit.last_verdict, unit.last_event_kind, unit.product) == ("FAIL", "tested", "FJ-R1")


def test_a_changed_or_removed_event_breaks_the_units_chain(server: RunningServer, book: LetterBook) -> None:
    for _ in range(3):
        server.put(book.run())
    key = unit_id("FJ-R1", "FJR126110001")
    with server.database.reading() as connection:
        assert broken_link(connection, key) is None
    changes = {
        "UPDATE unit_event SET payload = replace(payload, 'PASS', 'FAIL') WHERE seq = 2": 2,
        "UPDATE unit_event SET actor = 'somebody' WHERE seq = 3": 3,
        "DELETE FROM unit_event WHERE seq = 1": 1,
        "DELETE FROM unit_event WHERE seq = 3": 3,
    }
    for change, broken_at in changes.items():
        with pytest.raises(Undone, match=r"^$"), server.database.writing() as connection:
            remove_guards(connection, "unit_event")
            connection.execute(sa.text(change))
            assert broken_link(connection, key) == broken_at, change
            raise Undone
    with server.database.reading() as connection:
        assert broken_link(connection, key) is None


def test_the_first_rule_that_matches_the_whole_serial_names_the_family(database: Database) -> None:
    with database.writing() as connection:
        add_serial_rule(connection, "FJ-ANY", "FJ-ANY", "FJR.*", NOW)
        assert name_unit(connection, "fjr126110001").family == "FJ-R1"
        assert name_unit(connection, "FJR1261100012").family == "FJ-ANY"
        assert name_unit(connection, "XFJR126110001").is_provisional


def test_every_change_of_the_rules_is_a_new_version_of_the_state(database: Database) -> None:
    with database.writing() as connection:
        assert state_version(connection) == 1
        assert add_serial_rule(connection, "FJ-N2", "FJ-N2", "FJN2[0-9]+", NOW) == 2
        assert retire_serial_rule(connection, 1, NOW) == 3
        assert add_serial_rule(connection, "FJ-N3", "FJ-N3", "FJN3[0-9]+", NOW) == 4
        assert [rule.version for rule in serial_rules(connection)] == [2, 4]
        assert [rule.version for rule in serial_rules(connection, with_retired=True)] == [1, 2, 4]
        with pytest.raises(NotFound):
            retire_serial_rule(connection, 1, NOW)


@pytest.mark.parametrize(
    ("family", "pattern"), [("", "A"), ("F" * 41, "A"), ("F", ""), ("F", "("), ("F", "A" * 201), ("F\n", "A")]
)
def test_a_rule_that_cannot_be_is_refused(database: Database, family: str, pattern: str) -> None:
    with pytest.raises(BadInput), database.writing() as connection:
        add_serial_rule(connection, family, "P", pattern, NOW)


def test_a_station_gets_the_rules_once_and_then_304_until_they_change(server: RunningServer) -> None:
    headers = {"Authorization": f"Bearer {server.site.tokens['bench-1']}"}
    first = server.client.get("/v1/stations/me/state", headers=headers)
    assert first.status_code == 200
    jsonschema.validate(first.json(), schema("state"))
    assert first.json()["serial_rules"] == [{"family": "FJ-R1", "product": "FJ-R1", "pattern": "FJR1[0-9]{8}"}]
    since = {"since": first.json()["version"]}
    same = server.client.get("/v1/stations/me/state", headers=headers, params=since)
    assert (same.status_code, same.content) == (304, b"")
    with server.database.writing() as connection:
        add_serial_rule(connection, "FJ-N2", "FJ-N2", "FJN2[0-9]+", NOW)
    assert server.client.get("/v1/stations/me/state", headers=headers, params=since).status_code == 200


def test_a_unit_is_read_with_its_events(stocked: RunningServer) -> None:
    client = stocked.log_in("reader")
    answer = client.get(f"/v1/units/{unit_id('FJ-R1', SERIALS[0])}").json()
    assert (answer["serial"], answer["last_verdict"]) == (SERIALS[0], "PASS")
    assert answer["events"][0]["payload"]["plan"] == "FJ-R1 outgoing"
    assert client.get(f"/v1/units/{unit_id('', 'nobody')}").status_code == 404

"""Both sides of what fixed it last time: the server writes as the schema says, the station reads the golden one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import msgspec
import pytest

from server.wire.remedies import FixRow, RemedyRow
from server.wire.remedies import Remedies as ServerRemedies
from station.config.settings import Settings
from station.model.errors import ServerError
from station.outbox.remedies import Fix, fetch_remedies
from tests.station.outbox.answering_server import AnsweringServer

WIRE = Path(__file__).parents[2] / "fixtures/wire/v1"
SCHEMA = json.loads((WIRE / "remedies.schema.json").read_text("utf-8"))
GOLDEN = (WIRE / "golden/remedies.json").read_bytes()
MOMENT = "2026-11-24T08:12:03.000000Z"


def settings(folder: Path, url: str) -> Settings:
    token = folder / "token"
    token.write_text("secret")
    token.chmod(0o600)
    return Settings(folder, url, token)


def test_the_golden_answer_is_as_the_schema_says_and_the_server_writes_it_byte_for_byte() -> None:
    jsonschema.validate(json.loads(GOLDEN), SCHEMA)
    assert msgspec.json.encode(msgspec.json.decode(GOLDEN, type=ServerRemedies)) == GOLDEN


def test_an_answer_of_the_server_is_as_the_schema_says() -> None:
    rows = (RemedyRow("dark_current", "X1", MOMENT, MOMENT, (FixRow("repair", "更换 Q3", MOMENT),)),)
    jsonschema.validate(json.loads(msgspec.json.encode(ServerRemedies(remedies=rows))), SCHEMA)


def test_the_station_reads_the_golden_answer_and_asks_as_the_document_says(tmp_path: Path) -> None:
    with AnsweringServer(answer=lambda got: (200, GOLDEN)) as server:
        found = fetch_remedies(settings(tmp_path, server.url), "FJ-R1", ("dark_current", "rail_5v"))
    assert [remedy.serial for remedy in found] == ["FJR126110002", "FJR126110007"]
    assert found[0].fixes[0] == Fix("note", "更换 Q3", datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
    (got,) = server.got
    assert got.token == "Bearer secret"
    assert got.path == "/v1/stations/me/remedies?product=FJ-R1&measurement=dark_current&measurement=rail_5v&limit=3"


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"{}"), (200, b"no"), (200, b'{"schema":"fanji/remedies/9","remedies":[]}')]
)
def test_an_answer_that_is_none_is_an_error_and_no_remedy(tmp_path: Path, status: int, body: bytes) -> None:
    with AnsweringServer(answer=lambda got: (status, body)) as server, pytest.raises(ServerError):
        fetch_remedies(settings(tmp_path, server.url), "FJ-R1", ("dark_current",))


def test_a_server_that_is_away_is_an_error_and_a_station_without_one_asks_nobody(tmp_path: Path) -> None:
    with pytest.raises(ServerError):
        fetch_remedies(settings(tmp_path, "http://127.0.0.1:9"), "FJ-R1", ("dark_current",))
    assert fetch_remedies(Settings(tmp_path, "", None), "FJ-R1", ("dark_current",)) == ()

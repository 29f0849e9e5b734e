"""Photos behind runs: what a station keeps and sends is what the server takes; both measure one by the same pattern."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from server.attachments.photo_file import MAX_PHOTO_BYTES, media_type_of
from server.runs.photos import LIMIT
from server.wire.receipt import Outcome, Receipt
from station.config.question import PHOTO_PATTERN
from station.outbox.answers import Fate, read_answer
from station.outbox.attachments import SUFFIXES, TAKEN
from station.playing.photos import MAX_BYTES, check_photo
from tests.station.playing.pictures import jpeg, png

SCHEMA = json.loads((Path(__file__).parents[2] / "fixtures/wire/v1/receipt.schema.json").read_bytes())
SHA256 = "ab" * 32


def test_both_sides_have_one_pattern_and_one_bound_and_the_contract_names_it() -> None:
    assert (PHOTO_PATTERN, MAX_BYTES) == (LIMIT, MAX_PHOTO_BYTES)
    assert f"at most {MAX_BYTES} bytes" in SCHEMA["description"] and "/v1/attachments/{sha256}" in SCHEMA["description"]


@pytest.mark.parametrize("content", [png(), jpeg()])
def test_what_a_station_keeps_the_server_takes_as_the_same_kind(content: bytes) -> None:
    assert media_type_of(content) == SUFFIXES[check_photo(content)]


@pytest.mark.parametrize(
    ("outcome", "status", "fate"),
    [
        (Outcome.STORED, 201, Fate.DELIVERED),
        (Outcome.DUPLICATE, 200, Fate.DELIVERED),
        (Outcome.QUARANTINED, 422, Fate.SET_ASIDE),
    ],
)
def test_the_server_answers_a_photo_with_a_receipt_that_the_station_reads(
    outcome: Outcome, status: int, fate: Fate
) -> None:
    body = Receipt(id=SHA256, sha256=SHA256, outcome=outcome, problem="x" * 3000).encoded()
    jsonschema.validate(json.loads(body), SCHEMA)
    answer = read_answer(status, body, SHA256)
    assert answer.fate is fate and (answer.receipt in TAKEN) == (fate is Fate.DELIVERED)

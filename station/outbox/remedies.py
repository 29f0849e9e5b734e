"""What fixed a failed measurement on other units; the document is fixtures/wire/v1/remedies.schema.json."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

import httpx
import msgspec

from station.config.settings import Settings
from station.model.errors import ServerError
from station.outbox.server_line import no_answer, open_line

TIMEOUT_S = 1.0
"""Somebody stands at the bench: an answer that comes later helps with the next unit."""
MOST = 3


class Fix(msgspec.Struct, frozen=True):
    """What was done: ``kind`` is repair, burn, note, or retest where nothing but another test is on record."""

    kind: str
    text: str
    at: datetime


class Remedy(msgspec.Struct, frozen=True):
    """A unit that failed ``measurement`` and passed later, with what was done between."""

    measurement: str
    serial: str
    failed_at: datetime
    passed_at: datetime
    fixes: tuple[Fix, ...]


class Remedies(msgspec.Struct, frozen=True):
    """The answer, the newest first."""

    schema: str
    remedies: tuple[Remedy, ...]


def fetch_remedies(settings: Settings, product: str, measurements: tuple[str, ...]) -> tuple[Remedy, ...]:
    """At most three; none where no server is set up. Raises ServerError or ConfigError, within a second or so."""
    if not settings.server_url:
        return ()
    asked = urlencode([("product", product), *(("measurement", name) for name in measurements), ("limit", str(MOST))])
    try:
        with open_line(settings, TIMEOUT_S, TIMEOUT_S) as line:
            response = line.get(f"/v1/stations/me/remedies?{asked}")
    except httpx.HTTPError as error:
        raise no_answer(error) from None
    if response.status_code != 200:
        raise ServerError(f"the server answers {response.status_code} when asked what fixed it last time")
    try:
        answer = msgspec.json.decode(response.content, type=Remedies)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"what fixed it last time cannot be read: {error}") from None
    if answer.schema != "fanji/remedies/1":
        raise ServerError(f"the server's remedies are {answer.schema!r}, this station reads fanji/remedies/1")
    return answer.remedies[:MOST]

"""What the API's description allows, and what nobody should send, asked of the whole application: never a 5xx.

schemathesis makes requests from the OpenAPI document; beside them every parameter, field and leaf of an example is
given values that break programs: NUL, half a surrogate pair, numbers that no column holds, days at the ends of time.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import schemathesis
import sqlalchemy as sa
from fastapi.dependencies.models import Dependant
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from pydantic import BaseModel
from schemathesis import GenerationMode

from tests.server.asked_in_process import Asked, Office, asked_of

ENDS_THE_SESSION = {("DELETE", "/v1/session"), ("POST", "/logout")}
KNOWN = {
    "unit_id": "SELECT unit_id FROM unit",
    "case_id": "SELECT id FROM return_case",
    "run_id": "SELECT id FROM run",
    "burn_id": "SELECT id FROM burn",
    "letter_id": "SELECT id FROM letter",
    "waybill_id": "SELECT id FROM waybill",
    "user_id": "SELECT id FROM user_account WHERE name = 'reader'",
}
"""What is on record, so that requests reach the code behind the key."""
TEXTS = ("\x00", "%ED%A0%80", "9" * 30, "-1", "²", "9999-12-31", "0001-01-01", "x" * 3000, "'\"%_\\")
"""``%ED%A0%80`` is half a surrogate pair, as bytes: no text at all."""
LEAVES: tuple[object, ...] = (
    "\x00",
    "\ud800",
    "9999-12-31T23:59:59.999999-14:00",
    "0001-01-01T00:00:00+14:00",
    "x" * 3000,
    2**63,
    -(10**30),
    1e308,
    True,
    None,
    [],
    {"": ""},
)


class Inquiry:
    """Asks as a supervisor who bears a station's token too, and gathers what was answered with a 5xx."""

    def __init__(self, office: Office, runner: asyncio.Runner, role: str = "supervisor") -> None:
        self.office, self.runner = office, runner
        self.headers = office.headers(role) | {"Authorization": f"Bearer {office.tokens['bench-1']}"}
        self.asked, self.broken = 0, dict[str, str]()
        with office.database.reading() as connection:
            rows = {name: connection.scalars(sa.text(query)).all() for name, query in KNOWN.items()}
        self.known = {name: [str(row) for row in found] for name, found in rows.items() if found}

    def ask(self, name: str, method: str, url: str, **request: Any) -> None:
        """One request; what the application raises counts as its 500."""
        headers = self.headers | {"Accept": "text/html" if "/v1/" not in url else "application/json"}
        headers |= request.pop("headers", {})
        self.asked += 1
        try:
            answer = self.runner.run(self.office.client.request(method, url, headers=headers, **request))
        except httpx.InvalidURL:
            return
        except Exception as error:  # noqa: BLE001 (whatever the application raises is what is looked for)
            self.broken.setdefault(f"{name}: {type(error).__name__}", f"{error!s:.300} {url:.100} {request!s:.300}")
            return
        if answer.status_code >= 500:
            self.broken.setdefault(f"{name}: {answer.status_code}", f"{url:.100} {request!s:.300}")

    def still_lets_in(self) -> bool:
        """Whether the session was not lost on the way, or everything since was answered with 401."""
        path = "/v1/delegations"
        return self.runner.run(self.office.client.get(path, headers=self.headers)).status_code == 200


def ask_described(inquiry: Inquiry, examples: int, modes: Iterable[GenerationMode]) -> None:
    """As many requests as ``examples`` of every operation and mode of the OpenAPI document."""
    schema = schemathesis.openapi.from_dict(inquiry.office.app.openapi())
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) in ENDS_THE_SESSION:
            continue
        for mode in modes:
            _ask_operation(inquiry, operation, mode, examples)


def _ask_operation(inquiry: Inquiry, operation: Any, mode: GenerationMode, examples: int) -> None:
    names = [name for name in inquiry.known if f"{{{name}}}" in operation.path]
    ids = {name: st.sampled_from(inquiry.known[name]) for name in names}

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=st.fixed_dictionaries(ids), is_known=st.booleans())
    def ask(case: Any, known: dict[str, str], is_known: bool) -> None:
        if is_known:
            case.path_parameters |= known
        wanted = case.as_transport_kwargs(base_url="http://fanji")
        body = wanted.get("data")
        content = {"json": wanted["json"]} if "json" in wanted else {"content": body} if body is not None else {}
        if isinstance(body, dict):
            content = {"data": body}
        headers = {name: str(text) for name, text in wanted["headers"].items() if str(text).isascii()}
        kept = {name: text for name, text in headers.items() if name.title() in ("Content-Type", "If-Match")}
        inquiry.ask(operation.label, wanted["method"], wanted["url"], params=wanted["params"], headers=kept, **content)

    with suppress(Unsatisfiable):  # where nothing can be said that the description forbids
        ask()


def ask_hostile(inquiry: Inquiry, texts: tuple[str, ...] = TEXTS, one_by_one: bool = False) -> None:
    """Every parameter and field with every one of ``texts``; ``one_by_one`` leaves the other fields as they may be."""
    for asked in asked_of(inquiry.office.app):
        if asked.key in ENDS_THE_SESSION:
            continue
        for text in texts:
            _ask_parameters(inquiry, asked, text)
            if asked.writes and not asked.path.startswith("/v1/"):
                for fields in _filled_forms(asked, text, one_by_one):
                    body = "&".join(f"{quote(name)}={_encoded(value)}" for name, value in fields.items())
                    kind = {"Content-Type": "application/x-www-form-urlencoded"}
                    inquiry.ask(str(asked.key), asked.method, _url(inquiry, asked), content=body, headers=kind)


def _ask_parameters(inquiry: Inquiry, asked: Asked, text: str) -> None:
    query = [field.alias for part in _parts(asked.route.dependant) for field in part.query_params]
    if query and not asked.writes:
        said = "&".join(f"{name}={_encoded(text)}" for name in query)
        inquiry.ask(str(asked.key), asked.method, f"{_url(inquiry, asked)}?{said}")
    for name in asked.route.param_convertors:
        path = asked.path.replace(f"{{{name}}}", _encoded(text).replace("/", "%2F"))
        if path != asked.path:
            body = {"json": {}} if asked.writes and asked.path.startswith("/v1/") else {}
            inquiry.ask(str(asked.key), asked.method, asked.with_path(path).filled(), **body)


def _filled_forms(asked: Asked, text: str, one_by_one: bool) -> Iterator[dict[str, str]]:
    names = list(_form_fields(asked))
    if one_by_one:
        for name in names:
            yield dict.fromkeys(names, "1") | {name: text}
    elif names:
        yield dict.fromkeys(names, text)


def _form_fields(asked: Asked) -> Iterator[str]:
    for field in (field for part in _parts(asked.route.dependant) for field in part.body_params):
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield field.alias


def _parts(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _parts(inner)


def ask_spoiled_examples(inquiry: Inquiry, values: tuple[object, ...] = LEAVES) -> None:
    """The example of every body with every leaf spoiled by each of ``values``."""
    document = inquiry.office.app.openapi()
    schemas = document["components"]["schemas"]
    for asked in asked_of(inquiry.office.app):
        described = document["paths"].get(asked.path, {}).get(asked.method.lower(), {})
        content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        for example in schemas.get(name, {}).get("examples", []):
            for spoiled in _spoiled(example, values):
                body = json.dumps(spoiled).encode()
                kind = {"Content-Type": "application/json"}
                inquiry.ask(str(asked.key), asked.method, _url(inquiry, asked), content=body, headers=kind)


def _spoiled(example: Any, values: tuple[object, ...]) -> Iterator[Any]:
    for path in _leaves(example):
        for value in values:
            made = copy.deepcopy(example)
            inside = made
            for step in path[:-1]:
                inside = inside[step]
            inside[path[-1]] = value
            yield made


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from _leaves(part, (*path, name)) if isinstance(part, dict | list) and part else [(*path, name)]


def _url(inquiry: Inquiry, asked: Asked) -> str:
    path = asked.path
    for name, known in inquiry.known.items():
        path = path.replace(f"{{{name}}}", known[0])
    return asked.with_path(path).filled()


def _encoded(text: str) -> str:
    return text if text.startswith("%") else quote(text, safe="")

"""The server's side of the wire contract: golden letters are taken, and what the schemas refuse is refused."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.db.engine import Database
from server.db.schema import migrate
from server.errors import LetterError
from server.images.tables import image, image_approval
from server.ingest.flows import take
from server.ingest.submission import submit
from server.numbers.tables import leased_number, number_lease, number_pool
from server.orders.tables import burn_order, order_approval
from server.wire.decode import decode_burn, decode_custody, decode_run
from server.wire.ids import canonical_serial, new_id, order_id, unit_id
from server.wire.receipt import Outcome, Receipt

WIRE = Path(__file__).parents[2] / "fixtures/wire/v1"
GOLDEN = {path.stem: path.read_bytes() for path in sorted(WIRE.glob("golden/*.json"))}
KINDS = ("run", "burn", "custody")
LETTERS = {name: body for name, body in GOLDEN.items() if json.loads(body)["schema"].split("/")[1] in KINDS}
SCHEMAS = {name: json.loads((WIRE / f"{name}.schema.json").read_bytes()) for name in (*KINDS, "receipt")}
DECODERS: dict[str, Callable[[bytes, str], object]] = {
    "run": decode_run,
    "burn": decode_burn,
    "custody": decode_custody,
}
VALIDATORS = {name: jsonschema.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
IDS = json.loads((WIRE / "unit-ids.json").read_bytes())
OPTIONAL = {"attempts", "gates", "is_marginal", "file_sha256"}
"""Fields that letters of older stations do not have."""
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def kind_of(name: str) -> str:
    return name.partition("-")[0]


def refusal(kind: str, content: Any) -> LetterError | None:
    """The server's answer to a letter, put at its own id."""
    letter_id = content["id"] if isinstance(content, dict) and isinstance(content.get("id"), str) else ""
    body = json.dumps(content).encode()
    try:
        DECODERS[kind](body, letter_id)
    except LetterError as error:
        return error
    return None


def test_every_golden_letter_is_accepted_without_a_discrepancy(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'golden.sqlite'}")
    migrate(database)
    in_order = sorted(LETTERS.items(), key=lambda item: (json.loads(item[1])["chain_id"], json.loads(item[1])["seq"]))
    with database.writing() as connection:
        put_golden_order(connection)
        for name, body in in_order:
            submission = submit(kind_of(name), json.loads(body)["id"], body, "bench-1")
            (receipt,) = take(connection, [submission], "main", NOW)
            assert (receipt.outcome, receipt.discrepancies, receipt.problem) == (Outcome.STORED, (), ""), name
            jsonschema.validate(json.loads(receipt.encoded()), SCHEMAS["receipt"])
    database.close()


def put_golden_order(connection: sa.Connection) -> None:
    """The order of the golden letters, its image, and the numbers that are leased for it."""
    told = json.loads(GOLDEN["burn-order-stock"])
    file, fields = told["image"], told["serialisation"]["fields"]
    by, some_id = {"at": NOW, "by": "zhao"}, new_id(NOW)
    uploaded = {"uploaded_at": NOW, "uploaded_by": "李雷", "note": ""}
    keep = ("sha256", "content_sha256", "name", "version", "format", "size_bytes")
    approval = {"id": some_id, "sha256": file["sha256"], "recipe": json.dumps({"serialisation": told["serialisation"]})}
    approval |= {name: told[name] for name in ("product", "board_revision", "target")}
    order = {"no": told["no"], "site": "main", "kind": "stock", "family": "", "serial": "", "quantity": 20}
    order |= {"approval_id": some_id, "image_sha256": file["sha256"], "note": ""}
    connection.execute(sa.insert(image), {name: file[name] for name in keep} | uploaded)
    connection.execute(sa.insert(image_approval), approval | {f"approved_{key}": value for key, value in by.items()})
    connection.execute(sa.insert(burn_order), order | {f"requested_{key}": value for key, value in by.items()})
    connection.execute(
        sa.insert(order_approval), {"order_no": told["no"]} | {f"approved_{key}": value for key, value in by.items()}
    )
    for number, field in zip(json.loads(GOLDEN["burn-ordered"])["serial_numbers"], fields, strict=True):
        pool = {"name": field["pool"], "prefix": "", "base": 16, "digits": 12, "first": 0, "last": 999}
        lease = {"id": new_id(NOW), "station_id": "bench-1", "order_no": told["no"], "pool": field["pool"], "count": 1}
        leased = {
            "number": number,
            "pool": field["pool"],
            "value": 123,
            "lease_id": lease["id"],
            "order_no": told["no"],
        }
        connection.execute(sa.insert(number_pool), pool | {"made_at": NOW, "made_by": "zhao"})
        connection.execute(sa.insert(number_lease), lease | {"reserved_at": NOW, "expires_at": NOW})
        connection.execute(sa.insert(leased_number), leased)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_receipt_is_as_the_schema_says_however_long_its_texts(outcome: Outcome) -> None:
    receipt = Receipt(
        id="x" * 200, sha256="0" * 64, outcome=outcome, discrepancies=("d" * 600,) * 150, problem="p" * 3000
    )
    jsonschema.validate(json.loads(receipt.encoded()), SCHEMAS["receipt"])


@pytest.mark.parametrize("vector", IDS["vectors"], ids=lambda vector: repr(vector["serial"]))
def test_a_unit_has_the_id_of_the_contract(vector: dict[str, str]) -> None:
    assert canonical_serial(vector["serial"]) == vector["canonical"]
    assert unit_id(vector["family"], vector["serial"]) == vector["id"]


@pytest.mark.parametrize("serial", IDS["refused"], ids=repr)
def test_a_serial_that_the_contract_refuses_is_refused(serial: str) -> None:
    with pytest.raises(LetterError):
        canonical_serial(serial)


def test_an_orders_key_is_never_a_units() -> None:
    assert order_id("BO-1") != unit_id("", "BO-1")
    assert order_id("BO-1") == order_id("BO-1")


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(5000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_id_made_here_is_one_of_the_contract_and_sorts_by_time(moment: datetime) -> None:
    made = new_id(moment)
    assert re.match(SCHEMAS["run"]["properties"]["id"]["pattern"], made)
    assert int(made.replace("-", "")[:12], 16) == int(moment.timestamp() * 1000)


def paths_of(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a letter."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, child in children for found in paths_of(child, (*path, key)))]


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        node = node[key]
    return node


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 2**40),
    st.floats(-1e6, 1e6).map(lambda number: number + 0.5 if number == int(number) else number),
    st.sampled_from(
        ["", "x", "PASS", "MAYBE", "X" * 3000, "0" * 64, "2026-11-23T08:00:00.000000Z", "2026-11-23", "ab\n"]
    ),
    st.text(st.characters(exclude_categories=["C"]), max_size=120),
    st.just([]),
    st.just({}),
)


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, Any]:
    """A golden letter with one to three places replaced, removed or added."""
    name = draw(st.sampled_from(sorted(LETTERS)))
    content = json.loads(LETTERS[name])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths_of(content)[1:]))
        parent = at(content, path[:-1])
        match draw(st.sampled_from(["replace", "remove", "add", "repeat"])):
            case "replace":
                parent[path[-1]] = draw(SCALARS)
            case "remove":
                del parent[path[-1]]
            case "add" if isinstance(parent, dict):
                parent[draw(st.sampled_from(["extra", "unit", "value", "Id"]))] = draw(SCALARS)
            case _ if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[path[-1]]))
        if not isinstance(content, dict) or not content:
            break
    return kind_of(name), content


def is_beyond_the_schema(content: Any) -> bool:
    """What no schema can say, and the server refuses: a serial with a wildcard, a moment or day of no calendar."""
    serial = (content.get("unit") or {}).get("serial", "X")
    try:
        canonical_serial(serial)
    except LetterError:
        return True
    texts = [value for value in walk(content) if isinstance(value, str)]
    return any(is_no_moment(text) for text in texts)


def walk(node: Any) -> list[Any]:
    return [at(node, path) for path in paths_of(node)]


def is_no_moment(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}\.\d{6}Z)?\n?", text):
        return False
    try:
        year = datetime.fromisoformat(text).year
    except ValueError:
        return True
    if "T" in text and not 1970 <= year <= 9998:
        return True
    return not text.isascii()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutations())
def test_the_server_refuses_exactly_what_the_schema_refuses(mutated: tuple[str, Any]) -> None:
    kind, content = mutated
    is_valid = VALIDATORS[kind].is_valid(content)
    refused = refusal(kind, content)
    if is_valid:
        assert refused is None or is_beyond_the_schema(content), refused
    else:
        assert refused is not None, [error.message for error in VALIDATORS[kind].iter_errors(content)]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(LETTERS)), st.data())
def test_a_missing_or_unknown_field_is_named_wherever_it_is(name: str, data: st.DataObject) -> None:
    content = json.loads(LETTERS[name])
    inside = [path for path in paths_of(content) if isinstance(at(content, path), dict)]
    path = data.draw(st.sampled_from(inside))
    row = at(content, path)
    field = data.draw(st.sampled_from(sorted(set(row) - {"id"} - OPTIONAL)))
    del row[field]
    missing = refusal(kind_of(name), content)
    assert missing is not None
    assert missing.field.endswith(field)
    assert missing.problem == "is missing"


@pytest.mark.parametrize("golden", ["run-pass", "burn-pass", "custody-scrapped"])
def test_every_field_of_the_schema_is_a_field_of_the_struct(golden: str) -> None:
    """The structs forbid unknown fields and require all but the optional: one more or less on either side is found."""
    kind = kind_of(golden)
    required = set(SCHEMAS[kind]["required"])
    assert set(json.loads(GOLDEN[golden])) == required == set(SCHEMAS[kind]["properties"]) - OPTIONAL
    for field in required:
        content = json.loads(GOLDEN[golden])
        del content[field]
        assert refusal(kind, content) is not None, field


@pytest.mark.parametrize(
    "old", sorted(name for name in LETTERS if name not in ("run-retried", "run-gated", "burn-ordered"))
)
def test_a_letter_without_the_optional_fields_is_taken_as_ever(old: str) -> None:
    assert not OPTIONAL & {key for path in paths_of(json.loads(LETTERS[old])) for key in path}
    assert refusal(kind_of(old), json.loads(LETTERS[old])) is None


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("attempts", 0, "outcome"), "PASS", "attempts[0].outcome"),
        (("attempts", 0, "number"), 0, "attempts[0].number"),
        (("attempts", 0, "finished_at"), "2026-13-23T08:00:00.000000Z", "attempts[0].finished_at"),
        (("attempts", 0, "measurements", 0, "taken_at"), "2026-02-30T08:00:00.000000Z", ".measurements[0].taken_at"),
        (("attempts", 0, "measurements", 0, "cal_due"), "2026-02-30", "attempts[0].measurements[0].cal_due"),
        (("measurements", 0, "is_marginal"), 1, "measurements[0].is_marginal"),
    ],
)
def test_what_is_wrong_with_an_earlier_attempt_is_named(path: tuple[Any, ...], value: object, field: str) -> None:
    content = json.loads(GOLDEN["run-retried"])
    at(content, path[:-1])[path[-1]] = value
    refused = refusal("run", content)
    assert refused is not None and refused.field.endswith(field)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": "refused"}, "gates[0].outcome"),
        ({"basis": ""}, "gates[0].basis"),
        ({"state_age_s": -1}, "gates[0].state_age_s"),
        ({"who": "zhao"}, "gates[0].who"),
    ],
)
def test_what_is_wrong_with_a_gate_is_named(changes: dict[str, Any], field: str) -> None:
    content = json.loads(GOLDEN["run-gated"])
    content["gates"][0] |= changes
    refused = refusal("run", content)
    assert refused is not None and refused.field == field


def test_a_whole_number_written_with_a_point_is_refused_where_an_integer_is_asked() -> None:
    """JSON Schema calls 1.0 an integer; stations write integers without a point, and the server takes no other."""
    content = json.loads(GOLDEN["run-pass"])
    assert VALIDATORS["run"].is_valid(content | {"attempt": 1.0})
    assert refusal("run", content | {"attempt": 1.0}) is not None

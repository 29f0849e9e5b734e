"""Burn orders, leases and what the snapshot says of them: the server writes and takes what the documents say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from server.wire.lease import Lease, LeaseRequest
from server.wire.order import OrderDocument
from server.wire.state import StationState
from station.model.errors import ServerError
from station.outbox.order_sheet import SheetOptions, read_sheet

WIRE = Path(__file__).parents[2] / "fixtures/wire/v1"
DOCUMENTS: dict[str, tuple[str, type[msgspec.Struct]]] = {
    "burn-order-stock": ("burn-order", OrderDocument),
    "burn-order-unit": ("burn-order", OrderDocument),
    "burn-order-options": ("burn-order", OrderDocument),
    "lease-request": ("lease-request", LeaseRequest),
    "lease": ("lease", Lease),
    "state-orders": ("state", StationState),
}


def golden(name: str) -> bytes:
    return (WIRE / f"golden/{name}.json").read_bytes()


def schema(name: str) -> Any:
    return json.loads((WIRE / f"{name}.schema.json").read_bytes())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_golden_document_is_of_the_contract_and_the_server_writes_it_byte_for_byte(name: str) -> None:
    of, struct = DOCUMENTS[name]
    jsonschema.validate(json.loads(golden(name)), schema(of))
    assert msgspec.json.encode(msgspec.json.decode(golden(name), type=struct)) == golden(name)


@pytest.mark.parametrize("name", ["burn-order-stock", "burn-order-unit", "burn-order-options"])
def test_the_station_reads_every_golden_order(name: str) -> None:
    sheet, told = read_sheet(golden(name)), json.loads(golden(name))
    assert (sheet.no, sheet.quantity, sheet.target) == (told["no"], told["quantity"], told["target"])
    assert json.loads(msgspec.json.encode(sheet.heard)) == told.get("heard")
    said = msgspec.to_builtins(sheet.options)
    assert said == msgspec.to_builtins(SheetOptions()) | told.get("options", {})


@pytest.mark.parametrize("options", [{"volume": 11}, {"proof": "checksum"}, {"erase": "some"}], ids=str)
def test_an_order_that_demands_what_a_station_does_not_know_is_not_burned(options: dict[str, Any]) -> None:
    content = json.loads(golden("burn-order-options"))
    content["options"] |= options
    assert not jsonschema.Draft202012Validator(schema("burn-order")).is_valid(content)
    with pytest.raises(ServerError, match="cannot be read"):
        read_sheet(json.dumps(content).encode())


@pytest.mark.parametrize("part", ["withdrawn_images", "burn_orders"])
def test_the_snapshot_may_say_nothing_of_images_and_orders(part: str) -> None:
    content = json.loads(golden("state-orders"))
    del content[part]
    jsonschema.validate(content, schema("state"))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "019ab000-0000-4000-8000-0000000000a1"},
        {"order": "123"},
        {"pool": ""},
        {"count": 0},
        {"count": 1001},
        {"count": True},
        {"schema": "fanji/lease-request/2"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_lease_request_that_the_schema_refuses_the_server_refuses(changes: dict[str, Any]) -> None:
    content = json.loads(golden("lease-request")) | changes
    validator = jsonschema.Draft202012Validator(schema("lease-request"))
    assert not validator.is_valid(content)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(content), type=LeaseRequest)


@pytest.mark.parametrize("field", ["schema", "id", "order", "pool", "count"])
def test_a_lease_request_needs_each_field(field: str) -> None:
    content = json.loads(golden("lease-request"))
    del content[field]
    assert not jsonschema.Draft202012Validator(schema("lease-request")).is_valid(content)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(content), type=LeaseRequest)


@pytest.mark.parametrize(
    "field",
    [
        {"name": "n", "kind": "uint_le", "address": 0, "length": 4, "pool": "p"},
        {"name": "n", "kind": "ascii", "address": 0, "length": 4, "pool": "p", "pad": 32},
    ],
    ids=["without pad", "with pad"],
)
def test_a_serial_field_may_leave_out_what_fills_it(field: dict[str, Any]) -> None:
    content = json.loads(golden("burn-order-stock"))
    content["serialisation"]["fields"] = [field]
    jsonschema.validate(content, schema("burn-order"))
    document = msgspec.json.decode(json.dumps(content), type=OrderDocument)
    assert json.loads(msgspec.json.encode(document))["serialisation"]["fields"] == [field]

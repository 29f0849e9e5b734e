"""Something on each page of products, parties, waybills and freight, and the pages that show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx

from tests.server_process import PASSWORD

CONFIGURATION = {
    "base": "0",
    "hardware_revision": "B",
    "memory": "main",
    "firmware_version": "2.1.0",
    "checksum": "9C3A",
    "code": "remote",
    "zh": "遥控器",
    "en": "Remote control",
    "quantity": "1",
    "required": "yes",
}
BILL = "运单号,方向,费用\nLS-2,寄件,15.00\nLS-9,寄件,5\n".encode()
FILES = {
    "/arrivals/units": "a part of the receive page, and read with it",
    "/waybills/{waybill_id}/photos/{sha256}": "a picture",
    "/freight/bills/{sha256}/claims.{form}": "a file",
}


@contextmanager
def person(url: str, role: str) -> Iterator[httpx.Client]:
    """A client with a session."""
    with httpx.Client(base_url=url) as client:
        answer = client.post("/v1/session", json={"name": role, "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


def goes(client: httpx.Client, path: str, **fields: str) -> str:
    answer = client.post(path, data=fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def logistics_pages(url: str) -> dict[str, list[str]]:
    """The pages by the route that serves them; made by the engineer, the supervisor and the logistics clerk."""
    with person(url, "engineer") as engineer, person(url, "supervisor") as supervisor:
        goes(engineer, "/products", product="FJ-X1", family="FJ-X")
        goes(engineer, "/products/FJ-X1/configurations", **CONFIGURATION)
        goes(supervisor, "/products/FJ-X1/activation", version="1")
        goes(engineer, "/products/FJ-X1/configurations", **(CONFIGURATION | {"base": "1", "firmware_version": "2.2.0"}))
        month = {"courier": "顺丰速运", "month": f"{datetime.now(UTC):%Y-%m}"}
        ways = ways_of(url)
        tried = supervisor.post("/freight/bills", data=month, files={"file": ("bill.csv", BILL)})
        found = re.search(r'action="(/freight/bills/[0-9a-f]{64})"', tried.text)
        assert found
        bill = goes(supervisor, found[1], currency="CNY", file_name="bill.csv", **month)
    return ways | {
        "/products": ["/products"],
        "/products/{name}": ["/products/FJ-X1", "/products/FJ-X1?version=2"],
        "/products/{name}/configuration": ["/products/FJ-X1/configuration"],
        "/freight": ["/freight"],
        "/freight/bills/{sha256}": [bill, f"{bill}?kind=not_ours"],
        "/couriers": ["/couriers"],
    }


def ways_of(url: str) -> dict[str, list[str]]:
    """A party with a contact, a parcel that comes, and one that is being packed."""
    with person(url, "logistics") as clerk:
        party = goes(clerk, "/parties", kind="dealer_4s", name="宁波 4S 店", region="浙江")
        goes(clerk, f"{party}/contacts", name="王小芳", phone="13900001111", address="宁波市海曙区")
        beside = {"courier": "顺丰速运", "source": "宁波 4S 店"}
        inbound = goes(clerk, "/waybills", direction="in", number="LS-1", expected_units="3", **beside)
        outbound = goes(clerk, "/waybills", direction="out", number="LS-2", freight="12.50", **beside)
        units = {"arrival": "0190b2c4-0000-7000-8000-000000000077", "number": "LS-1", "reason": "不开机"}
        goes(clerk, "/arrivals", serials="FJR126118001\nFJR126118002", **units, **beside)
        goes(clerk, f"{outbound}/parcel", serial="FJR126118001")
    return {
        "/parties": ["/parties", "/parties?text=nothing+of+the+kind"],
        "/parties/new": ["/parties/new"],
        "/parties/import": ["/parties/import"],
        "/parties/{party_id}": [party],
        "/waybills": ["/waybills", "/waybills?text=nothing+of+the+kind"],
        "/waybills/new": ["/waybills/new", "/waybills/new?direction=out"],
        "/waybills/{waybill_id}": [inbound, outbound],
        "/waybills/{waybill_id}/parcel": [f"{outbound}/parcel"],
        "/waybills/{waybill_id}/handover": [f"{outbound}/handover"],
    }

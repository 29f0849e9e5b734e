"""Something on each page of interception, and the pages that show it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from server.wire.ids import new_id
from tests.browser.logistics_site import person


def interception_pages(url: str) -> dict[str, list[str]]:
    """A rule of last year that met units, one of them decided, and a lot; the pages by the route that serves them."""
    rule = f"/interception/{new_id(datetime.now(UTC))}"
    with person(url, "engineer") as engineer:
        lot = {"lot": "L-0815", "product": "FJ-R1", "supplier": "ACME", "made_on": "2026-11-02"}
        lot |= {"serial_first": "FJR126110001", "serial_last": "FJR126110500"}
        assert engineer.put(f"/v1/production-lots/{new_id(datetime.now(UTC))}", json=lot).status_code == 201
        body = {
            "title": "L-0815 功放",
            "reason": "16 V 时可能冒烟，检查 IC301",
            "asks": {"lot": "L-0815"},
            "does": "tell",
        }
        body["starts_at"] = "2025-01-01T00:00:00Z"
        path = f"/v1/interceptions/{rule.rpartition('/')[2]}"
        assert engineer.put(path, json=body).status_code == 201
        unit = engineer.get(f"{path}/hits").json()[0]["unit_id"]
        decision = {"kind": "reworked", "reason": "IC301 换新"}
        address = f"{path}/units/{unit}/decisions/{new_id(datetime.now(UTC))}"
        assert engineer.put(address, json=decision).status_code == 204
        assert re.search("L-0815", engineer.get(rule).text)
    return {
        "/interception": ["/interception"],
        "/interception/new": ["/interception/new"],
        "/interception/lots": ["/interception/lots"],
        "/interception/{rule_id}": [rule],
    }

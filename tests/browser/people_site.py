"""A site's people: accounts, rights for some days, tokens and the audit; the pages that show them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx

from tests.server_process import PASSWORD


def people_pages(url: str) -> dict[str, list[str]]:
    """Give the engineer the supervisor's rights, add an account, and give the pages of it all."""
    with httpx.Client(base_url=url) as client:
        answer = client.post("/v1/session", json={"name": "supervisor", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        today = datetime.now(UTC).date()
        taker = re.findall(r'<option value="([0-9a-f-]{36})">engineer', client.get("/delegations").text)[0]
        for what, until in (("role", today), ("some", today + timedelta(days=9))):
            wish = {"taker": taker, "since": str(today), "until": str(until), "reason": "出差", "what": what}
            given = client.post("/delegations", data=wish | {"actions": ["orders.approve", "audit.read"]})
            assert given.status_code == 303, given.text
        assert client.post("/people", data={"name": "lin", "role": "logistics"}).status_code == 201
        found = re.findall(r'href="(/people/[0-9a-f-]{36})"', client.get("/people").text)
    return {
        "/people": ["/people", "/people?closed=1"],
        "/people/{user_id}": found,
        "/delegations": ["/delegations"],
        "/tokens": ["/tokens", "/tokens?ended=1"],
        "/audit": ["/audit", "/audit?delegated=1", "/audit?who=supervisor"],
        "/account": ["/account"],
        "/account/password": ["/account/password"],
        "/login/code": ["/login/code", "/login/code?code=ABCDE-FGHJK"],
    }

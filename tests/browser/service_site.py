"""A service request that was handled, and the pages that show it."""

from __future__ import annotations

from datetime import UTC, datetime

from server.wire.ids import new_id
from tests.browser.logistics_site import person


def service_pages(url: str) -> dict[str, list[str]]:
    """A complaint, dispatched and handled; the pages by the route that serves them."""
    request = new_id(datetime.now(UTC))
    path = f"/v1/service-requests/{request}"
    with person(url, "supervisor") as supervisor:
        body = {
            "kind": "complaint",
            "priority": "urgent",
            "text": "升级后无声",
            "phone": "138 0000 4821",
            "caller": "王先生",
        }
        assert supervisor.put(path, json=body | {"serial": "FJR126110001"}).status_code == 201
        for move in ({"move": "dispatch", "owner": "supervisor"}, {"move": "handle", "note": "已远程解决"}):
            answer = supervisor.put(f"{path}/moves/{new_id(datetime.now(UTC))}", json=move)
            assert answer.status_code == 200, answer.text
    return {
        "/service": ["/service", "/service?caller=4821"],
        "/service/new": ["/service/new"],
        "/service/{request_id}": [f"/service/{request}"],
    }

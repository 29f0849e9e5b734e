"""Something on each page of the parts ledger, and the pages that show it."""

from __future__ import annotations

from datetime import UTC, datetime

from server.wire.ids import new_id
from tests.browser.logistics_site import goes, person

PART_FILES = {
    "/parts/list.{suffix}": "a file",
    "/parts/movements.{suffix}": "a file",
    "/parts/plan.{suffix}": "a file",
    "/parts/valuable.{suffix}": "a file",
    "/parts/{part_id}/ledger.{suffix}": "a file",
}


def command() -> str:
    return new_id(datetime.now(UTC))


def parts_pages(url: str) -> dict[str, list[str]]:
    """The pages by the route that serves them: a valuable part below its minimum, requested, received and counted."""
    with person(url, "supervisor") as supervisor, person(url, "engineer") as engineer:
        part = {"number": "LCD-7", "name_zh": "液晶屏", "name_en": "display", "unit": "个", "kind": "module"}
        goes(supervisor, "/parts", **part, is_valuable="true", minimum="9", place="CABINET")
        goes(supervisor, "/parts/places", code="BENCH-1", name_zh="维修台", name_en="bench", custodian="technician")
        goes(supervisor, "/parts/hand/receive", command=command(), lines="LCD-7 5", document="SH-1")
        done = command()
        goes(supervisor, "/parts/hand/move", command=done, lines="LCD-7", source="CABINET", target="STORE")
        wish = {"kind": "requisition", "lines": "LCD-7", "source": "CABINET", "target": "BENCH-1"}
        requests = [goes(engineer, "/parts/requests", command=command(), **wish) for _ in range(2)]
        goes(supervisor, f"{requests[1]}/decision", decision="approved")
        one = supervisor.get("/parts?text=LCD-7").headers["location"]
    return {
        "/parts": ["/parts"],
        "/parts/{part_id}": [one],
        "/parts/{part_id}/change": [f"{one}/change"],
        "/parts/movements": ["/parts/movements"],
        "/parts/hand/{kind}": [f"/parts/hand/move?done={done}"],
        "/parts/requests": ["/parts/requests"],
        "/parts/requests/new": ["/parts/requests/new?kind=scrap"],
        "/parts/requests/{request_id}": requests,
        "/parts/count": ["/parts/count?place=CABINET"],
        "/parts/plan": ["/parts/plan"],
        "/parts/valuable": ["/parts/valuable"],
        "/parts/places": ["/parts/places"],
        "/parts/burn-orders": ["/parts/burn-orders"],
        "/parts/import": ["/parts/import"],
        "/parts/new": ["/parts/new"],
    }

"""An office that knows burn orders, images and numbers as the contract has them; it answers on a real socket."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.station.outbox.answering_server import AnsweringServer, Got, Reply, receipt

NO = "BO-2026-000123"
GOLDEN = Path(__file__).parents[3] / "fixtures/wire/v1/golden/burn-order-stock.json"


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class BurnOffice(AnsweringServer):
    """``order`` is what it tells, ``image`` the file; ``statuses`` answers a path otherwise, ``numbers`` are leased.

    ``others`` are numbers of orders like it. There are ``most_numbers`` to be leased, and the answers of the first
    ``lost`` leases get lost on their way.
    """

    image: bytes = b""
    order: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    numbers: int = 100
    others: set[str] = field(default_factory=set)
    most_numbers: int = 1000
    lost: int = 0
    leases: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.answer = self._answer
        self._lease_lock = threading.Lock()
        digest = hashlib.sha256(self.image).hexdigest()
        now = datetime.now(UTC)
        told = json.loads(GOLDEN.read_bytes())
        told["image"] |= {"sha256": digest, "content_sha256": digest, "size_bytes": len(self.image)}
        told |= {"quantity": 3, "taken": 2, "good": 0, "scrapped": 0, "preserve": []}
        told |= {"issued_at": stamp(now), "expires_at": stamp(now + timedelta(days=1))}
        del told["serialisation"]
        self.order = told | self.order

    def asked(self, part: str) -> list[Got]:
        return [got for got in self.got if part in got.path]

    def _answer(self, got: Got) -> Reply:
        status = next((status for part, status in self.statuses.items() if part in got.path), 0)
        if status:
            return status, b'{"detail":"as the test says"}'
        if got.method == "PUT":
            return 201, receipt(got.sha256)
        if got.path == f"/v1/burn-orders/{NO}":
            return 200, json.dumps(self.order).encode()
        if (other := got.path.rpartition("/")[2]) in self.others:
            return 200, json.dumps(self.order | {"no": other}).encode()
        if got.path.startswith("/v1/images/"):
            return 200, self.image
        if got.path == "/v1/leases":
            with self._lease_lock:
                return self._lease(json.loads(got.body))
        return 404, b"{}"

    def _lease(self, asked: dict[str, Any]) -> Reply:
        if asked["id"] in self.leases:
            return 200, self.leases[asked["id"]]
        count = min(asked["count"], self.most_numbers)
        if not count:
            return 409, b'{"detail":"the order needs no more numbers"}'
        numbers = [{"text": f"FJ{value:06d}", "value": value} for value in range(self.numbers, self.numbers + count)]
        self.numbers += count
        self.most_numbers -= count
        expires_at = stamp(datetime.now(UTC) + timedelta(days=7))
        lease = {"schema": "fanji/lease/1", "reserved_at": stamp(datetime.now(UTC)), "expires_at": expires_at}
        answer = json.dumps(lease | {name: asked[name] for name in ("id", "order", "pool")} | {"numbers": numbers})
        self.leases[asked["id"]] = answer.encode()
        if self.lost:
            self.lost -= 1
            return 502, b"{}"
        return 201, answer.encode()

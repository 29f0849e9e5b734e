"""Letters of 50 measurements as stations write them, and clients that put them as fast as they are answered."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WIRE = Path(__file__).parent.parent / "fixtures/wire/v1"
MEASUREMENTS = 50
UNITS = 40


@dataclass(frozen=True, slots=True)
class Post:
    """One letter of a chain."""

    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load of letters took; each letter's wait is from its first byte sent to its answer read."""

    letters: int
    elapsed_s: float
    waits_s: tuple[float, ...]

    @property
    def per_s(self) -> float:
        return self.letters / self.elapsed_s

    def wait_ms(self, share: float) -> float:
        """The wait in ms that ``share`` of the letters did not pass."""
        return sorted(self.waits_s)[min(int(share * len(self.waits_s)), len(self.waits_s) - 1)] * 1000


def chain(station_id: str, count: int) -> list[Post]:
    """``count`` letters of a new chain: the golden run, its measurements made 50, on one of UNITS units each."""
    golden: dict[str, Any] = json.loads((WIRE / "golden/run-pass.json").read_bytes())
    namespace = uuid.UUID(json.loads((WIRE / "unit-ids.json").read_bytes())["namespace"])
    first = next(row for row in golden["measurements"] if row["comparator"] == "between")
    rows = [first | {"name": f"measurement_{index}"} for index in range(MEASUREMENTS)]
    chain_id, previous, posts = _id(), "0" * 64, []
    for seq in range(1, count + 1):
        serial = f"FJR12611{secrets.randbelow(UNITS):04d}"
        unit = {"family": "FJ-R1", "serial": serial, "id": str(uuid.uuid5(namespace, f"FJ-R1\x1f{serial}"))}
        values = [row | {"value": round(first["value"] + secrets.randbelow(100) / 1e4, 4)} for row in rows]
        place = {"id": _id(), "station_id": station_id, "chain_id": chain_id, "seq": seq, "prev_sha256": previous}
        content = golden | place | {"unit": unit, "measurements": values}
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        previous = hashlib.sha256(body).hexdigest()
        posts.append(Post(content["id"], body))
    return posts


def put_all(url: str, token: str, chains: list[list[Post]]) -> LoadReport:
    """Put each chain over a connection of its own, all at once; raises RuntimeError for any answer but 201."""
    return asyncio.run(_put_all(url.removeprefix("http://"), token, chains))


async def _put_all(address: str, token: str, chains: list[list[Post]]) -> LoadReport:
    started = time.perf_counter()
    waits = await asyncio.gather(*(_put_chain(address, token, posts) for posts in chains))
    elapsed_s = time.perf_counter() - started
    return LoadReport(sum(map(len, chains)), elapsed_s, tuple(wait for own in waits for wait in own))


async def _put_chain(address: str, token: str, posts: list[Post]) -> list[float]:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    waits = []
    for post in posts:
        head = (
            f"PUT /v1/runs/{post.id} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(post.body)}\r\n\r\n"
        )
        started = time.perf_counter()
        writer.write(head.encode() + post.body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        said = await reader.readexactly(int(length.partition(b":")[2]))
        waits.append(time.perf_counter() - started)
        if not answer.startswith(b"HTTP/1.1 201 "):
            raise RuntimeError(f"{answer[:40]!r}: {said[:200]!r}")
    writer.close()
    await writer.wait_closed()
    return waits


def _id() -> str:
    """A UUIDv7 (RFC 9562, 5.7) of now."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(12) << 64) | (0b10 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))

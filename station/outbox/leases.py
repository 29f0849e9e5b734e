"""Serial numbers that the server reserves for the next ICs of an order; fixtures/wire/v1/lease.schema.json."""

from __future__ import annotations

from datetime import datetime

import httpx
import msgspec

from station.config.settings import Settings
from station.model.errors import OperatorError, ServerError
from station.model.serialisation import SerialNumber
from station.outbox.server_line import no_answer, no_server, open_line, unexpected

UNREADABLE_ZH = "服务器分配的序列号无法读取：请联系管理员"


class _Request(msgspec.Struct, frozen=True):
    schema: str
    id: str
    order: str
    pool: str
    count: int


class Lease(msgspec.Struct, frozen=True):
    """``numbers`` are this station's until ``expires_at``."""

    schema: str
    id: str
    order: str
    pool: str
    numbers: tuple[SerialNumber, ...]
    expires_at: datetime


class _Problem(msgspec.Struct, frozen=True):
    detail: str = ""


def lease_numbers(settings: Settings, request_id: str, order: str, pool: str, count: int) -> Lease:
    """``count`` numbers of ``pool``; the same request again gets the same.

    Raises OperatorError where the server has none to give for this order, else ServerError.
    """
    if not settings.server_url:
        raise no_server()
    body = msgspec.json.encode(_Request("fanji/lease-request/1", request_id, order, pool, count))
    try:
        with open_line(settings) as line:
            response = line.post("/v1/leases", content=body, headers={"Content-Type": "application/json"})
    except httpx.HTTPError as error:
        raise no_answer(error) from None
    if response.status_code == 409:
        raise OperatorError(
            f"the server gives no number of {pool} for {order}: {_detail(response.content)}",
            f"服务器没有为 {order} 分配 {pool} 的序列号：请联系售后工程师",
        )
    if response.status_code not in (200, 201):
        raise unexpected(response, f"numbers of {pool}")
    try:
        lease = msgspec.json.decode(response.content, type=Lease)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the server's numbers of {pool} cannot be read: {error}", UNREADABLE_ZH) from None
    if (lease.schema, lease.id, lease.order, lease.pool) != ("fanji/lease/1", request_id, order, pool):
        problem = f"asked for numbers of {pool} for {order}, the server tells of something else"
        raise ServerError(problem, UNREADABLE_ZH)
    if lease.expires_at.tzinfo is None:
        raise ServerError(f"the server's numbers of {pool} expire at a time without a zone", UNREADABLE_ZH)
    return lease


def _detail(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Problem).detail or "it does not say why"
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "it does not say why"

"""ICs that change hands for a burn order: taken out of custody, scrapped, given back; each a letter of its own."""

from __future__ import annotations

import sqlite3

import msgspec

from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.model.clock import Clock
from station.model.custody import CustodyEvent, CustodyRecord, ScrapReason
from station.model.errors import OperatorError
from station.model.ids import new_id
from station.outbox.custody_letter import custody_letter
from station.outbox.letter import LetterRef
from station.outbox.order_book import OrderBook
from station.outbox.order_events import OrderAccount, account_of, is_scrapped
from station.outbox.order_sheet import ToldOrder
from station.outbox.spool import Spool
from station.playing.order import operator_name

EVENTS_ZH: dict[CustodyEvent, str] = {"taken": "领料", "scrapped": "报废", "returned": "退料"}
MOST_AT_ONCE = 1_000_000
"""Of the wire contract."""


class HandOver(msgspec.Struct, frozen=True):
    """What somebody says happened to ``quantity`` ICs of ``order``; ``burn`` is the one that ruined an IC."""

    order: str
    event: CustodyEvent
    quantity: int
    operator: str
    reason: ScrapReason | None = None
    note: str = ""
    burn: str | None = None


class HandedOver(msgspec.Struct, frozen=True):
    """How the order stands afterwards, and the letter that tells it."""

    order: str
    account: OrderAccount
    letter: LetterRef


def hand_over(said: HandOver, bench: BenchFile, settings: Settings, clock: Clock) -> HandedOver:
    """Put it on record; durable when this returns.

    Raises OperatorError for what the order's accounts cannot bear: more given back than is in hand, or more taken than
    the order still needs. ServerError where the order is not known here and the server cannot be asked. StorageError.
    """
    operator, spool = operator_name(said.operator), Spool(settings.outbox)
    told = OrderBook(settings, clock).told(said.order)
    _require_sayable(said)
    at = clock.utc()
    record = CustodyRecord(
        id=new_id(at),
        order=told.sheet.no,
        event=said.event,
        quantity=said.quantity,
        reason=said.reason,
        note=said.note,
        burn=said.burn,
        operator=operator,
        bench_sha256=bench.sha256,
        at=at,
    )
    letter = spool.commit_custody(
        record,
        bench.station_id,
        at,
        lambda place: custody_letter(record, place),
        lambda database: _require_possible(said, told, database),
    )
    return HandedOver(told.sheet.no, spool.account_of(told), letter)


def _require_sayable(said: HandOver) -> None:
    if not 0 < said.quantity <= MOST_AT_ONCE:
        raise OperatorError(f"{said.quantity} ICs cannot be {said.event}", f"数量 {said.quantity} 无效")
    if (said.event == "scrapped") != (said.reason is not None):
        raise OperatorError("a reason belongs to what is scrapped, and to nothing else", "只有报废才填写原因")
    if said.reason == "other" and not said.note.strip():
        raise OperatorError("say in words why they are scrapped", "请用文字说明报废原因")


def _require_possible(said: HandOver, told: ToldOrder, database: sqlite3.Connection) -> None:
    """In the transaction that keeps it: of two at once the second sees what the first has moved."""
    account, sheet, no = account_of(database, told), told.sheet, told.sheet.no
    if said.event == "taken" and sheet.state != "approved":
        raise OperatorError(
            f"{no} is {sheet.state}: ICs are taken for what is approved alone", f"{no} 不是已批准状态，不能领料"
        )
    if said.burn is not None and is_scrapped(database, said.burn):
        raise OperatorError("that IC is on record as scrapped already", "这片芯片已登记报废")
    if said.event == "taken" and account.in_hand + said.quantity > account.left:
        needed = max(account.left - account.in_hand, 0)
        raise OperatorError(
            f"{no} needs {needed} more ICs ({account.in_hand} in hand), not {said.quantity}",
            f"{no} 还需领料 {needed} 片（手头 {account.in_hand} 片），不是 {said.quantity} 片",
        )
    if said.event != "taken" and said.quantity > account.in_hand:
        in_hand, what = max(account.in_hand, 0), EVENTS_ZH[said.event]
        raise OperatorError(
            f"{no} has {in_hand} ICs in hand: {said.quantity} cannot be {said.event}",
            f"{no} 手头只有 {in_hand} 片：不能{what} {said.quantity} 片",
        )

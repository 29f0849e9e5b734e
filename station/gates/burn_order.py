"""What must be so before an IC is burned: an approved order that has ICs left, an image that nobody has withdrawn."""

from __future__ import annotations

from datetime import datetime

import msgspec

from station.model.errors import GateClosed
from station.model.run_record import UnitRef
from station.outbox.burn_state import BurnState
from station.outbox.gate_state import moment
from station.outbox.order_events import OrderAccount
from station.outbox.order_sheet import OrderSheet, ToldOrder

ORDER, IMAGE = "burn_order", "image"


class BurnCase(msgspec.Struct, frozen=True):
    """A burn by order that somebody asks for; ``unit`` is the one that was scanned, None for none."""

    told: ToldOrder
    account: OrderAccount
    unit: UnitRef | None
    state: BurnState
    at: datetime


def ask_order(case: BurnCase) -> None:
    """Raises GateClosed for an order by which no IC may be burned now, with who must do what."""
    sheet = case.told.sheet
    _ask_state(sheet)
    _ask_age(case)
    _ask_unit(sheet, case.unit)
    account = case.account
    if account.left == 0:
        raise closed(
            ORDER,
            f"{sheet.no} is done: {account.good} of {sheet.quantity} are good. Return what is left of the ICs.",
            f"{sheet.no} 已完成：{account.good}/{sheet.quantity} 片合格。请退还剩余芯片。",
        )
    if account.burnable(sheet.kind) == 0:
        raise closed(
            ORDER,
            f"no IC is in hand: take up to {account.left} out of custody, and put that on record first.",
            f"手头没有芯片：请先领料（最多 {account.left} 片）并登记。",
        )


def ask_image(state: BurnState, *digests: str) -> None:
    """Raises GateClosed where an image with one of these digests was withdrawn, or where nobody can say."""
    if state.problem:
        raise closed(
            IMAGE,
            f"which images are withdrawn cannot be read ({state.problem}): have the snapshot fetched again with"
            " `fanji-station flush` while the server can be reached.",
            f"无法读取已撤销程序清单（{state.problem}）：请在服务器连通时运行 fanji-station flush 重新获取。",
        )
    known = {digest for digest in digests if digest}
    image = next((row for row in state.withdrawn or () if known & {row.sha256, row.content_sha256}), None)
    if image is not None:
        raise closed(
            IMAGE,
            f"{image.name} {image.version} was withdrawn by {image.withdrawn_by} ({moment(image.withdrawn_at)}):"
            f" {image.reason}. It is burned no more; ask for an order with another image.",
            f"程序 {image.name} {image.version} 已被 {image.withdrawn_by} 撤销（{moment(image.withdrawn_at)}）："
            f"{image.reason}。禁止再烧录，请申请新程序的委托单。",
        )


def _ask_state(sheet: OrderSheet) -> None:
    if sheet.state == "approved" and sheet.image.state == "approved":
        return
    what, what_zh = (f"{sheet.no} is {sheet.state}", f"{sheet.no} 状态为 {sheet.state}")
    if sheet.state == "approved":
        what = f"the image of {sheet.no}, {sheet.image.name} {sheet.image.version}, is {sheet.image.state}"
        what_zh = f"{sheet.no} 的程序 {sheet.image.name} {sheet.image.version} 状态为 {sheet.image.state}"
    raise closed(
        ORDER, f"{what}: only what is approved is burned. Ask who wrote the order.", f"{what_zh}：未批准，不能烧录。"
    )


def _ask_age(case: BurnCase) -> None:
    """What was told before counts until it expires, or a later snapshot does not have the order among the open ones."""
    told, sheet, state = case.told, case.told.sheet, case.state
    if not told.problem:
        return
    if case.at >= sheet.expires_at:
        raise closed(
            ORDER,
            f"what this station knows of {sheet.no} expired at {moment(sheet.expires_at)}, and {told.problem}.",
            f"本机缓存的 {sheet.no} 已于 {moment(sheet.expires_at)} 过期，且无法连接服务器（{told.problem}）。",
        )
    is_later = state.issued_at is not None and state.issued_at > sheet.issued_at
    if is_later and state.orders is not None and all(order.no != sheet.no for order in state.orders):
        raise closed(
            ORDER,
            f"{sheet.no} is not open any more, by the server's snapshot of {moment(state.issued_at or case.at)}.",
            f"{sheet.no} 已关闭或取消（服务器数据 {moment(state.issued_at or case.at)}）。",
        )


def _ask_unit(sheet: OrderSheet, unit: UnitRef | None) -> None:
    wanted = sheet.unit
    if wanted is None or (unit is not None and unit.serial == wanted.serial):
        return
    found = "no unit was scanned" if unit is None else f"{unit.serial} was scanned"
    found_zh = "未扫描机器" if unit is None else f"扫描的是 {unit.serial}"
    raise closed(
        ORDER,
        f"{sheet.no} is for the IC of {wanted.serial}, and {found}.",
        f"{sheet.no} 用于机器 {wanted.serial} 的芯片，{found_zh}。",
    )


def closed(gate: str, problem: str, zh: str) -> GateClosed:
    """A burn has no purpose that would waive it."""
    return GateClosed(gate, problem, problem, zh)

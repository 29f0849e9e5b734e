"""Movements as rows of a file: of one part in the paper form's columns, or of all parts with both their ends."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import Request

from server.parts.desk import said, titles
from server.parts.movements import Movement
from server.web.language import CHINESE
from server.web.render import reader_language
from server.web.spreadsheet import Cell

PAPER = ("day", "document", "movement", "in", "out", "balance", "person", "actor", "approver", "reason", "note")
"""日期 凭证 摘要 收入 发出 结存 领用人 经手人 批准人: the columns of the paper ledger, and why."""
BOTH_ENDS = (
    "day",
    "movement",
    "number",
    "name",
    "quantity",
    "unit",
    "from",
    "to",
    "document",
    "case",
    "order",
    "person",
    "actor",
    "approver",
    "reason",
    "note",
)


def part_ledger(
    request: Request, code: str, rows: Sequence[Movement], zone: ZoneInfo
) -> tuple[list[str], list[list[Cell]]]:
    """The titles and rows of one part at the place ``code``."""
    return titles(request, *PAPER), [_paper_row(request, code, row, zone) for row in rows]


def all_movements(request: Request, rows: Sequence[Movement], zone: ZoneInfo) -> tuple[list[str], list[list[Cell]]]:
    """The titles and rows of movements of any part."""
    return titles(request, *BOTH_ENDS), [_row(request, row, zone) for row in rows]


def _paper_row(request: Request, code: str, row: Movement, zone: ZoneInfo) -> list[Cell]:
    is_in = row.to_code == code
    other = row.from_code if is_in else row.to_code
    return [
        day(row, zone),
        row.document or row.case_no or row.order_no,
        f"{said(request, 'movement', row.kind)} {'←' if is_in else '→'} {other}",
        row.quantity if is_in else None,
        None if is_in else row.quantity,
        row.to_after if is_in else row.from_after,
        row.person,
        row.actor,
        row.approver,
        said(request, "movement_reason", row.reason),
        row.note,
    ]


def _row(request: Request, row: Movement, zone: ZoneInfo) -> list[Cell]:
    return [
        day(row, zone),
        said(request, "movement", row.kind),
        row.number,
        row.name_zh if reader_language(request) is CHINESE else row.name_en,
        row.quantity,
        row.unit,
        row.from_code,
        row.to_code,
        row.document,
        row.case_no,
        row.order_no,
        row.person,
        row.actor,
        row.approver,
        said(request, "movement_reason", row.reason),
        row.note,
    ]


def day(row: Movement, zone: ZoneInfo) -> str:
    """Day and time in the site's zone."""
    return row.posted_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")

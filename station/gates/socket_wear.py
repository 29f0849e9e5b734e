"""A socket that loses contact again and again, or has taken as many chips as it lasts, takes no further one."""

from __future__ import annotations

from station.config.bench_file import ProgrammerRow
from station.history.sockets import WINDOW, SocketWear
from station.model.errors import GateClosed

GATE = "socket"
MOST_LOST_CONTACTS = 3
"""Of WINDOW chips; so many stop the socket."""


def ask_socket(row: ProgrammerRow, wear: SocketWear) -> None:
    """Raises GateClosed for a socket that has to be serviced before it takes the next chip."""
    where = f"socket {wear.socket} of {wear.programmer}"
    where_zh = f"{wear.programmer} 的插座 {wear.socket}"
    if wear.lost_contacts >= MOST_LOST_CONTACTS:
        last = min(wear.insertions, WINDOW)
        raise _closed(
            f"{where} lost contact with {wear.lost_contacts} of the last {last} chips: clean or replace it",
            f"{where_zh} 最近 {last} 片中有 {wear.lost_contacts} 片接触不良：请清洁或更换插座",
            wear,
        )
    if row.most_insertions is not None and wear.insertions >= row.most_insertions:
        raise _closed(
            f"{where} has taken {wear.insertions} chips since it was serviced and lasts {row.most_insertions}:"
            " replace it",
            f"{where_zh} 自上次维护以来已插入 {wear.insertions} 片（寿命 {row.most_insertions} 片）：请更换插座",
            wear,
        )


def _closed(problem: str, zh: str, wear: SocketWear) -> GateClosed:
    command = f"fanji-station sockets --serviced {wear.programmer}/{wear.socket}"
    return GateClosed(GATE, problem, f"{problem}, then say so with `{command}`.", f"{zh}，然后执行 {command} 登记。")

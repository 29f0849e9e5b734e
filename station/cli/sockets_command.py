"""``fanji-station sockets``: how the sockets and clips of the programmers wear; who serviced one says so here."""

from __future__ import annotations

import sys

import msgspec

from station.cli.arguments import Typed
from station.cli.exits import Exit, of_refusal
from station.config.bench_file import BenchFile, ProgrammerRow, read_bench_file
from station.config.settings import read_settings
from station.gates.socket_wear import ask_socket
from station.history.sockets import SocketLog, SocketWear
from station.link.clock import SystemClock
from station.model.errors import GateClosed, OperatorError, StationError
from station.playing.order import operator_name


class _Told(msgspec.Struct, frozen=True):
    """A socket as a program reads it; ``problem`` is empty where it takes the next chip."""

    wear: SocketWear
    most_insertions: int | None
    problem: str


def show_sockets(typed: Typed) -> Exit:
    """Keep the service that was typed, then show every socket of the bench; ERROR where one takes no chip."""
    try:
        bench = read_bench_file(typed.bench)
        log = SocketLog(read_settings().history, bench.station_id)
        if typed.serviced:
            programmer, socket = _named(bench, typed.serviced)
            log.service(programmer, socket, SystemClock().utc(), operator_name(typed.operator), typed.what)
        told = [_told(row, log.wear(row.name, socket)) for row in bench.programmers.values() for socket in row.sockets]
    except StationError as error:
        sys.stderr.write(f"{error}\n")
        return of_refusal(error)
    if typed.json:
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        sys.stdout.writelines(f"{_line(each)}\n" for each in told)
    return Exit.ERROR if any(each.problem for each in told) else Exit.PASS


def _named(bench: BenchFile, text: str) -> tuple[str, str]:
    """The programmer and the socket; raises OperatorError where the bench has none such."""
    programmer, _, socket = text.partition("/")
    row = bench.programmers.get(programmer)
    if row is None or socket not in row.sockets:
        known = ", ".join(f"{row.name}/{name}" for row in bench.programmers.values() for name in row.sockets) or "none"
        raise OperatorError(f"no socket {text!r} at this bench; there are: {known}")
    return programmer, socket


def _told(row: ProgrammerRow, wear: SocketWear) -> _Told:
    try:
        ask_socket(row, wear)
    except GateClosed as refusal:
        return _Told(wear, row.most_insertions, refusal.problem)
    return _Told(wear, row.most_insertions, "")


def _line(told: _Told) -> str:
    wear = told.wear
    bound = "" if told.most_insertions is None else f" of {told.most_insertions}"
    good = "" if wear.yield_percent is None else f", yield {wear.yield_percent:.1f} % of {wear.burned}"
    mark = "STOPPED" if told.problem else "ok"
    head = f"{mark:8}{wear.programmer}/{wear.socket}: {wear.insertions}{bound} insertions"
    return f"{head}, {wear.lost_contacts} of the last 10 without contact{good}" + (
        f"\n        {told.problem}" if told.problem else ""
    )

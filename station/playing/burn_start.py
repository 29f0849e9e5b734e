"""The first entry of a burn's journal: who burns what at which programmer, before the chip is asked."""

from __future__ import annotations

from datetime import datetime

import msgspec

from station.config.bench_file import BenchFile
from station.ic_programmer.job import STAGES
from station.model.burn_record import ImageRef, ProgrammerRef
from station.model.errors import OperatorError
from station.model.ids import new_id
from station.playing.burn_entries import BurnStarted
from station.playing.order import operator_name


class BurnPlace(msgspec.Struct, frozen=True):
    """Who burns, at which programmer, in which of its sockets; empty for the first."""

    operator: str
    programmer: str
    socket: str = ""


def burn_started(
    place: BurnPlace, bench: BenchFile, kind: str, target: str, image: ImageRef, at: datetime
) -> BurnStarted:
    """Raises OperatorError for a programmer or a socket that the bench does not have, and for nobody's name."""
    row = bench.programmers.get(place.programmer)
    if row is None:
        known = ", ".join(bench.programmers) or "none"
        raise OperatorError(
            f"no programmer {place.programmer!r} at this bench; there are: {known}",
            f"本工位没有烧录器 {place.programmer!r}（有：{known}）",
        )
    socket = place.socket or row.sockets[0]
    if socket not in row.sockets:
        there = ", ".join(row.sockets)
        raise OperatorError(
            f"{row.name} has no socket {socket!r}; there are: {there}", f"{row.name} 没有插座 {socket!r}（有：{there}）"
        )
    return BurnStarted(
        burn_id=new_id(at),
        at=at,
        kind=kind,
        order=None,
        unit=None,
        operator=operator_name(place.operator),
        programmer=ProgrammerRef(row.name, "", socket),
        target=target,
        image=image,
        station_id=bench.station_id,
        bench_sha256=bench.sha256,
        stages=STAGES,
    )

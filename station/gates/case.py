"""What a gate is asked about, and the two things it may answer."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import msgspec

from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.model.errors import GateClosed
from station.model.gate import PASSED, UNKNOWN, GateNote
from station.model.run_record import PlanRef, UnitRef
from station.outbox.gate_state import GateState, Part
from station.outbox.spool import Spool

Row = TypeVar("Row")
NO_WAIVER = (
    " Nobody can waive this at the bench; a run with --purpose debug is possible, it judges nothing.",
    "此项不能在工位上放行；可以用 --purpose debug 测试，但不作判定。",
)
"""Said with every refusal, in English and Chinese."""


class GateCase(msgspec.Struct, frozen=True):
    """A run that somebody asks for; ``roles`` are those its plan needs, ``products`` what the serial rules call it."""

    settings: Settings
    bench: BenchFile
    roles: tuple[str, ...]
    plan: PlanRef
    product: str
    products: frozenset[str]
    unit: UnitRef
    purpose: str
    at: datetime
    state: GateState

    @property
    def spool(self) -> Spool:
        """This station's outbox."""
        return Spool(self.settings.outbox)


def passed(gate: str, basis: str) -> GateNote:
    """The gate is open, and not by anything that the server said."""
    return GateNote(gate, PASSED, basis)


def by_state(gate: str, state: GateState, basis: str) -> GateNote:
    """The gate is open by the server's snapshot; an expired one is no evidence that nothing has changed."""
    if state.is_expired:
        return GateNote(gate, UNKNOWN, f"{basis}, in a snapshot that has expired", state.age_s)
    return GateNote(gate, PASSED, basis, state.age_s)


def unknown(gate: str, state: GateState, basis: str) -> GateNote:
    """Nobody could say."""
    return GateNote(gate, UNKNOWN, basis, state.age_s)


def closed(gate: str, problem: str, zh: str) -> GateClosed:
    """The refusal, with who may waive it: nobody at the bench."""
    return GateClosed(gate, problem, f"{problem}{NO_WAIVER[0]}", zh + NO_WAIVER[1])


def unsaid(gate: str, state: GateState, part: Part[Row]) -> GateNote | None:
    """What is to be noted where the snapshot has not this part; None where it has.

    Raises GateClosed for a part that is there and cannot be read: what it forbids is not known.
    """
    if part.problem:
        raise closed(
            gate,
            f"the server's snapshot on this disk cannot be read ({part.problem}): have it fetched again with"
            " `fanji-station flush` while the server can be reached.",
            f"本机缓存的服务器数据无法读取（{part.problem}）：请在服务器连通时运行 fanji-station flush 重新获取。",
        )
    if part.rows is not None:
        return None
    if not state.is_there:
        return unknown(gate, state, "no snapshot was ever received from a server")
    return unknown(gate, state, "the server's snapshot says nothing of this")

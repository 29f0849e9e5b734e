"""What is to be played: a plan, on which bench, for which unit and operator."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from msgspec.structs import replace

from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.gates import GateCase, ask_gates
from station.link.recorded_clock import CLOCK, RecordedClock
from station.link.recording import Recorder
from station.model.clock import Clock
from station.model.errors import OperatorError
from station.model.ids import new_id
from station.model.run_record import UnitRef
from station.outbox.gate_state import read_gate_state
from station.outbox.operators import roster_of
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache, products_of, unit_of
from station.runner.entries import RunStarted
from station.runner.excerpt import check_purpose
from station.runner.plan import Plan
from station.system.database import held_open

MAX_OPERATOR_LENGTH = 80
"""Of the wire contract."""


class RunOrder(msgspec.Struct, frozen=True):
    """A run that may begin: everything was checked that can be checked without the bench.

    ``clock_record`` is where what the steps' clock says is noted, for a run that is recorded.
    """

    settings: Settings
    bench: BenchFile
    plan: Plan
    start: RunStarted
    clock: Clock
    clock_record: Path | None = None

    def steps_clock(self) -> Clock:
        """The clock that is given to the steps."""
        if self.clock_record is None:
            return self.clock
        return RecordedClock(self.clock, Recorder(CLOCK, self.clock_record))

    @property
    def journal(self) -> Path:
        """Where this run's journal is kept until its letter is in the outbox."""
        return self.settings.journals / f"{self.start.run_id}.jsonl"


def operator_name(text: str) -> str:
    """``text`` as the record keeps it; raises OperatorError where it is no name."""
    name = " ".join(text.split())
    if not name or not name.isprintable():
        problem = "the operator's name is missing: give the name of the person at the bench"
        raise OperatorError(problem, "缺少操作员姓名：请填写工位人员姓名")
    if len(name) > MAX_OPERATOR_LENGTH:
        raise OperatorError(
            f"the operator's name has {len(name)} characters, at most {MAX_OPERATOR_LENGTH} are kept",
            f"操作员姓名过长（最多 {MAX_OPERATOR_LENGTH} 个字符）",
        )
    return name


def known_operator(text: str, settings: Settings) -> str:
    """``text`` as the server's list of operators has it; any name where there is no list on this disk.

    Raises OperatorError for what is no name, and for one that is not on the list.
    """
    name = operator_name(text)
    people = [one.name for one in roster_of(settings.cached_state).operators]
    found = next((one for one in people if one.casefold() == name.casefold()), None if people else name)
    if found is None:
        raise OperatorError(
            f"{name} is not on the server's list of operators: an administrator adds who works here",
            f"{name} 不在操作员名单中：请管理员添加",
        )
    return found


def slot_lock(settings: Settings, station_id: str, part: str) -> Path:
    """The file whose lock says that ``part`` of the bench (a slot, a programmer) is in use."""
    name = re.sub(r"[^\w-]", "_", part)
    return settings.state_dir / "locks" / f"{station_id}-{name}"


def order_run(
    serial: str, operator: str, purpose: str, bench: BenchFile, plan: Plan, settings: Settings, clock: Clock
) -> RunOrder:
    """Identify the unit by the server's serial rules, ask the gates, and number its attempt.

    Raises OperatorError for a bad serial, and for a part of a plan with a purpose that judges units; GateClosed, or
    CalibrationOver, where it may not begin.
    """
    check_purpose(plan, purpose)
    with held_open(settings.outbox):  # the gates ask it more than once
        return _order(serial, operator, purpose, bench, plan, settings, clock)


def _order(
    serial: str, operator: str, purpose: str, bench: BenchFile, plan: Plan, settings: Settings, clock: Clock
) -> RunOrder:
    at = clock.utc()
    state = StateCache(settings.cached_state).valid_at(at)
    unit: UnitRef = unit_of(serial, state)
    name = operator_name(operator)
    case = GateCase(
        settings=settings,
        bench=bench,
        roles=tuple(plan.roles()),
        plan=plan.ref,
        product=plan.product,
        products=frozenset(products_of(unit.serial, state)),
        unit=unit,
        purpose=purpose,
        at=at,
        state=read_gate_state(settings.cached_state, at),
    )
    start = RunStarted(
        run_id=new_id(at),
        at=at,
        unit=unit,
        is_provisional=not unit.family,
        product=plan.product,
        plan=plan.ref,
        purpose=purpose,
        attempt=_next_attempt(settings, unit),
        slot=bench.slot,
        operator=name,
        cached_state_version=state.version if state else None,
        station_id=bench.station_id,
        bench_sha256=bench.sha256,
        steps=plan.planned_steps(),
        measurements=plan.planned_measurements(),
        accessories=plan.shipping_list().items,
        gates=ask_gates(case),
    )
    return RunOrder(settings, bench, plan, start, clock)


def order_again(order: RunOrder) -> RunOrder:
    """The same once more: a run of its own."""
    at = order.clock.utc()
    return numbered_again(replace(order, start=msgspec.structs.replace(order.start, run_id=new_id(at), at=at)))


def numbered_again(order: RunOrder) -> RunOrder:
    """``order`` with the number of its attempt counted again, for when letters were written since."""
    attempt = _next_attempt(order.settings, order.start.unit)
    return replace(order, start=msgspec.structs.replace(order.start, attempt=attempt))


def _next_attempt(settings: Settings, unit: UnitRef) -> int:
    return 1 + Spool(settings.outbox).count_of("runs", unit.id)

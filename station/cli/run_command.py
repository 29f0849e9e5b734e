"""``fanji-station run``: checks everything that needs no bench, then plays."""

from __future__ import annotations

from collections.abc import Callable

from station.bench import check_calibration
from station.bench.loaded import Loaded, check_fit
from station.cli.arguments import Typed
from station.cli.exits import Exit, of_refusal, of_verdict
from station.cli.json_lines import JsonLines
from station.cli.terminal import Terminal
from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import read_settings
from station.link.clock import SystemClock
from station.model.errors import OperatorError, StationError
from station.playing.events import Refused, RunFinished
from station.playing.family import Family, nothing
from station.playing.order import RunOrder, known_operator, order_run
from station.playing.supervisor import supervise
from station.playing.tick import Tick
from station.runner.excerpt import chosen_steps, step_by_step, stopping_at_failure
from station.runner.plan import Plan
from station.sequences.catalogue import load_plan


def run_unit(
    typed: Typed,
    loaded: Loaded | None = None,
    waiting: Family | None = None,
    settle: Callable[[], None] = nothing,
) -> Exit:
    """Play one run, or as many as asked for, and show them; the exit code says the worst verdict.

    ``loaded`` is what was read before; ``waiting`` was forked with it and knows no more. Before anything is told or
    begun, ``settle`` makes sure that it is what the disk says.
    """
    watcher: JsonLines | Terminal = JsonLines() if typed.events else Terminal()
    try:
        order = order_of(typed, loaded)
    except StationError as error:
        settle()
        watcher.hear(Refused.by(error))
        return of_refusal(error)
    try:
        if typed.loop > 1:
            settle()
            from station.cli.run_loop import run_again

            return run_again(order, typed, watcher)
        if typed.record is not None:
            settle()
            from station.cli.run_record import run_recorded

            return run_recorded(order, typed, watcher, typed.record)
        knows = loaded is not None and order.plan is loaded.plans.get(order.plan.product)
        family = waiting if knows else None
        result = supervise(order, watcher, Tick(typed.tick), typed.events, None, family, settle)
    except StationError as error:
        watcher.hear(Refused.by(error))
        return Exit.ERROR
    return of_verdict(result.verdict) if isinstance(result, RunFinished) else Exit.ERROR


def checked_plan(bench: BenchFile, product: str, purpose: str, steps: str, with_prerequisites: bool = False) -> Plan:
    """The plan for ``product``, or those of its steps that are named, held against everything that needs no bench."""
    plan = load_plan(product, bench.sequences_path)
    return _checked(plan, bench, purpose, steps, with_prerequisites)


def _checked(plan: Plan, bench: BenchFile, purpose: str, steps: str, with_prerequisites: bool) -> Plan:
    if steps:
        plan = chosen_steps(plan, [name.strip() for name in steps.split(",")], with_prerequisites)
    check_fit(bench, plan)
    check_calibration(bench, plan.roles(), purpose, SystemClock().utc().date())
    return plan


def order_of(typed: Typed, loaded: Loaded | None = None) -> RunOrder:
    """The run that was typed, checked as far as it can be without the bench; raises StationError."""
    _check_debugging(typed)
    settings = read_settings()
    bench = loaded.bench_of(typed.slot) if loaded else read_bench_file(typed.bench).for_slot(typed.slot)
    if typed.record is not None and len(bench.slots) > 1:
        raise OperatorError("a run is recorded at a bench of one slot: others would be heard on the same wires")
    plan = (loaded.plan if loaded else load_plan)(typed.product, bench.sequences_path)
    if loaded is not None and not typed.steps and loaded.is_fit(plan, bench):
        check_calibration(bench, plan.roles(), typed.purpose, SystemClock().utc().date())
    else:
        plan = _checked(plan, bench, typed.purpose, typed.steps, typed.with_prerequisites)
    if typed.break_on_fail:
        plan = stopping_at_failure(plan)
    if typed.single_step:
        plan = step_by_step(plan)
    operator = known_operator(typed.operator, settings)
    return order_run(typed.serial, operator, typed.purpose, bench, plan, settings, SystemClock())


def _check_debugging(typed: Typed) -> None:
    """Whatever plays something else than the plan once, as it is, says nothing of a unit."""
    asked = {
        "--steps": bool(typed.steps),
        "--break-on-fail": typed.break_on_fail,
        "--single-step": typed.single_step,
        "--loop": typed.loop > 1,
    }
    option = next((name for name, is_asked in asked.items() if is_asked), "")
    if option and typed.purpose != "debug":
        raise OperatorError(f"{option} is for authors of a plan: write --purpose debug")
    changing = next((name for name in ("--break-on-fail", "--single-step", "--loop") if asked[name]), "")
    if typed.record is not None and changing:
        raise OperatorError(f"a recording is of one run of a plan as it is, or of chosen steps: leave {changing} out")
    if typed.with_prerequisites and not typed.steps:
        raise OperatorError("--with-prerequisites is about the steps that --steps names")
    if typed.single_step and typed.tick != Tick.ASK:
        raise OperatorError("--single-step asks before each step: leave --tick out")

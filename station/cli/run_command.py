"""``fanji-station run``: checks everything that needs no bench, then plays."""

from __future__ import annotations

from station.bench import check_bench, check_calibration, check_demands
from station.cli.arguments import Typed
from station.cli.exits import Exit, of_refusal, of_verdict
from station.cli.json_lines import JsonLines
from station.cli.terminal import Terminal
from station.config.bench_file import read_bench_file
from station.config.settings import read_settings
from station.link.clock import SystemClock
from station.model.errors import StationError
from station.playing.events import Refused, RunFinished
from station.playing.order import RunOrder, order_run
from station.playing.supervisor import supervise
from station.playing.tick import Tick
from station.runner.plan import check_roles
from station.sequences.catalogue import load_plan


def run_unit(typed: Typed) -> Exit:
    """Play one run and show it; the exit code says the verdict."""
    watcher: JsonLines | Terminal = JsonLines() if typed.events else Terminal()
    try:
        order = _order(typed)
    except StationError as error:
        watcher.hear(Refused.by(error))
        return of_refusal(error)
    try:
        result = supervise(order, watcher, Tick(typed.tick), has_program=typed.events)
    except StationError as error:
        watcher.hear(Refused.by(error))
        return Exit.ERROR
    return of_verdict(result.verdict) if isinstance(result, RunFinished) else Exit.ERROR


def _order(typed: Typed) -> RunOrder:
    settings = read_settings()
    bench = read_bench_file(typed.bench)
    plan = load_plan(typed.product, bench.sequences_path)
    check_roles(plan, check_bench(bench), bench.file)
    check_demands(bench, plan.limits_file)
    clock = SystemClock()
    check_calibration(bench, plan.roles(), typed.purpose, clock.utc().date())
    return order_run(typed.serial, typed.operator, typed.purpose, bench, plan, settings, clock)

"""Plays a plan in this process and gives its record: ten lines make a test of a sequence.

Nothing here kills a step that is stuck, and no letter is written: units are tested by ``fanji-station run``. The
outputs are switched off at the end, whatever happens, as the bench file says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from station.bench import check_bench, check_demands, check_watched, make_safe, open_bench
from station.config.bench_file import BenchFile, read_bench_file
from station.kit.notebook import Notebook
from station.kit.person import Person
from station.kit.played import Played
from station.link.clock import SystemClock
from station.model.clock import Clock
from station.model.ids import new_id
from station.model.roles import Operator
from station.outbox.state_cache import unit_of
from station.runner.claims import one_after_the_other
from station.runner.entries import MadeSafe, RunStarted
from station.runner.excerpt import chosen_steps
from station.runner.plan import Plan, check_roles
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.sequences.catalogue import load_plan


def plan_for(
    bench: BenchFile, product: str, sequences: Sequence[Path] = (), steps: Sequence[str] = (), is_alone: bool = True
) -> Plan:
    """The plan for ``product`` from the bench's folders and those of ``sequences``, held against the bench.

    Of ``steps`` everything before them is played too, unless they are ``is_alone``. Raises ConfigError, PlanError and
    OperatorError as ``fanji-station run`` refuses.
    """
    folders = {folder.resolve(): folder for folder in (*bench.sequences_path, *sequences)}
    plan = load_plan(product, tuple(folders.values()))
    if steps:
        plan = chosen_steps(plan, steps, with_prerequisites=not is_alone)
    check_roles(plan, check_bench(bench), bench.file)
    check_demands(bench, plan.limits_file)
    check_watched(bench, plan)
    return plan


def play_unit(
    bench_file: Path,
    product: str,
    serial: str,
    sequences: Sequence[Path] = (),
    steps: Sequence[str] = (),
    person: Operator | None = None,
) -> Played:
    """Play the plan for ``product``, or ``steps`` of it with all that comes before them, on the unit that is there.

    Raises the station's own errors where the bench or the plan is not right, and what a step's own code raises.
    """
    bench = read_bench_file(bench_file).for_slot()
    plan = plan_for(bench, product, sequences, steps, is_alone=False)
    clock = SystemClock()
    notebook = Notebook(person or Person(), clock)
    try:
        opened = open_bench(bench, clock, tuple(plan.roles()))
        try:
            links = one_after_the_other(plan.steps, opened.resources)
            scene = Scene(opened.roles, opened.cal_due, notebook, clock, links)
            play(plan, scene, _start(plan, bench, serial, clock), notebook)
        finally:
            opened.close()
    finally:
        actions = make_safe(bench, clock)
    notebook.write(MadeSafe(actions, clock.utc()))
    return Played(record_of(notebook.entries, clock.utc()), tuple(notebook.entries))


def _start(plan: Plan, bench: BenchFile, serial: str, clock: Clock) -> RunStarted:
    """The beginning of a run that is on no record."""
    at = clock.utc()
    return RunStarted(
        run_id=new_id(at),
        at=at,
        unit=unit_of(serial, None),
        is_provisional=True,
        product=plan.product,
        plan=plan.ref,
        purpose="debug",
        attempt=1,
        slot=bench.slot,
        operator="kit",
        cached_state_version=None,
        station_id=bench.station_id,
        bench_sha256=bench.sha256,
        steps=plan.planned_steps(),
        measurements=plan.planned_measurements(),
        accessories=plan.shipping_list().items,
    )

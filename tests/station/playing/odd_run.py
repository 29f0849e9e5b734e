"""``python -m tests.station.playing.odd_run BENCH ODDITY``: a run with a step that behaves as no step should.

With ``ODDITY+beside`` another step waits beside it for what never comes, and could for half a minute. With ``+asking``
it waits for the operator, and a step of the section always is last.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from station.bench import check_bench
from station.cli.json_lines import JsonLines
from station.config.bench_file import read_bench_file
from station.config.limits_file import read_limits
from station.config.settings import read_settings
from station.link.clock import SystemClock
from station.model.clock import Clock
from station.model.errors import LinkLost
from station.model.reading import Statement
from station.model.roles import Operator, Supply
from station.playing.events import RunFinished
from station.playing.order import order_run
from station.playing.supervisor import supervise
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.plan import check_roles, make_plan
from station.runner.step import step
from station.runner.trace import TraceRecorder

ODDITY, _, BESIDE = sys.argv[2].partition("+")
LIMITS = """
[plan]
name = "odd"
product = "odd"
version = "1"
[conditions.volts]
value = 5.0
unit = "V"
source = "this test"
[conditions.limit]
value = 0.1
unit = "A"
source = "this test"
[supplies.supply]
highest_voltage = "volts"
highest_current = "limit"
[measurements.is_done]
zh = "完成"
en = "done"
comparator = "is_true"
source = "this test"
"""


@step(
    zh="怪",
    en="Odd",
    deadline_s=60 if ODDITY == "hangs_long" else 0.5,
    energises=True,
    uses={"volts": "V", "limit": "A"},
    measures={"is_done": ""},
)
def odd(supply: Supply, clock: Clock, conditions: Conditions, measure: Measure, trace: TraceRecorder) -> None:
    """Switches on, then does what ODDITY says."""
    supply.set(conditions["volts"], conditions["limit"])
    supply.switch_on()
    curve = trace.curve("volts", "s", "V")
    match ODDITY:
        case "loses_its_link":
            raise LinkLost("psu", "the peer closed the link")
        case "hangs" | "hangs_long":
            curve.add(clock.now(), supply.read_v())
            threading.Event().wait()
        case "chatters":
            while True:
                curve.add(clock.now(), supply.read_v())
        case "is_buggy":
            raise ZeroDivisionError("division by zero")
        case "exits":
            os._exit(7)
        case "measures_nothing":
            return
        case _:
            measure("is_done", Statement(True, "odd", clock.utc()))


@step(zh="旁", en="Beside", deadline_s=30, mode="any")
def beside() -> None:
    """Waits beside the odd one."""
    threading.Event().wait()


@step(zh="问", en="Asking", deadline_s=30, mode="any")
def asking(operator: Operator) -> None:
    """Waits for the operator beside the odd one."""
    operator.confirm("？", "?")


@step(zh="末", en="Last", deadline_s=5, section="always")
def last(supply: Supply, clock: Clock, trace: TraceRecorder) -> None:
    """Uses the supply once more."""
    trace.curve("last", "s", "V").add(clock.now(), supply.read_v())


PLANS = {"": (odd,), "beside": (beside, odd), "asking": (asking, odd, last)}


def main() -> None:
    bench = read_bench_file(Path(sys.argv[1]))
    settings = read_settings()
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    limits = settings.state_dir / "odd.toml"
    limits.write_text(LIMITS, encoding="utf-8")
    plan = make_plan(PLANS[BESIDE], read_limits(limits))
    check_roles(plan, check_bench(bench), bench.file)
    order = order_run("X-9", "王芳", "debug", bench, plan, settings, SystemClock())
    result = supervise(order, JsonLines())
    sys.exit(0 if isinstance(result, RunFinished) and result.verdict == "PASS" else 3)


if __name__ == "__main__":
    main()

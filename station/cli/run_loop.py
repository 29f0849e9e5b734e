"""``fanji-station run --loop N``: the same run again and again, and what its values did meanwhile."""

from __future__ import annotations

import sys

import msgspec

from station.cli.arguments import Typed
from station.cli.exits import Exit, of_verdict
from station.model.verdict import Verdict, worst
from station.playing.events import RunFinished, Watcher
from station.playing.order import RunOrder, order_again
from station.playing.supervisor import supervise
from station.playing.tick import Tick
from station.study.listening import Listener
from station.study.tally import Taken, figures, table_lines
from station.system import StopSignals


class _LoopFinished(msgspec.Struct, frozen=True, tag_field="event", tag="loop_finished"):
    """Verdicts in the order of the runs, and all values of each measurement in the same order."""

    verdicts: tuple[str, ...]
    values: dict[str, tuple[float, ...]]


def run_again(order: RunOrder, typed: Typed, watcher: Watcher) -> Exit:
    """Play ``typed.loop`` runs; ends early where one was aborted, refused, or could not be recorded."""
    signals = StopSignals()
    runs: list[Taken] = []
    is_refused = False
    for number in range(typed.loop):
        listener = Listener(watcher)
        due = order if number == 0 else order_again(order)
        result = supervise(due, listener, Tick(typed.tick), has_program=typed.events, signals=signals)
        if not isinstance(result, RunFinished):
            is_refused = True
            break
        runs.append(Taken(result.verdict, listener.numbers()))
        if result.verdict == Verdict.ABORTED.name or signals.name:
            break
    rows = figures(order.start.measurements, runs, {})
    if typed.events:
        told = _LoopFinished(tuple(run.verdict for run in runs), {row.planned.name: row.values for row in rows})
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        sys.stdout.write("\n" + "\n".join(table_lines(rows, runs)) + "\n")
    return Exit.ERROR if is_refused else of_verdict(worst(Verdict[run.verdict] for run in runs).name)

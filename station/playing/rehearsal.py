"""Does beforehand, for no unit, what a run does: whatever is slow the first times is slow here.

Libraries are imported, pages of memory are made the process's own, and the interpreter has rewritten what it has run
eight times (CPython 3.11, "What's New", PEP 659), which is most of what a run of ten steps does once for each entry.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from station.bench import check_bench, open_bench, slot_leases
from station.config.bench_file import BenchFile, read_bench_file
from station.config.limits_file import read_limits
from station.config.settings import Settings
from station.history.past_runs import PastRuns
from station.model.clock import Clock
from station.model.errors import StationError
from station.model.reading import Statement
from station.model.run_record import RunRecord
from station.outbox.run_letter import run_letter
from station.outbox.spool import Spool
from station.playing.child import play_order
from station.playing.events import Command, RunEvent, RunFinished
from station.playing.handing import brief, hand_over, take_over
from station.playing.order import RunOrder, order_again, order_run
from station.playing.supervisor import supervise
from station.runner.entries import Entry, MadeSafe, RunStarted, decode_entry, encode_entry
from station.runner.journal import append_durably, make_folder
from station.runner.measure import Measure
from station.runner.plan import Plan, check_roles, make_plan
from station.runner.record import record_of
from station.runner.step import Step, step
from station.system import Pipe, StopSignals, close_all

logger = logging.getLogger(__name__)

NOBODY = "REHEARSAL"
TIMES = 4
STEPS = 10
_BENCH = f'[bench]\nname = "{NOBODY}"\nstation_id = "rehearsal"\nslot = "rehearsal"\n'
_PLAN = f'[plan]\nname = "{NOBODY}"\nproduct = "{NOBODY}"\nversion = "1"\n'
_ROW = (
    '[measurements.{name}]\nzh = "预演"\nen = "Rehearsed"\ncomparator = "is_true"\nsource = "nothing is judged by it"\n'
)


def rehearse(bench: BenchFile, plan: Plan, settings: Settings, clock: Clock) -> RunRecord | None:
    """Touches no instrument and keeps nothing; gives the record that nobody gets, None where nothing can be ordered.

    The outbox is made where there is none, as any order does; the letter is written into it, and taken back.
    """
    try:
        check_roles(plan, check_bench(bench), bench.file)
        order = order_run(NOBODY, NOBODY, "debug", bench, plan, settings, clock)
        with tempfile.TemporaryDirectory(prefix="fanji-rehearsal-") as folder:
            record = _closed(order.start, Path(folder), clock)
        written = Spool(settings.outbox).rehearse_run
        written(record, bench.station_id, clock.utc(), lambda place: run_letter(record, place))
        return record
    except (StationError, OSError):  # whoever gives the order will be told
        return None


def _closed(start: RunStarted, folder: Path, clock: Clock) -> RunRecord:
    """As station.playing.closing does it, in ``folder``."""
    told: tuple[Entry, ...] = (start, MadeSafe((), clock.utc()))
    journal = folder / "run.jsonl"
    journal.write_bytes(encode_entry(start))
    record = record_of(append_durably(journal, decode_entry, told[1:]), clock.utc())
    Spool(folder / "outbox").commit_run(record, start.station_id, clock.utc(), lambda place: run_letter(record, place))
    PastRuns(folder / "history", start.station_id).keep(record, msgspec.json.encode(told))
    return record


def rehearse_run(clock: Clock, times: int = TIMES) -> tuple[str, ...]:
    """Whole runs in a folder that is removed, at a bench without instruments; gives their verdicts, so far as it came.

    None passes: there is nothing that could be proved to be off. A signal that comes meanwhile is a KeyboardInterrupt.
    """
    signals = StopSignals()
    verdicts: list[str] = []
    try:
        with _rehearsal_order(clock) as order:
            while len(verdicts) < times and not signals.name:
                result = supervise(order_again(order), _Nobody(), signals=signals)
                verdicts.append(result.verdict if isinstance(result, RunFinished) else "")
    except (StationError, OSError) as error:
        logger.info("a run could not be rehearsed: %s", error)
    finally:
        signals.leave()
    if signals.name:
        raise KeyboardInterrupt(signals.name)
    return tuple(verdicts)


def rehearse_taking_over(
    order_of: Callable[[RunStarted], RunOrder], products: Iterable[str], slots: Sequence[str], clock: Clock
) -> None:
    """How a run of each product, in each slot, is handed over, from this process to itself; no instrument is opened."""
    try:
        with _rehearsal_order(clock) as order:
            for product in products:
                for slot in slots:
                    start = replace(order.start, product=product, slot=slot)
                    _hand_to_itself(order_of, start)
    except (StationError, OSError) as error:
        logger.info("a run could not be rehearsed: %s", error)


def _hand_to_itself(order_of: Callable[[RunStarted], RunOrder], start: RunStarted) -> None:
    channel = Pipe.passing()
    hand_over(channel.writing, brief(start), channel.reading)
    handed = take_over(channel.reading)
    close_all(channel.reading, channel.writing)
    if handed is not None:
        close_all(handed[1])
        order = order_of(handed[0])
        open_bench(order.bench, order.clock, (), slot_leases(order.settings, order.bench), is_checked=True).close()


def rehearse_playing(clock: Clock, times: int = TIMES) -> None:
    """What the child of such a run does, in this process and for nobody."""
    try:
        with _rehearsal_order(clock) as order:
            make_folder(order.settings.journals)
            for _ in range(times):
                telling, answers = Pipe.new(), Pipe.new()
                play_order(order_again(order), telling.writing, answers.reading)
                close_all(telling.reading, telling.writing, answers.reading, answers.writing)
    except (StationError, OSError) as error:
        logger.info("a run could not be rehearsed: %s", error)


@contextmanager
def _rehearsal_order(clock: Clock) -> Iterator[RunOrder]:
    with tempfile.TemporaryDirectory(prefix="fanji-rehearsal-") as name:
        folder = Path(name)
        bench_file, limits_file = folder / "bench.toml", folder / "limits.toml"
        bench_file.write_text(_BENCH, encoding="utf-8")
        steps = [_step(f"rehearsed_{number}") for number in range(STEPS)]
        rows = "".join(_ROW.format(name=each.name) for each in steps)
        limits_file.write_text(_PLAN + rows, encoding="utf-8")
        plan, bench = make_plan(steps, read_limits(limits_file)), read_bench_file(bench_file).for_slot()
        yield order_run(NOBODY, NOBODY, "debug", bench, plan, Settings(folder, "", None), clock)


def _step(name: str) -> Step:
    def rehearsed(clock: Clock, measure: Measure) -> None:
        measure(name, Statement(True, NOBODY, clock.utc()))

    rehearsed.__name__ = name
    return step(zh="预演", en="Rehearsed", deadline_s=10, measures={name: ""})(rehearsed)


class _Nobody:
    """A Watcher who hears nothing and says nothing."""

    def hear(self, event: RunEvent) -> None:
        """Encoded, as for any other."""
        msgspec.json.encode(event)

    def fileno(self) -> int | None:
        """Nothing can come."""
        return None

    def commands(self) -> Sequence[Command]:
        """None."""
        return ()

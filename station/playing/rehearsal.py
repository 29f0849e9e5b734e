"""Does once, for no unit, what an order and the end of a run do: whatever is slow the first time is slow here."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from station.bench import check_bench
from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.history.past_runs import PastRuns
from station.model.clock import Clock
from station.model.errors import StationError
from station.model.run_record import RunRecord
from station.outbox.run_letter import run_letter
from station.outbox.spool import Spool
from station.playing.order import order_run
from station.runner.entries import Entry, MadeSafe, RunStarted, decode_entry, encode_entry
from station.runner.journal import append_durably
from station.runner.plan import Plan, check_roles
from station.runner.record import record_of

NOBODY = "REHEARSAL"


def rehearse(bench: BenchFile, plan: Plan, settings: Settings, clock: Clock) -> RunRecord | None:
    """Touches no instrument and keeps nothing; gives the record that nobody gets, None where nothing can be ordered.

    The outbox is made where there is none, as any order does.
    """
    try:
        check_roles(plan, check_bench(bench), bench.file)
        order = order_run(NOBODY, NOBODY, "debug", bench, plan, settings, clock)
        with tempfile.TemporaryDirectory(prefix="fanji-rehearsal-") as folder:
            return _closed(order.start, Path(folder), clock)
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

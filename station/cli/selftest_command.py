"""``fanji-station selftest``: can this bench be relied on today? The answer is kept for the gate before a run."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import msgspec

from station.cli.exits import Exit, of_refusal
from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import Settings, read_settings
from station.gates.selftest import self_test
from station.gates.selftest_result import SelftestResult, keep_selftest
from station.link.clock import SystemClock
from station.model.errors import OperatorError, StationError
from station.playing.order import slot_lock
from station.system import close_all, take_lock


class _Told(msgspec.Struct, frozen=True):
    """The result as a program reads it."""

    is_good: bool
    result: SelftestResult
    file: str


def selftest_bench(bench_path: Path, as_json: bool) -> Exit:
    """Test the bench, show and keep what was found; PASS only if nothing needs a person."""
    try:
        bench, settings = read_bench_file(bench_path), read_settings()
        with ExitStack() as stack:
            _take_slots(stack, bench, settings)
            result = self_test(bench, settings, SystemClock())
        path = keep_selftest(settings, result)
    except StationError as error:
        sys.stderr.write(f"{error}\n")
        return of_refusal(error)
    if as_json:
        sys.stdout.write(msgspec.json.encode(_Told(result.is_good, result, str(path))).decode() + "\n")
    else:
        for check in result.checks:
            sys.stdout.write(f"{check.mark:8}{check.name:24} {check.detail}\n")
        verdict = "the bench may be used" if result.is_good else "the bench needs a person"
        sys.stdout.write(f"{verdict}: {len(result.checks)} checks in {result.seconds:.1f} s, kept in {path}\n")
    return Exit.PASS if result.is_good else Exit.ERROR


def _take_slots(stack: ExitStack, bench: BenchFile, settings: Settings) -> None:
    """Hold every slot; raises OperatorError where a run is using one."""
    for slot in bench.slots:
        lock = take_lock(slot_lock(settings, bench.station_id, slot))
        if lock is None:
            raise OperatorError(f"a run is using {slot}: test the bench when it has ended")
        stack.callback(close_all, lock)

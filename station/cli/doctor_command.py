"""``fanji-station doctor``: is everything there, and is it what the files say?"""

from __future__ import annotations

import sys
from pathlib import Path

from station.bench import InstrumentReport, check_bench, check_demands, examine
from station.cli.exits import Exit
from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import Settings, read_settings, read_token
from station.link.clock import SystemClock
from station.model.errors import StationError
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache
from station.runner.plan import check_roles
from station.sequences.catalogue import load_plan, products


def examine_station(bench_path: Path) -> Exit:
    """Look at files, plans, instruments, programmers and the outbox; one line each, problems marked."""
    try:
        bench = read_bench_file(bench_path)
        settings = read_settings()
        reports = examine(bench, SystemClock())
    except StationError as error:
        _say("PROBLEM", "configuration", str(error))
        return Exit.USAGE
    _say("ok", "bench file", f"{bench.file} sha256 {bench.sha256[:12]}…, {bench.name}")
    problems = [_instrument(report) for report in reports]
    problems += [_plan(product.name, bench) for product in products(bench.sequences_path)]
    problems += [_token(settings), _outbox(settings)]
    return Exit.ERROR if any(problems) else Exit.PASS


def _instrument(report: InstrumentReport) -> bool:
    due = f", calibration due {report.calibration_due}" if report.calibration_due else ""
    what = f"{report.driver} at {report.address}: {report.found or 'no identity'}{due}"
    if report.problem:
        _say("PROBLEM", report.name, f"{what}: {report.problem}")
        return True
    _say("ok", report.name, what)
    return False


def _plan(product: str, bench: BenchFile) -> bool:
    try:
        plan = load_plan(product, bench.sequences_path)
        check_roles(plan, check_bench(bench), bench.file)
        check_demands(bench, plan.limits_file)
    except StationError as error:
        _say("PROBLEM", product, str(error))
        return True
    _say("ok", product, f"plan {plan.ref.name} {plan.ref.version} sha256 {plan.ref.sha256[:12]}…")
    return False


def _token(settings: Settings) -> bool:
    if not settings.server_url:
        _say("note", "server", "none is set up (FANJI_SERVER_URL): letters wait on this disk")
        return False
    try:
        read_token(settings)
    except StationError as error:
        _say("PROBLEM", "token", str(error))
        return True
    _say("ok", "server", settings.server_url)
    return False


def _outbox(settings: Settings) -> bool:
    spool = Spool(settings.outbox)
    try:
        waiting, aside = spool.waiting_count(), spool.all_set_aside()
    except StationError as error:
        _say("PROBLEM", "outbox", str(error))
        return True
    state = StateCache(settings.cached_state).valid_at(SystemClock().utc())
    rules = f"snapshot {state.version}, {len(state.serial_rules)} serial rules" if state else "no valid snapshot"
    _say("ok", "outbox", f"{waiting} letters wait, {rules}")
    for letter in aside:
        _say("PROBLEM", f"letter {letter.seq}", f"{letter.kind}/{letter.id} {letter.receipt}: {letter.problem}")
    return bool(aside)


def _say(mark: str, what: str, text: str) -> None:
    sys.stdout.write(f"{mark:8}{what:16} {text}\n")

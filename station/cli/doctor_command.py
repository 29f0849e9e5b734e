"""``fanji-station doctor``: is everything there, and is it what the files say?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from station.bench import InstrumentReport, examine, repertoire
from station.bench.estop import estop_problem
from station.cli.exits import Exit
from station.config.address import SerialAddress
from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import Settings, read_settings, read_token
from station.history.instruments import Sighting, Sightings
from station.link.clock import SystemClock
from station.model.errors import StationError
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache
from station.system.adapter_latency import lower_latency


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
    _lower_latencies(bench)
    _note(settings, bench, reports)
    problems += [_estop(bench), *(_plans(bench.for_slot(slot)) for slot in bench.slots)]
    problems += [_token(settings), _outbox(settings)]
    return Exit.ERROR if any(problems) else Exit.PASS


def _note(settings: Settings, bench: BenchFile, reports: Sequence[InstrumentReport]) -> None:
    """Let the operator's page know what was seen."""
    at = SystemClock().utc()
    try:
        Sightings(settings.history, bench.station_id).note(
            Sighting(report.name, at, report.found, report.problem) for report in reports
        )
    except StationError as error:
        _say("PROBLEM", "history", str(error))


def _instrument(report: InstrumentReport) -> bool:
    due = f", calibration due {report.calibration_due}" if report.calibration_due else ""
    what = f"{report.driver} ({report.evidence}) at {report.address}: {report.found or 'no identity'}{due}"
    if report.answers_s is not None:
        usual_ms, worst_ms = (seconds * 1000 for seconds in report.answers_s)
        what += f", answers in {usual_ms:.1f} ms, {worst_ms:.1f} ms at worst"
    if report.problem:
        _say("PROBLEM", report.name, f"{what}: {report.problem}")
        return True
    _say("ok", report.name, what)
    return False


def _lower_latencies(bench: BenchFile) -> None:
    """A long latency timer is no problem of the bench, but it makes everything slow that waits for many answers."""
    addresses = {row.name: row.address for row in bench.instruments.values()}
    addresses |= {row.name: row.address for row in bench.programmers.values()}
    for name, address in addresses.items():
        latency = lower_latency(address.port) if isinstance(address, SerialAddress) else None
        if latency is None:
            continue
        if latency.problem:
            advice = f"each answer waits for it, and it could not be lowered ({latency.problem})"
            _say(
                "note",
                name,
                f"the adapter's latency timer is {latency.now_ms} ms: {advice}: write 1 to {latency.file} as root",
            )
        else:
            was = "" if latency.found_ms == latency.now_ms else f", lowered from {latency.found_ms} ms"
            _say("ok", name, f"the adapter's latency timer is {latency.now_ms} ms{was}")


def _estop(bench: BenchFile) -> bool:
    if bench.estop is None:
        _say("note", "estop", "none is read at this bench: nothing but its own wiring stops it")
        return False
    problem = estop_problem(bench.estop, SystemClock())
    _say("PROBLEM" if problem else "ok", "estop", f"{bench.estop}: {problem or 'released'}")
    return bool(problem)


def _plans(bench: BenchFile) -> bool:
    """A plan for another bench is no problem of this one; a wrong plan is, and a bench that can test nothing.

    Of several slots each is looked at.
    """
    if len(bench.slots) > 1:
        shared = sorted({name for role in bench.roles.values() for name in role.instruments()} & bench.shared)
        with_whom = f"shares {', '.join(shared)} with others" if shared else "shares nothing"
        _say("ok", f"slot {bench.slot}", f"{len(bench.roles)} roles, {with_whom}")
    candidates = repertoire(bench)
    for candidate in candidates:
        plan = candidate.plan
        if plan is None:
            _say("PROBLEM", candidate.product, candidate.problem)
        elif candidate.problem:
            _say("note", candidate.product, f"not at this bench: {candidate.problem}")
        else:
            _say("ok", candidate.product, f"plan {plan.ref.name} {plan.ref.version} sha256 {plan.ref.sha256}")
    if all(candidate.problem for candidate in candidates):
        _say("PROBLEM", "products", "no plan can be played at this bench")
        return True
    return any(candidate.plan is None for candidate in candidates)


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
    photos = spool.attachments(settings.attachments)
    try:
        waiting, aside = spool.waiting_count(), spool.all_set_aside()
        waiting_photos, refused = photos.waiting_count(), photos.all_refused()
    except StationError as error:
        _say("PROBLEM", "outbox", str(error))
        return True
    state = StateCache(settings.cached_state).valid_at(SystemClock().utc())
    rules = f"snapshot {state.version}, {len(state.serial_rules)} serial rules" if state else "no valid snapshot"
    said = f", {waiting_photos} photos" if waiting_photos else ""
    _say("ok", "outbox", f"{waiting} letters{said} wait, {rules}")
    for letter in aside:
        _say("PROBLEM", f"letter {letter.seq}", f"{letter.kind}/{letter.id} {letter.receipt}: {letter.problem}")
    for photo in refused:
        _say("PROBLEM", "photo", f"{photo.sha256} of run {photo.run_id} {photo.receipt}: {photo.problem}")
    return bool(aside or refused)


def _say(mark: str, what: str, text: str) -> None:
    sys.stdout.write(f"{mark:8}{what:16} {text}\n")

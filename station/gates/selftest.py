"""Looks whether a bench can be relied on: its instruments, outputs off, supplies, and the station's own disk."""

from __future__ import annotations

from collections.abc import Iterator

from station.bench import InstrumentReport, examine, make_safe, repertoire, try_set_points
from station.bench.set_points import HARMLESS_A, HARMLESS_V
from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.gates.selftest_disk import check_disk
from station.gates.selftest_result import GOOD, NOTE, PROBLEM, SelftestCheck, SelftestResult
from station.model.clock import Clock


def self_test(bench: BenchFile, settings: Settings, clock: Clock) -> SelftestResult:
    """Look at everything; raises ConfigError only. Nobody else may use any slot of the bench meanwhile.

    Outputs are switched off and relays opened, which is read back; nothing is switched on. A supply is set to 0.5 V
    only where its outputs were proved off.
    """
    began = clock.now()
    checks = [_instrument(report) for report in examine(bench, clock)]
    for name in bench.slots:
        checks += _slot(bench.for_slot(name), clock)
    checks += _plans(bench)
    checks += check_disk(settings, clock.utc())
    return SelftestResult(bench.station_id, bench.sha256, clock.utc(), clock.now() - began, tuple(checks))


def _instrument(report: InstrumentReport) -> SelftestCheck:
    """Who it is, and that it reports no error: a driver asks for both each time (SCPI: an empty error queue)."""
    who = report.found or "answers, and cannot say who it is"
    if report.problem:
        return SelftestCheck(report.name, PROBLEM, report.problem)
    answers = f", answers in {report.answers_s[0] * 1000:.0f} ms, reports no error" if report.answers_s else ""
    return SelftestCheck(report.name, GOOD, f"{report.driver} at {report.address}: {who}{answers}")


def _plans(bench: BenchFile) -> Iterator[SelftestCheck]:
    """The plans that can be played here, with the digest by which each is released."""
    found = {each.product: each for name in bench.slots for each in repertoire(bench.for_slot(name))}
    for each in found.values():
        if each.plan is None:
            yield SelftestCheck(f"plan {each.product}", PROBLEM, each.problem)
        elif not each.problem:
            ref = each.plan.ref
            yield SelftestCheck(f"plan {each.product}", GOOD, f"{ref.name} {ref.version} sha256 {ref.sha256}")


def _slot(bench: BenchFile, clock: Clock) -> Iterator[SelftestCheck]:
    actions = make_safe(bench, clock)
    for action in actions:
        mark = GOOD if action.is_proved else PROBLEM
        proof = f"{action.action}, read back: {action.detail}" if action.is_proved else f"not proved: {action.detail}"
        yield SelftestCheck(f"{bench.slot}: {action.role}", mark, proof)
    if not all(action.is_proved for action in actions):
        yield SelftestCheck(f"{bench.slot}: supplies", NOTE, "not set: an output is not proved off")
        return
    for report in try_set_points(bench, clock):
        detail = report.problem or f"set to {HARMLESS_V:g} V and {HARMLESS_A:g} A with its output off, read back"
        yield SelftestCheck(f"{bench.slot}: {report.role} setting", PROBLEM if report.problem else GOOD, detail)

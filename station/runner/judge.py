"""The verdict of a run, from its evidence alone.

PASS needs all of it: every planned step played and passed, every required measurement present and inside its limit,
every accessory there, nothing stopped the run, and make-safe proved. What is missing is never taken for good.

FAIL blames the unit: a value outside its limit, a unit that does not answer, an accessory that is not there, and what
could not be measured because of those. ERROR blames the station: a link or instrument that failed, a value that is no
value, an output that was not proved off, evidence that is missing for no reason of the unit's. The worst wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from station.config.limits_file import SCANNED_SERIAL
from station.model.errors import Failure
from station.model.limit import Comparator, Limit, Value
from station.model.run_record import Accessory, Measurement, SafeAction, StepRecord
from station.model.verdict import Verdict, worst
from station.runner.measure import outcome_of


class Planned(msgspec.Struct, frozen=True):
    """What the run had to bring: limits by measurement, and by step the values without which it is skipped."""

    steps: tuple[str, ...]
    limits: Mapping[str, Limit]
    accessories: tuple[str, ...]
    scanned_serial: str
    only_if: Mapping[str, Mapping[str, Value]] = msgspec.field(default_factory=dict)


class Evidence(msgspec.Struct, frozen=True):
    """What the run brought; ``stop`` is why it ended early, with ABORTED or ERROR."""

    steps: tuple[StepRecord, ...]
    measurements: tuple[Measurement, ...]
    accessories: tuple[Accessory, ...]
    make_safe: tuple[SafeAction, ...]
    stop: tuple[Verdict, Failure] | None
    ended_at: datetime


class Judgement(msgspec.Struct, frozen=True):
    """The verdict and why it is not PASS; ``failure`` is None where the failed measurements say it all."""

    verdict: Verdict
    failure: Failure | None


class _Finding(msgspec.Struct, frozen=True):
    verdict: Verdict
    kind: str
    message: str
    step: str | None = None
    subject: str = ""


def judge(planned: Planned, evidence: Evidence) -> Judgement:
    """The worst of all findings; the failure is the stop, else the first finding that bears the verdict."""
    findings = [
        *_plan_findings(planned),
        *_measurement_findings(planned, evidence),
        *_step_findings(planned, evidence),
        *_accessory_findings(planned, evidence),
        *_safe_findings(evidence),
    ]
    if evidence.stop is None:  # a stop accounts for all that is missing
        is_unit_at_fault = any(finding.verdict is Verdict.FAIL for finding in findings)
        findings += _gaps(planned, evidence, is_unit_at_fault)
    stopped = [evidence.stop[0]] if evidence.stop else []
    verdict = worst([Verdict.PASS, *stopped, *(finding.verdict for finding in findings)])
    if evidence.stop and evidence.stop[0] is verdict:
        return Judgement(verdict, evidence.stop[1])
    bearing = next((finding for finding in findings if finding.verdict is verdict and finding.message), None)
    if bearing is None:
        return Judgement(verdict, None)
    return Judgement(verdict, Failure(bearing.kind, bearing.subject, bearing.message, bearing.step, evidence.ended_at))


def _plan_findings(planned: Planned) -> list[_Finding]:
    if planned.steps and any(limit.is_required for limit in planned.limits.values()):
        return []
    return [_Finding(Verdict.ERROR, "config", "the plan asks for no evidence at all")]


def _step_findings(planned: Planned, evidence: Evidence) -> list[_Finding]:
    findings = []
    names = [step.name for step in evidence.steps]
    failed_measurements = {taken.step for taken in evidence.measurements if taken.outcome == "FAIL"}
    for step in evidence.steps:
        if step.name not in planned.steps or names.count(step.name) > 1:
            findings.append(_Finding(Verdict.ERROR, "station", f"step {step.name} was not to be played", step.name))
        elif step.outcome == "FAIL":
            # the failed measurements speak for themselves; without one the unit did not answer
            message = "" if step.name in failed_measurements else step.message or "the unit failed"
            findings.append(_Finding(Verdict.FAIL, "dut", message, step.name))
        elif step.outcome == "ABORTED":
            findings.append(_Finding(Verdict.ABORTED, "station", step.message or "the step was stopped", step.name))
        elif step.outcome not in ("PASS", "SKIPPED"):
            findings.append(_Finding(Verdict.ERROR, "station", step.message or "the step did not end", step.name))
    return findings


def _measurement_findings(planned: Planned, evidence: Evidence) -> list[_Finding]:
    findings = []
    names = [taken.limit.name for taken in evidence.measurements]
    values: dict[str, Value] = {SCANNED_SERIAL: planned.scanned_serial}
    for taken in evidence.measurements:
        name = taken.limit.name
        if planned.limits.get(name) != taken.limit or names.count(name) > 1:
            findings.append(_Finding(Verdict.ERROR, "station", f"{name} was not to be measured so", taken.step))
            continue
        outcome = outcome_of(taken.limit, taken.value, _referred(taken.limit, values))
        if outcome == "ERROR" or taken.outcome not in ("PASS", "FAIL"):
            message = f"{name}: {taken.instrument or 'the instrument'} gave no usable value"
            findings.append(_Finding(Verdict.ERROR, "instrument", message, taken.step, taken.instrument))
        elif outcome != taken.outcome:
            message = f"{name} was noted as {taken.outcome}, its value says {outcome}"
            findings.append(_Finding(Verdict.ERROR, "station", message, taken.step))
        elif outcome == "FAIL":
            findings.append(_Finding(Verdict.FAIL, "dut", "", taken.step))
        values[name] = taken.value
    return findings


def _referred(limit: Limit, values: Mapping[str, Value]) -> Value:
    return values.get(limit.expected[0]) if limit.comparator is Comparator.SAME_AS else None


def _accessory_findings(planned: Planned, evidence: Evidence) -> list[_Finding]:
    missing = [item.name for item in evidence.accessories if not item.is_present]
    if missing:
        return [_Finding(Verdict.FAIL, "dut", f"not with the unit: {', '.join(missing)}")]
    return []


def _safe_findings(evidence: Evidence) -> list[_Finding]:
    if not evidence.make_safe:
        return [_Finding(Verdict.ERROR, "station", "nothing proves that the outputs are off")]
    return [
        _Finding(
            Verdict.ERROR,
            "instrument",
            f"{action.role}: {action.action} was not proved: {action.detail}",
            subject=action.role,
        )
        for action in evidence.make_safe
        if not action.is_proved
    ]


def _gaps(planned: Planned, evidence: Evidence, is_unit_at_fault: bool) -> list[_Finding]:
    """What is missing: the unit's fault where something else of this run is, otherwise the station's."""
    played = {
        step.name for step in evidence.steps if step.outcome != "SKIPPED" or _is_excused(step.name, planned, evidence)
    }
    taken = {measurement.limit.name for measurement in evidence.measurements}
    ticked = {item.name for item in evidence.accessories}
    required = [name for name, limit in planned.limits.items() if limit.is_required]
    missing = [
        *_missing("step {} was not played", planned.steps, played),
        *_missing("{} was not measured", required, taken),
        *_missing("accessory {} was not checked", planned.accessories, ticked),
    ]
    if is_unit_at_fault:  # and what it did is the reason to tell, not what was left out for it
        return [_Finding(Verdict.FAIL, "dut", "") for _ in missing]
    return [_Finding(Verdict.ERROR, "station", message) for message in missing]


def _is_excused(step: str, planned: Planned, evidence: Evidence) -> bool:
    """Whether the step was skipped because of a value that was really taken."""
    values = {taken.limit.name: taken.value for taken in evidence.measurements}
    conditions = planned.only_if.get(step, {}).items()
    return any(values.get(name) not in (None, value) for name, value in conditions)


def _missing(text: str, wanted: Sequence[str], found: set[str]) -> list[str]:
    return [text.format(name) for name in wanted if name not in found]

"""The golden unit has passed lately on this bench, as it stands and with this plan; one that fails stops the bench."""

from __future__ import annotations

from collections.abc import Mapping

from station.config.gate_rules import GoldenRule
from station.gates.case import GateCase, by_state, closed, passed, unsaid
from station.gates.golden_rules import golden_rules, rules_told
from station.gates.golden_standing import Standing, standing_of
from station.model.errors import GateClosed
from station.model.gate import GateNote
from station.outbox.gate_state import moment

GATE = "golden_unit"
GOLDEN = "golden"


def ask_golden(case: GateCase) -> GateNote | None:
    """Raises GateClosed where the golden unit is due, or failed; None where nobody asks for one of this product.

    A run of the golden unit itself must be of that unit.
    """
    told = case.state.golden_units
    if told.problem:
        unsaid(GATE, case.state, told)
    rule = golden_rules(case.bench, told.rows or ()).get(case.product)
    if rule is None:
        return None
    if case.purpose == GOLDEN:
        return _ask_identity(case, rule)
    run = case.spool.last_golden(case.bench.station_id, case.bench.slot, case.product, rule.serial)
    standing = standing_of(rule, run, case.bench.sha256, case.plan.sha256, case.at)
    if run is None:
        raise _due(rule, "it has not been tested here", "尚未在本工位测试")
    at = moment(run.finished_at)
    if standing == "failed":
        raise closed(
            GATE,
            f"the golden unit {rule.serial} failed here at {at}: the bench may be at fault. Have it mended, then test"
            " the golden unit again with --purpose golden until it passes.",
            f"金样机 {rule.serial} 于 {at} 在本工位不合格：工位可能有问题。"
            "请检修后用 --purpose golden 重测金样机，直到合格。",
        )
    if standing != "good":
        raise _due(rule, *_why(standing, at, rule))
    if case.product in rules_told(case.bench.station_id, told.rows or ()):
        return by_state(GATE, case.state, f"{rule.serial}, set by the server, passed at {at}")
    return passed(GATE, f"{rule.serial} passed at {at}")


def _ask_identity(case: GateCase, rule: GoldenRule) -> GateNote:
    if case.unit.serial != rule.serial:
        raise closed(
            GATE,
            f"{case.unit.serial} is not the golden unit of {case.product} at this bench, which is {rule.serial}.",
            f"{case.unit.serial} 不是本工位 {case.product} 的金样机，金样机为 {rule.serial}。",
        )
    return passed(GATE, f"{rule.serial} is the golden unit of {case.product}")


def _why(standing: Standing, at: str, rule: GoldenRule) -> tuple[str, str]:
    """Why one that passed ``at`` a time is due nevertheless, in English and Chinese."""
    reasons: Mapping[Standing, tuple[str, str]] = {
        "bench_changed": (f"the bench file was changed since it passed at {at}", f"合格（{at}）后工位配置已更改"),
        "plan_changed": (f"the plan was changed since it passed at {at}", f"合格（{at}）后测试流程已更改"),
        "future": (f"it passed at {at}, which lies in the future", f"合格时间 {at} 晚于现在（时钟被改过）"),
        "overdue": (
            f"it passed at {at}, {rule.every_h:g} h are allowed",
            f"上次合格为 {at}，有效 {rule.every_h:g} 小时",
        ),
    }
    return reasons[standing]


def _due(rule: GoldenRule, why: str, why_zh: str) -> GateClosed:
    return closed(
        GATE,
        f"the golden unit {rule.serial} is due ({why}): put it into the jig and test it with --purpose golden.",
        f"需先测金样机 {rule.serial}（{why_zh}）：请放入夹具并用 --purpose golden 测试。",
    )

"""The bench has tested itself lately, as it stands, and found nothing."""

from __future__ import annotations

from datetime import timedelta

from station.gates.case import GateCase, closed, passed
from station.gates.golden_standing import CLOCK_TOLERANCE
from station.gates.selftest_result import PROBLEM, SelftestResult, last_selftest
from station.model.gate import GateNote
from station.outbox.gate_state import moment

GATE = "selftest"


def ask_selftest(case: GateCase) -> GateNote | None:
    """Raises GateClosed where the self-test is due or found a problem; None where the bench asks for none."""
    every_h = case.bench.gates.selftest_every_h
    if every_h is None:
        return None
    result = last_selftest(case.settings, case.bench.station_id)
    why, why_zh = _objection(case, result, every_h)
    if result is None or why:
        raise closed(
            GATE,
            f"the bench's self-test is due ({why}): run `fanji-station selftest --bench {case.bench.file}`, and have"
            " mended what it finds.",
            f"工位需先自检（{why_zh}）：请运行 fanji-station selftest --bench {case.bench.file}，并排除发现的问题。",
        )
    return passed(GATE, f"passed at {moment(result.at)}")


def _objection(case: GateCase, result: SelftestResult | None, every_h: float) -> tuple[str, str]:
    """Why ``result`` does not do, in English and Chinese; empty where it does."""
    if result is None:
        return "none is on this disk", "本机没有自检结果"
    at = moment(result.at)
    if not result.is_good:
        found = next((check for check in result.checks if check.mark == PROBLEM), None)
        what = f"{found.name}: {found.detail}" if found else "nothing was looked at"
        return f"at {at} it found {what}", f"{at} 发现 {what}"
    if result.bench_sha256 != case.bench.sha256:
        return f"the bench file was changed since {at}", f"{at} 之后工位配置已更改"
    if result.at > case.at + CLOCK_TOLERANCE:
        return f"the last was at {at}, which lies in the future", f"上次自检 {at} 晚于现在（时钟被改过）"
    if case.at - result.at > timedelta(hours=every_h):
        return f"the last was at {at}, {every_h:g} h are allowed", f"上次自检 {at}，有效 {every_h:g} 小时"
    return "", ""

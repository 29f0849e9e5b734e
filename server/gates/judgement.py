"""What shuts the gates of a unit, judged from evidence alone: nothing here asks the database or a person."""

from __future__ import annotations

from collections.abc import Iterator

from server.gates.evidence import Evidence
from server.gates.firmware import firmware_reasons
from server.gates.reasons import Reason, about
from server.products.content import AccessoryItem
from server.returns.machine import machine
from server.web.spoken import in_both

PASSED, SHIPPED, STOCKED_IN, REPLACED = GATES = ("passed", "shipped", "stocked_in", "replaced")
AFTER = {SHIPPED: PASSED, STOCKED_IN: PASSED}
"""The gate that must be open before another one can be."""
PACKING = "packing"
"""What stations call the packing where no list of the product says it otherwise."""


def judge(evidence: Evidence, gate: str) -> tuple[Reason, ...]:
    """What shuts ``gate`` by itself; that the gates of AFTER are open is asked apart."""
    match gate:
        case "passed":
            return tuple(test_reasons(evidence))
        case "shipped":
            return tuple(_shipping_reasons(evidence))
        case "stocked_in":
            return tuple(_stock_reasons(evidence))
        case "replaced":
            return tuple(_replacement_reasons(evidence))
    raise KeyError(gate)


def test_reasons(evidence: Evidence) -> Iterator[Reason]:
    """Why the unit's last outgoing test does not count."""
    run = evidence.run
    if not evidence.product:
        yield Reason("product_unknown")
    elif not evidence.plans:
        yield Reason("no_released_plan", about(evidence.product))
    if evidence.case is not None and evidence.sent_to_test_at is None:
        yield Reason("not_sent_to_test")
        return
    if run is None or (evidence.sent_to_test_at is not None and run.row.started_at < evidence.sent_to_test_at):
        yield Reason("not_tested")
        return
    if evidence.work is not None and run.row.started_at < evidence.work.ended_at:
        table = "case_state" if evidence.work.kind in machine().states else "event"
        yield Reason("test_before_work", in_both(table, evidence.work.kind))
    if run.row.verdict != "PASS":
        yield Reason("test_not_passed", detail=run.row.verdict)
    if run.row.has_discrepancy or run.discrepancies:
        yield Reason("discrepancy")
    if evidence.product and run.row.product != evidence.product:
        yield Reason("product_differs", about(run.row.product), evidence.product)
    if evidence.plans and run.plan_sha256 not in evidence.plans:
        yield Reason("plan_not_released", about(run.row.plan_name), run.row.plan_version)
    yield from firmware_reasons(evidence, run)


def _shipping_reasons(evidence: Evidence) -> Iterator[Reason]:
    yield from _held(evidence)
    yield from _accessory_reasons(evidence, with_packing=True)
    if evidence.waybill is None:
        yield Reason("no_waybill")


def _stock_reasons(evidence: Evidence) -> Iterator[Reason]:
    yield from _held(evidence)
    yield from _accessory_reasons(evidence, with_packing=False)
    if not (evidence.changes.get("grade") or (evidence.case and evidence.case.grade)):
        yield Reason("no_grade")


def _replacement_reasons(evidence: Evidence) -> Iterator[Reason]:
    """The unit that is given in exchange must be one that could leave by itself."""
    given = evidence.replacement
    named = evidence.changes.get("replaced_by") or (evidence.case and evidence.case.replaced_by)
    if given is None or given.unit.unit_id == evidence.unit.unit_id:
        yield Reason("replacement_unknown" if named else "no_replacement")
        return
    for held in given.holds:
        yield Reason("replacement_held", detail=held.reason)
    if given.open_case_no:
        yield Reason("replacement_busy", detail=given.open_case_no)
    if any(True for _ in test_reasons(given)):
        yield Reason("replacement_unproved")


def _held(evidence: Evidence) -> Iterator[Reason]:
    for row in evidence.holds:
        yield Reason("held", about(row.serial or row.product), row.reason)


def _accessory_reasons(evidence: Evidence, with_packing: bool) -> Iterator[Reason]:
    if evidence.configuration is None:
        yield from _unlisted_reasons(evidence, with_packing)
        return
    for item in evidence.configuration.accessories:
        is_wanted = item.is_required and (with_packing or not item.is_packing)
        ticked = evidence.accessories.get(item.code)
        if is_wanted and not (ticked and ticked.is_present):
            yield _missing(item)


def _missing(item: AccessoryItem) -> Reason:
    return Reason("packing_missing" if item.is_packing else "accessory_missing", (item.zh, item.en))


def _unlisted_reasons(evidence: Evidence, with_packing: bool) -> Iterator[Reason]:
    """Without a list of the product counts what the test or a check named: something, all of it, and the packing."""
    names = [name for name in evidence.accessories if name != PACKING]
    if not names:
        yield Reason("accessories_unchecked")
    for name in names:
        if not evidence.accessories[name].is_present:
            yield Reason("accessory_missing", in_both("term", name))
    packed = evidence.accessories.get(PACKING)
    if with_packing and not (packed and packed.is_present):
        yield Reason("packing_missing", in_both("term", PACKING))

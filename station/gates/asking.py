"""Asks the gates that a run of this purpose has to pass, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from station.bench import check_calibration
from station.gates.case import GateCase, passed
from station.gates.golden import ask_golden
from station.gates.hold import ask_hold
from station.gates.released_plan import ask_released_plan
from station.gates.retest import ask_retest
from station.gates.routing import ask_routing
from station.gates.selftest_due import ask_selftest
from station.model.errors import CalibrationOver, GateClosed
from station.model.gate import WAIVED, GateNote

Gate = Callable[[GateCase], GateNote | None]

CALIBRATION = "calibration"
DEBUG, OUTGOING = "debug", "outgoing"


def ask_calibration(case: GateCase) -> GateNote:
    """Raises CalibrationOver for an instrument of the plan's roles that was due before today."""
    check_calibration(case.bench, case.roles, OUTGOING, case.at.date())
    return passed(CALIBRATION, "no instrument of this plan is over its date")


BEFORE: Mapping[str, tuple[Gate, ...]] = {
    OUTGOING: (
        ask_calibration,
        ask_hold,
        ask_released_plan,
        ask_routing,
        ask_retest,
        ask_selftest,
        ask_golden,
    ),
    "incoming": (ask_calibration, ask_hold, ask_released_plan, ask_selftest),
    "golden": (ask_calibration, ask_hold, ask_selftest, ask_golden),
    "grr": (ask_calibration, ask_selftest),
}
"""By purpose. What a unit has come to is asked of outgoing tests alone. A golden unit and a gauge study say something
of the bench and the plan, and are played before a plan is released; a golden run counts for its own plan only."""


def ask_gates(case: GateCase) -> tuple[GateNote, ...]:
    """What each gate rests on, for the record. Raises GateClosed, CalibrationOver, or StorageError of the outbox.

    A debug run judges no unit: what would refuse an outgoing test is noted as waived.
    """
    if case.purpose != DEBUG:
        return tuple(note for gate in BEFORE[case.purpose] if (note := gate(case)) is not None)
    return tuple(note for gate in BEFORE[OUTGOING] if (note := _waiving(gate, case)) is not None)


def _waiving(gate: Gate, case: GateCase) -> GateNote | None:
    try:
        return gate(case)
    except GateClosed as refusal:
        return GateNote(refusal.gate, WAIVED, refusal.reason, case.state.age_s)
    except CalibrationOver as refusal:
        return GateNote(CALIBRATION, WAIVED, str(refusal))

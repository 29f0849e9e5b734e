"""The trade's words for fault codes and repairs, and the sentences for what stands in the way of them."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


CODE_KINDS = {
    "symptom": mark("symptom"),
    "cause": mark("cause"),
    "action": mark("action"),
}
CODE_STATES = {
    "in force": mark("in force"),
    "retired": mark("retired"),
}
CODE_OUTCOMES = {
    "added": mark("added"),
    "changed": mark("changed"),
    "same": mark("as it is"),
}
CODE_REFUSALS = {
    "code_kind": mark("The kind is symptom, cause or action; this is none:"),
    "code_code": mark("A code has capital letters, digits, dots and hyphens, at most 12."),
    "code_zh": mark("The Chinese words are missing or longer than 80 characters."),
    "code_en": mark("The English words are missing or longer than 80 characters."),
    "code_state": mark("The state is in force or retired; this is neither:"),
    "code_twice": mark("The code comes twice; the first row counts."),
    "code_kind_changed": mark("The code is on record as another kind:"),
    "code_parents": mark("It is offered under too many codes; leave it empty for all. The most are:"),
    "code_parent": mark("It cannot be offered under this: it is no code of the kind above."),
}

FAULT_KINDS = {
    "symptom": mark("symptom"),
    "cause": mark("cause"),
    "action": mark("action"),
    "designator": mark("place on the board"),
    "measurement": mark("failed measurement"),
}
OUTCOMES = {
    "awaiting_test": mark("it goes to its test"),
    "waiting_parts": mark("it waits for parts"),
    "repairing": mark("the repair goes on"),
    "scrap_asked": mark("it is to be scrapped"),
}
SCRAP_REASONS = {
    "beyond_repair": mark("beyond repair"),
    "not_worth_it": mark("dearer than its worth"),
    "no_parts": mark("no parts are to be had"),
    "liquid": mark("liquid or corrosion"),
    "burned": mark("burned"),
    "customer": mark("the customer gives it up"),
    "other": mark("another reason"),
}
READINESS = {
    "repaired": mark("It was repaired since it was last sent back."),
    "burned": mark("It was burned since it was last sent back."),
    "refurbished": mark("It is being refurbished, and no test has failed."),
    "no_fault": mark("Its incoming test passed: no fault found."),
    "not_repaired": mark("No test has failed, and nobody has begun to repair it."),
}
REFUSALS = {
    "symptom": mark("Choose the symptom."),
    "cause": mark("Choose a cause that is offered for this symptom."),
    "action": mark("Choose an action that is offered for this cause."),
    "designators": mark("A place on the board cannot be: it is a designator such as U3 or C812."),
    "outcome": mark("Say what follows."),
    "technician": mark("This person repairs nothing."),
    "started_at": mark("The beginning is missing or before the unit came."),
    "ended_at": mark("The end is missing, before the beginning, or has not come yet."),
    "run_id": mark("This is no test of the case."),
    "measurement": mark("This measurement did not fail in a test of this case."),
    "lines": mark("A part cannot be: its number is not on record or its quantity is none."),
    "source": mark("Parts cannot be drawn from there."),
    "case_no": mark("The return case is missing."),
    "note": mark("Say why in the note, at most 500 characters."),
    "scrap_reason": mark("Say why it is to be scrapped."),
    "serial": mark("This cannot be a serial number."),
    "owner": mark("Say to whom or by when."),
    "due_on": mark("This is no day."),
    "cases": mark("Tick the units first."),
    "id": mark("The form is damaged: open the page again."),
    "corrects": mark("This repair is of another case."),
    "already": mark("Nothing was changed: somebody else was quicker, or it is on record already."),
    "gone": mark("Nothing was changed: it is not there any more."),
    "same_person": mark("You may not do this, or another person has to: nobody decides on what they asked for."),
    "is_owned": mark("This unit is with somebody else; the repair leader gives it to another."),
    "is_not_in_repair": mark("This unit is past its repair or not there yet."),
    "is_nothing_done": mark("A test failed and nothing was done since: put a repair on record first."),
    "is_not_agreed": mark("Two persons scrap a unit: ask here, another one decides."),
    "is_corrected": mark("This repair is corrected already."),
    "is_asked": mark("Somebody asked to scrap it already."),
    "is_decided": mark("It is decided already."),
    "is_closed": mark("The return case is closed."),
    "is_short": mark("Fewer of these parts are there."),
    "is_valuable": mark("A valuable part needs a request that another person approved."),
    "is_retired": mark("A part or place is retired."),
}

REPAIR_TABLES = {
    "code_kind": CODE_KINDS,
    "code_state": CODE_STATES,
    "code_outcome": CODE_OUTCOMES,
    "code_refusal": CODE_REFUSALS,
    "fault_kind": FAULT_KINDS,
    "repair_outcome": OUTCOMES,
    "repair_scrap": SCRAP_REASONS,
    "repair_ready": READINESS,
    "repair_refusal": REFUSALS,
}

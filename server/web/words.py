"""The trade's words for the codes of records, marked for the catalogues."""

from __future__ import annotations

from server.web.case_words import CASE_TABLES
from server.web.desk_words import DESK_TABLES
from server.web.interception_words import INTERCEPTION_TABLES
from server.web.ledger_words import LEDGER_TABLES
from server.web.masters_words import MASTERS_TABLES
from server.web.order_words import ORDER_TABLES
from server.web.parts_words import PARTS_TABLES
from server.web.people_words import PEOPLE_TABLES
from server.web.repair_words import REPAIR_TABLES
from server.web.report_words import REPORT_TABLES
from server.web.service_words import SERVICE_TABLES


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


VERDICTS = {
    "PASS": mark("PASS"),
    "FAIL": mark("FAIL"),
    "ERROR": mark("ERROR"),
    "ABORTED": mark("ABORTED"),
    "SKIPPED": mark("SKIPPED"),
}
VERDICT_MEANINGS = {
    "PASS": mark("Every required measurement is inside its limit."),
    "FAIL": mark("The unit is outside its limits. Send it back to repair."),
    "ERROR": mark("The station could not judge the unit. Mend the station and test again."),
    "ABORTED": mark("The test was stopped before its end. Test again."),
}
BURN_MEANINGS = {
    "PASS": mark("What was read back from the IC equals the image."),
    "FAIL": mark("The IC does not hold the image. Do not use it."),
    "ERROR": mark("The programmer could not finish. Mend it and burn again."),
    "ABORTED": mark("The burn was stopped before its end. Do not use the IC."),
}
PURPOSES = {
    "outgoing": mark("outgoing test"),
    "incoming": mark("incoming test"),
    "golden": mark("golden unit"),
    "grr": mark("gauge study"),
    "debug": mark("debug"),
}
BURN_KINDS = {
    "ad_hoc": mark("ad hoc"),
    "stock": mark("for stock"),
    "unit": mark("for a unit"),
}
PROOFS = {
    "readback_final": mark("read back after the last write"),
    "readback_interleaved": mark("read back while writing"),
    "checksum": mark("checksum from the IC"),
    "none": mark("no proof"),
}
REGION_PURPOSES = {
    "image": mark("image region"),
    "preserved": mark("preserved region"),
}
FAILURE_KINDS = {
    "config": mark("configuration"),
    "link": mark("link to an instrument"),
    "instrument": mark("instrument"),
    "programmer": mark("programmer"),
    "target": mark("target device"),
    "dut": mark("unit under test"),
    "station": mark("station"),
    "server": mark("server"),
    "operator": mark("operator"),
    "estop": mark("e-stop"),
}
RETURN_REASONS = (
    mark("Does not power on"),
    mark("Freezes or restarts"),
    mark("No sound"),
    mark("Display fault"),
    mark("Poor radio reception"),
    mark("Bluetooth fault"),
    mark("Navigation fault"),
    mark("Firmware update"),
    mark("Refurbish"),
    mark("Customer return"),
)
ROLES = {
    "test_operator": mark("test operator"),
    "parts_clerk": mark("parts clerk"),
    "logistics": mark("logistics clerk"),
    "technician": mark("repair technician"),
    "repair_leader": mark("repair leader"),
    "engineer": mark("after-sales engineer"),
    "assistant": mark("customer-service assistant"),
    "telephone": mark("telephone operator"),
    "field_service": mark("field service"),
    "supervisor": mark("supervisor"),
    "reader": mark("other department"),
}
ACTIONS = {
    "switch_off": mark("switched off"),
    "open": mark("all relays opened"),
}
EVENTS = {
    "received": mark("received"),
    "tested": mark("tested"),
    "burned": mark("burned"),
    "case_moved": mark("return case"),
    "board_installed": mark("board put in"),
    "board_removed": mark("board taken out"),
    "merged": mark("merged with"),
    "announced": mark("announced"),
    "accessories_checked": mark("accessories checked"),
    "override_requested": mark("override asked for"),
    "override_decided": mark("override decided"),
    "repaired": mark("repaired"),
    "repair_corrected": mark("repair corrected"),
    "intercepted": mark("met by a rule"),
    "interception_decided": mark("interception decided"),
    "service_logged": mark("service request logged"),
    "service_moved": mark("service request"),
}
FIELDS = {
    "number": mark("Waybill number"),
    "courier": mark("Courier"),
    "source": mark("Sent by"),
    "reason": mark("Reason for the return"),
}
FILTERS = {
    "text": mark("begins with"),
    "verdict": mark("Verdict"),
    "product": mark("Product"),
    "since": mark("From day"),
    "until": mark("To day"),
    "state": mark("State"),
    "kind": mark("Kind"),
    "owner": mark("Owner"),
    "days": mark("Here for"),
}
LETTER_KINDS = {
    "run": mark("test"),
    "burn": mark("burn"),
    "custody": mark("ICs changing hands"),
}
RULES = {
    "verdict": mark("verdict not borne out"),
    "outcome": mark("outcome not borne out"),
    "limit": mark("limit not judged"),
    "names": mark("names"),
    "trace": mark("curve"),
    "unit_id": mark("unit's id"),
    "serial": mark("serial number"),
    "time": mark("time"),
    "clock": mark("station's clock"),
    "chain_fork": mark("number used twice"),
    "chain_break": mark("chain broken"),
    "chain_gap": mark("number missing"),
    "result": mark("result not borne out"),
    "order": mark("burn order"),
    "image": mark("image"),
    "custody": mark("accounts of ICs"),
    "stock": mark("stock of ICs"),
    "serial_number": mark("serial number in the IC"),
    "read_back": mark("read back"),
    "protect": mark("set protection"),
    "unprotect": mark("take protection away"),
}
SET_ASIDE = {
    "quarantined": mark("cannot be read"),
    "conflict": mark("contradicts a record"),
}
TERMS = {
    "identify": mark("identify"),
    "power_up": mark("connect B+"),
    "boot": mark("boot"),
    "rails": mark("rails"),
    "idle_current": mark("operating current"),
    "outputs": mark("outputs"),
    "identity": mark("identity and firmware"),
    "factory_state": mark("factory state"),
    "undervoltage": mark("undervoltage"),
    "overvoltage": mark("overvoltage"),
    "dark_current": mark("dark current"),
    "retention": mark("memory retention"),
    "accessories": mark("accessories"),
    "contact": mark("contact check"),
    "backup": mark("backup"),
    "plan": mark("plan of the write"),
    "blank_check": mark("blank check"),
    "erase": mark("erase"),
    "program": mark("program"),
    "read_back": mark("read back"),
    "serial_number": mark("serial number in the unit"),
    "scanned_serial": mark("scanned serial number"),
    "model": mark("model"),
    "hardware": mark("hardware revision"),
    "firmware_version": mark("firmware version"),
    "firmware_checksum": mark("firmware checksum"),
    "paired_phones": mark("paired telephones"),
    "supply_voltage": mark("supply voltage"),
    "peak_current": mark("peak current at boot"),
    "boot_time": mark("boot time"),
    "boot_current": mark("boot current"),
    "rail_5v": mark("5 V rail"),
    "rail_3v3": mark("3.3 V rail"),
    "amp_remote_drop": mark("amplifier remote below B+"),
    "speaker_offset": mark("speaker line offset"),
    "undervoltage_rail_5v": mark("5 V rail at 9 V"),
    "is_running_after_undervoltage": mark("runs on after undervoltage"),
    "overvoltage_rail_5v": mark("5 V rail at 16 V"),
    "is_running_after_overvoltage": mark("runs on after overvoltage"),
    "is_memory_kept": mark("memory kept"),
    "harness": mark("power harness"),
    "frame": mark("mounting frame"),
    "remote": mark("remote control"),
    "manual": mark("manual"),
    "packing": mark("packing"),
}
"""What stations call steps, measurements and accessories, until their plans come with their own words."""

GATES = {
    "calibration": mark("calibration"),
    "hold": mark("not held"),
    "released_plan": mark("plan released"),
    "routing": mark("ready for its test"),
    "retest": mark("attempts left"),
    "selftest": mark("self-test"),
    "golden_unit": mark("golden unit"),
}
"""What a station asks before a run (station/gates)."""

GATE_OUTCOMES = {
    "passed": mark("passed"),
    "unknown": mark("could not be said"),
    "waived": mark("waived, a debug run judges nothing"),
}

TABLES = {
    "verdict": VERDICTS,
    "verdict_meaning": VERDICT_MEANINGS,
    "burn_meaning": BURN_MEANINGS,
    "purpose": PURPOSES,
    "burn_kind": BURN_KINDS,
    "proof": PROOFS,
    "region": REGION_PURPOSES,
    "failure": FAILURE_KINDS,
    "gate": GATES,
    "gate_outcome": GATE_OUTCOMES,
    "role": ROLES,
    "action": ACTIONS,
    "event": EVENTS,
    "field": FIELDS,
    "filter": FILTERS,
    "letter_kind": LETTER_KINDS,
    "rule": RULES,
    "set_aside": SET_ASIDE,
    "term": TERMS,
    **DESK_TABLES,
    **INTERCEPTION_TABLES,
    **LEDGER_TABLES,
    **MASTERS_TABLES,
    **ORDER_TABLES,
    **PARTS_TABLES,
    **PEOPLE_TABLES,
    **CASE_TABLES,
    **REPAIR_TABLES,
    **REPORT_TABLES,
    **SERVICE_TABLES,
}


def word_of(table: str, code: str) -> str:
    """The msgid of a code; one that the table does not know reads as written, with spaces for underscores."""
    return TABLES[table].get(code) or code.replace("_", " ")

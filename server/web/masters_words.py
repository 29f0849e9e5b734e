"""The trade's words for products, parties, waybills and freight, and the sentences for what stands in the way."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


PARTY_KINDS = {
    "customer": mark("customer"),
    "agent": mark("agent"),
    "dealer_4s": mark("4S dealer"),
    "courier": mark("courier"),
    "supplier": mark("supplier"),
    "service_station": mark("service station"),
}
DIRECTIONS = {
    "in": mark("incoming"),
    "out": mark("outgoing"),
}
WAYBILL_STATUSES = {
    "announced": mark("announced"),
    "packing": mark("being packed"),
    "in_transit": mark("in transit"),
    "arrived": mark("arrived"),
    "checked": mark("checked"),
    "handed_over": mark("handed over"),
    "signed": mark("signed for"),
}
DIFFERENCE_KINDS = {
    "hardware_revision": mark("Hardware revision"),
    "region": mark("Region"),
    "options": mark("Options"),
    "firmware": mark("Firmware"),
    "accessory": mark("Accessory"),
}
BILL_CLASSES = {
    "agrees": mark("agrees"),
    "unpriced": mark("ours, freight not entered"),
    "other_price": mark("other price"),
    "other_weight": mark("other weight"),
    "double": mark("billed twice"),
    "not_ours": mark("not ours"),
}
BILL_DECISIONS = {
    "accept": mark("accept"),
    "claim": mark("claim back"),
}
LINE_PROBLEMS = {
    "number": mark("no waybill number"),
    "direction": mark("unknown direction"),
    "weight": mark("no weight"),
    "price": mark("no amount"),
    "total": mark("the total is not the sum of the lines above"),
}
CLAIM_TITLES = (
    mark("Waybill number"),
    mark("Direction"),
    mark("Day"),
    mark("Billed"),
    mark("Our freight"),
    mark("Claimed"),
    mark("Currency"),
    mark("Class"),
    mark("Note"),
)
REFUSALS = {
    "already": mark("Nothing was changed: it is so already, or somebody else changed it meanwhile. Look at it again."),
    "gone": mark("Nothing was changed: it is not there any more."),
    "same_person": mark("Another person has to do this: nobody approves what is their own."),
    "too_large": mark("The file is too large."),
    "note": mark("The note is too long or has characters that cannot be printed."),
    "product": mark("The product's name is missing, too long, or has one of / ? # % \\."),
    "family": mark("The family is missing or too long."),
    "pattern": mark("The pattern is no regular expression."),
    "hardware_revision": mark("The hardware revision is missing or too long."),
    "region": mark("The region is too long."),
    "options": mark("The options are too long."),
    "memory": mark("A line of firmware has no memory."),
    "firmware_version": mark("A line of firmware has no version."),
    "checksum": mark("A checksum is too long or has characters that cannot be printed."),
    "image_sha256": mark("An image's digest has 64 digits of 0-9 and a-f."),
    "firmware_twice": mark("A memory is listed twice."),
    "accessory_code": mark("An accessory's code has lower-case letters, digits and underscores, as stations name it."),
    "accessory_zh": mark("An accessory has no Chinese name."),
    "accessory_en": mark("An accessory has no English name."),
    "accessory_twice": mark("An accessory is listed twice."),
    "quantity": mark("A quantity is 1 to 99."),
    "configuration": mark("There are too many lines."),
    "kind": mark("The kind is none of the list."),
    "party_name": mark("The name is missing or too long."),
    "contact_name": mark("The contact's name is missing or too long."),
    "phone": mark("A telephone number has digits, + - ( ) and spaces; without one there is an address."),
    "address": mark("The address is too long."),
    "file": mark("The file cannot be read: choose a CSV file in UTF-8 or GB 18030, or XLSX where that is offered."),
    "header": mark("The first row names the columns; kind (类型) and name (名称) must be among them."),
    "rows": mark("The file has no rows, or too many."),
    "on_record": mark("is on record already"),
    "twice": mark("stands in the file twice"),
    "waybill.courier": mark("The courier is missing or too long."),
    "waybill.number": mark("The waybill number is missing or too long."),
    "source": mark("Say who sent it or who gets it."),
    "direction": mark("Say whether the parcel comes or goes."),
    "party": mark("No party has this name. Add it first, or leave the field empty."),
    "expected_units": mark("The number of units is 1 to 500."),
    "weight": mark("A weight is in kg, such as 1.25."),
    "freight": mark("Freight is an amount such as 12.50."),
    "currency": mark("The currency is none of the list."),
    "moment": mark("A status begins after the one before it and not in the future."),
    "units": mark("The parcel is empty: scan its units first."),
    "photo": mark("The file is no JPEG, PNG or WebP picture."),
    "serial": mark("This cannot be a serial number."),
    "gate": mark("A unit may not leave yet: the list below says why."),
    "is_unit_held": mark("The unit is held. It must not leave before somebody releases it."),
    "is_unit_unknown": mark("The unit has no open return case and is not in stock: it cannot leave."),
    "is_unit_elsewhere": mark("The unit is in another parcel that has not left."),
    "is_unit_back": mark("A unit has come back since it was packed. Take it out."),
    "is_parcel_full": mark("The parcel is full."),
    "is_parcel_left": mark("The parcel has left: nothing is put in or taken out any more."),
    "decision": mark("Say what is decided."),
    "amount": mark("The amount to claim is more than nothing and not more than the line's."),
    "month": mark("A month is written 2026-11."),
    "courier": mark("The courier is missing or too long."),
    "columns": mark("The first row names the columns; number (运单号) and amount (费用) must be among them."),
    "unreadable": mark("Lines cannot be read: mend the file and try it again."),
    "is_freight_open": mark("Lines wait for a decision: the month cannot be closed."),
    "is_freight_closed": mark("This month is closed."),
}

MASTERS_TABLES = {
    "party_kind": PARTY_KINDS,
    "direction": DIRECTIONS,
    "waybill_status": WAYBILL_STATUSES,
    "difference": DIFFERENCE_KINDS,
    "bill_class": BILL_CLASSES,
    "bill_decision": BILL_DECISIONS,
    "line_problem": LINE_PROBLEMS,
    "masters_refusal": REFUSALS,
}

"""The trade's words for parts, places and movements, and the sentences for what stands in the way."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


PART_KINDS = {
    "component": mark("component"),
    "ic": mark("blank IC"),
    "module": mark("module or board"),
    "accessory": mark("accessory"),
    "consumable": mark("consumable"),
}
PLACE_KINDS = {
    "store": mark("store"),
    "cabinet": mark("cabinet of valuable parts"),
    "bench": mark("technician's bench"),
    "burning": mark("ICs being burned"),
    "supplier": mark("supplier"),
    "scrap": mark("scrap"),
    "case": mark("returned unit"),
    "customer": mark("customer"),
    "burned": mark("burned ICs"),
    "difference": mark("count difference"),
}
MOVEMENTS = {
    "receive": mark("goods received"),
    "requisition": mark("requisition"),
    "issue": mark("issue"),
    "return": mark("return of parts"),
    "scrap": mark("scrapping"),
    "count": mark("stock count"),
    "kit": mark("kit for a case"),
    "burn": mark("burn order"),
    "move": mark("move"),
    "reversal": mark("taken back"),
}
HANDS = {
    "receive": mark("Receive goods"),
    "issue": mark("Issue parts"),
    "return": mark("Take parts back"),
    "move": mark("Move parts"),
}
REQUEST_STATES = {
    "open": mark("open"),
    "requested": mark("waits for approval"),
    "approved": mark("to be handed out"),
    "refused": mark("refused"),
    "done": mark("done"),
    "cancelled": mark("cancelled"),
}
MOVEMENT_REASONS = {
    "damaged": mark("damaged"),
    "defective": mark("defective as delivered"),
    "expired": mark("expired"),
    "lost": mark("lost"),
    "opening": mark("opening stock"),
    "miscounted": mark("counted wrong before"),
    "unrecorded": mark("moved without a record"),
    "other": mark("another reason"),
    "taken": mark("taken"),
    "good": mark("good"),
    "scrapped": mark("scrapped"),
    "returned": mark("returned unburned"),
}
IMPORTS = {
    "add": mark("new"),
    "change": mark("changed"),
    "same": mark("as on record"),
    "refused": mark("refused"),
}
SHOWN = {
    "below": mark("below the minimum"),
    "valuable": mark("valuable parts"),
    "retired": mark("out of use"),
}
REFUSALS = {
    "lines": mark("A line cannot be used: the part is not on record, or its quantity is none."),
    "in_case": mark("Fewer of it went into the return case."),
    "source": mark("Parts do not come from this place in this way."),
    "target": mark("Parts do not go to this place in this way."),
    "case_no": mark("The number of the return case is missing."),
    "place": mark("Choose a store or a cabinet."),
    "person": mark("The name is too long, or has characters that cannot be printed."),
    "document": mark("The document's number is too long, or has characters that cannot be printed."),
    "note": mark("The note is missing, too long, or has characters that cannot be printed."),
    "reason": mark("Say why."),
    "quantity": mark("The quantity cannot be used."),
    "kind": mark("Choose a kind."),
    "number": mark("A part's number is one word of up to 64 characters."),
    "code": mark("A place's code is one word of up to 64 characters."),
    "name_zh": mark("The name is missing or too long."),
    "name_en": mark("The name is missing or too long."),
    "unit": mark("The unit in which it is counted is missing or too long."),
    "type": mark("Only a blank IC has a type that burn orders name."),
    "minimum": mark("The minimum is a whole number."),
    "supplier": mark("The supplier is too long, or has characters that cannot be printed."),
    "custodian": mark("The name is too long, or has characters that cannot be printed."),
    "stock": mark("The opening stock is a whole number."),
    "file": mark("This is no CSV file with the columns that are needed."),
    "command": mark("The page is not whole: load it again."),
    "already": mark("Nothing was changed: it is on record already, or was changed in the meantime. Look again."),
    "gone": mark("Nothing was changed: it is not there any more."),
    "same_person": mark("Another person has to do this, or your role does not include it."),
    "is_short": mark("Nothing was moved: there are fewer than that."),
    "is_valuable": mark("Nothing was moved: a valuable part needs a request that another person approves."),
    "is_retired": mark("Nothing was moved: the part is out of use."),
    "is_in_stock": mark("Nothing was changed: there is stock of it."),
    "is_burn": mark("Nothing was changed: correct the accounts of the burn order."),
    "is_reversal": mark("Nothing was changed: make the movement again."),
    "is_request_requested": mark("Nothing was changed: the request is not approved yet."),
    "is_request_approved": mark("Nothing was changed: the request is approved already."),
    "is_request_refused": mark("Nothing was changed: the request was refused."),
    "is_request_done": mark("Nothing was changed: the request is done."),
    "is_request_cancelled": mark("Nothing was changed: the request is cancelled."),
}
COLUMNS = {
    "day": mark("Day"),
    "movement": mark("Movement"),
    "number": mark("Part number"),
    "name": mark("Part name"),
    "kind": mark("Kind"),
    "unit": mark("Counted in"),
    "in": mark("In"),
    "out": mark("Out"),
    "balance": mark("Balance"),
    "quantity": mark("Quantity"),
    "from": mark("From place"),
    "to": mark("To place"),
    "document": mark("Document"),
    "case": mark("Return case"),
    "order": mark("Burn order"),
    "person": mark("For whom"),
    "actor": mark("Clerk"),
    "approver": mark("Approved by"),
    "reason": mark("Reason"),
    "note": mark("Note"),
    "in_stock": mark("In stock"),
    "minimum": mark("Minimum"),
    "valuable": mark("Valuable"),
    "supplier": mark("Supplier"),
    "place": mark("Place"),
    "custodian": mark("Kept by"),
    "target": mark("Type of IC"),
    "average": mark("Used a month"),
    "suggested": mark("Suggested purchase"),
}

PARTS_TABLES = {
    "part_kind": PART_KINDS,
    "place_kind": PLACE_KINDS,
    "movement": MOVEMENTS,
    "hand": HANDS,
    "part_request": REQUEST_STATES,
    "movement_reason": MOVEMENT_REASONS,
    "part_import": IMPORTS,
    "parts_shown": SHOWN,
    "parts_refusal": REFUSALS,
    "parts_column": COLUMNS,
}

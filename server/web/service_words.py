"""The trade's words for service requests, and the sentences for what stands in the way."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


SERVICE_TABLES = {
    "service_kind": {
        "repair": mark("repair wanted"),
        "complaint": mark("complaint"),
        "consultation": mark("consultation"),
        "upgrade": mark("navigation upgrade"),
    },
    "service_priority": {"normal": mark("usual"), "urgent": mark("urgent")},
    "service_channel": {
        "telephone": mark("by telephone"),
        "message": mark("by message"),
        "letter": mark("by letter"),
        "visit": mark("at a visit"),
    },
    "service_state": {
        "logged": mark("to be dispatched"),
        "dispatched": mark("dispatched"),
        "working": mark("being handled"),
        "waiting": mark("waiting for the customer"),
        "handled": mark("call-back due"),
        "closed": mark("request closed"),
        "cancelled": mark("request cancelled"),
    },
    "service_move": {
        "log": mark("logged"),
        "dispatch": mark("Dispatch"),
        "take": mark("Take it myself"),
        "wait": mark("Wait for the customer"),
        "resume": mark("Go on"),
        "handle": mark("It is handled"),
        "link": mark("Link the return case"),
        "remark": mark("Only remark"),
        "not_reached": mark("Not reached"),
        "call_back": mark("Customer was called back"),
        "close": mark("Close without a call-back"),
        "reopen": mark("Open again"),
        "cancel": mark("Cancel the request"),
    },
    "service_refusal": {
        "id": mark("Nothing was changed: the page was too old. Send it again."),
        "kind": mark("Nothing was changed: choose what the call is about."),
        "priority": mark("Nothing was changed: choose how urgent it is."),
        "channel": mark("Nothing was changed: choose how it came."),
        "text": mark("Nothing was changed: say what is wanted, in at most 500 characters."),
        "party": mark("Nothing was changed: no such party is on record. Leave it empty, or add the party first."),
        "caller": mark("Nothing was changed: the caller's name is too long."),
        "phone": mark("Nothing was changed: a telephone number has digits, + - ( ) and spaces."),
        "serial": mark("Nothing was changed: this cannot be a serial number."),
        "product": mark("Nothing was changed: the product is too long."),
        "move": mark("Nothing was changed: choose what was done."),
        "note": mark("Nothing was changed: this needs a remark of at most 500 characters."),
        "owner": mark("Nothing was changed: name the account of the person who is to handle it."),
        "case": mark("Nothing was changed: no such return case is on record."),
        "score": mark("Nothing was changed: say how satisfied the customer is, 1 to 5."),
        "already": mark("Nothing was changed: the request was moved meanwhile. Look at it again."),
    },
}

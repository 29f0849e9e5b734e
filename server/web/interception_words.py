"""The trade's words for interception, and the sentences for what stands in the way."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


RULE_STATES = {
    "coming": mark("not in force yet"),
    "in_force": mark("in force"),
    "over": mark("over"),
}
DOES = {
    "hold": mark("hold the unit"),
    "tell": mark("only tell"),
}
OCCASIONS = {
    "receive": mark("when received"),
    "repair": mark("at its repair"),
    "test": mark("at its test"),
    "burn": mark("at a burn"),
    "ship": mark("before it left"),
}
DECISIONS = {
    "cleared": mark("cleared"),
    "reworked": mark("reworked"),
    "scrapped": mark("scrapped"),
}
REFUSALS = {
    "id": mark("Nothing was changed: the page was too old. Send it again."),
    "title": mark("Nothing was changed: the rule needs a name of at most 100 characters."),
    "reason": mark("Nothing was changed: say why, in at most 300 characters."),
    "does": mark("Nothing was changed: choose what happens to a unit."),
    "criteria": mark("Nothing was changed: a rule must ask something of a unit, or it would stop every one."),
    "product": mark("Nothing was changed: the product is too long."),
    "serial": mark("Nothing was changed: this cannot be a serial number."),
    "serial_first": mark("Nothing was changed: the first serial number is missing or cannot be one."),
    "serial_last": mark(
        "Nothing was changed: first and last serial number must have one length, the first not after the last."
    ),
    "image_name": mark("Nothing was changed: a version of an image needs the image's name."),
    "image_version": mark("Nothing was changed: the version is too long."),
    "lot": mark("Nothing was changed: the lot is missing or too long."),
    "supplier": mark("Nothing was changed: the supplier is too long."),
    "made_on": mark("Nothing was changed: this is no day."),
    "made_since": mark("Nothing was changed: this is no day."),
    "made_until": mark("Nothing was changed: the last day of production is no day, or before the first."),
    "received_since": mark("Nothing was changed: this is no day."),
    "received_until": mark("Nothing was changed: the last day of receipt is no day, or before the first."),
    "starts_on": mark("Nothing was changed: this is no day."),
    "ends_at": mark("Nothing was changed: the last day of the rule is no day, or before the first."),
    "kind": mark("Nothing was changed: choose what becomes of the unit."),
    "already": mark("Nothing was changed: it was decided otherwise, or ended, already."),
    "gone": mark("Nothing was changed: the rule neither met nor matches such a unit."),
}
INTERCEPTION_TABLES = {
    "rule_state": RULE_STATES,
    "rule_does": DOES,
    "occasion": OCCASIONS,
    "hit_decision": DECISIONS,
    "interception_refusal": REFUSALS,
}

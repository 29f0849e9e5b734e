"""The trade's words for images, burn orders and serial numbers, and the sentences for what stands in the way."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


IMAGE_STATES = {
    "draft": mark("draft"),
    "tested": mark("tested"),
    "approved": mark("approved"),
    "withdrawn": mark("withdrawn"),
}
IMAGE_FORMATS = {
    "bin": mark("binary"),
    "intel_hex": mark("Intel HEX"),
    "srec": mark("S-record"),
    "elf": mark("ELF"),
    "dfuse": mark("DfuSe"),
}
IMAGE_STATE_MEANINGS = {
    "draft": mark("Nobody has said yet on what it was tried. It cannot be approved or burned by an order."),
    "tested": mark("It was tried, and waits for another person than its uploader to approve it."),
    "approved": mark("Orders may be made for what it is approved for."),
    "withdrawn": mark("It must not be burned any more. Units that carry it are listed below."),
}
ORDER_STATES = {
    "draft": mark("waits for approval"),
    "approved": mark("open"),
    "closed": mark("closed"),
    "cancelled": mark("cancelled"),
}
CUSTODY_EVENTS = {
    "taken": mark("taken"),
    "good": mark("good"),
    "scrapped": mark("scrapped"),
    "returned": mark("returned unburned"),
}
SCRAP_REASONS = {
    "burn_failed": mark("the burn failed"),
    "not_blank": mark("not blank"),
    "wrong_part": mark("wrong part"),
    "damaged": mark("damaged"),
    "lost": mark("lost"),
    "other": mark("another reason"),
}
BURN_OPTIONS = {
    "backup": mark("Backup of what the IC held"),
    "blank_check": mark("Blank check"),
    "proof": mark("Least proof"),
    "erase": mark("What is erased"),
    "lower_clock": mark("Lower clock where the contact is weak"),
    "lifts_protection": mark("Write protection taken away first"),
    "protection": mark("Protection set at the end"),
}
ANSWERS = {
    "yes": mark("yes"),
    "no": mark("no"),
}
ERASE_POLICIES = {
    "as_needed": mark("what differs from the image"),
    "all": mark("every block of the image"),
    "none": mark("nothing: the ICs are new"),
}
NUMBER_STATES = {
    "reserved": mark("reserved"),
    "burned": mark("burned"),
    "verified": mark("verified"),
    "bound": mark("bound"),
    "void": mark("void"),
}
REFUSALS = {
    "file": mark("The file cannot be used: it is empty, damaged, or of no kind that stations read."),
    "version": mark("The version is missing."),
    "sha256": mark("The digest is not that of this file: it is another file, or damaged."),
    "note": mark("The note is missing, too long, or has characters that cannot be printed."),
    "evidence": mark("Say on what it was tried, and with which result."),
    "product": mark("The product is missing."),
    "board_revision": mark("The board revision is too long, or has characters that cannot be printed."),
    "target": mark("The target device is missing."),
    "recipe": mark("The recipe cannot be read."),
    "reason": mark("Say why."),
    "already": mark("Nothing was changed: it is so already."),
    "gone": mark("Nothing was changed: it is not there any more."),
    "same_person": mark("Another person has to do this: nobody approves what is their own."),
    "too_large": mark("The file is too large."),
    "is_draft": mark("Nothing was changed: it was not tested or approved yet."),
    "is_tested": mark("Nothing was changed: it is not approved yet."),
    "is_approved": mark("Nothing was changed: it is approved already."),
    "approval": mark("Choose the image and what it goes into."),
    "kind": mark("Say whether it is for stock or for a unit."),
    "serial": mark("This cannot be a serial number."),
    "quantity": mark("The number of ICs cannot be used: it is missing, too large, or the accounts cannot bear it."),
    "event": mark("Say what changed hands."),
    "how": mark("Nothing was changed."),
    "is_unbalanced": mark("Nothing was changed: ICs are not accounted for yet."),
    "is_order_draft": mark("Nothing was changed: the order is not approved yet."),
    "is_order_approved": mark("Nothing was changed: the order is approved already."),
    "is_order_closed": mark("Nothing was changed: the order is closed."),
    "is_order_cancelled": mark("Nothing was changed: the order is cancelled."),
    "name": mark("The name of the pool is missing or too long."),
    "prefix": mark("The prefix is too long, or has characters that cannot be printed."),
    "base": mark("Digits are decimal or hexadecimal."),
    "digits": mark("Say how many digits are written, 1 to 20."),
    "range": mark("First and last cannot be: they are no numbers, have too many digits, or another pool has them."),
    "is_reserved": mark("Nothing was changed: the number was not burned and verified yet."),
    "is_burned": mark("Nothing was changed: the number was not verified yet."),
    "is_verified": mark("Nothing was changed: the number is verified already."),
    "is_bound": mark("Nothing was changed: the number is bound to a unit."),
    "is_void": mark("Nothing was changed: the number is void."),
    "burn": mark("It still contradicts the order, and does not count."),
    "is_withdrawn": mark("Nothing was changed: the image is withdrawn."),
}

ORDER_TABLES = {
    "image_state": IMAGE_STATES,
    "image_state_meaning": IMAGE_STATE_MEANINGS,
    "image_format": IMAGE_FORMATS,
    "order_state": ORDER_STATES,
    "custody": CUSTODY_EVENTS,
    "scrap_reason": SCRAP_REASONS,
    "number_state": NUMBER_STATES,
    "burn_option": BURN_OPTIONS,
    "answer": ANSWERS,
    "erase": ERASE_POLICIES,
    "refusal": REFUSALS,
}

"""A burn that did not count, because a letter before it was missing or a clock wrong, is judged again by a person."""

from __future__ import annotations

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.burns.flows import prepare_burn
from server.db.pending import PendingRows
from server.errors import BadInput, Contradiction, NotFound
from server.images.burned import BurnedImages
from server.ingest.queries import body_of, letters_of
from server.orders.flows import CORRECT, MAX_NOTE, known_order
from server.orders.order_book import Acceptance, OrderBook
from server.orders.queries import APPROVED, is_counted
from server.orders.stock import follow_stock
from server.wire.burn import BurnLetter
from server.wire.decode import decode_burn
from server.wire.ids import new_id
from server.wire.receipt import Outcome


def accept_burn(connection: sa.Connection, no: str, burn_id: str, reason: str, author: Author) -> None:
    """Count a burn as good if its letter bears that out against the records as they are.

    What its station's chain and clock said against it is left aside; everything else is judged anew, the read-back
    first of all. Raises NotFound, NotInForce, Contradiction where it counts already, and BadInput where it may not.
    """
    author.require(connection, CORRECT)
    order = known_order(connection, no, (APPROVED,))
    letter = _letter(connection, burn_id)
    if letter.order != no:
        raise NotFound(f"no burn {burn_id} of {no}")
    if is_counted(connection, no, burn_id):
        raise Contradiction("the burn counts already")
    why = typed(reason, "reason", MAX_NOTE)
    images = BurnedImages(connection, [letter])
    book = OrderBook(connection, [letter], [], images, Acceptance(new_id(author.at), author.name, why))
    found = [*prepare_burn(letter).findings, *images.findings(letter), *book.burn_findings(letter)]
    if found or letter.result != "PASS":
        raise BadInput(found[0].detail if found else f"it ended as {letter.result}", "burn")
    pending = PendingRows()
    book.keep_burn(pending, letter, True, author.at)
    pending.insert(connection)
    follow_stock(connection, order, book.order_of(letter), author)
    note(connection, author.at, author.actor, "burn.accept", burn_id, f"{no}: {why}")


def _letter(connection: sa.Connection, burn_id: str) -> BurnLetter:
    stored = next((row for row in letters_of(connection, burn_id) if row.outcome == Outcome.STORED), None)
    body = body_of(connection, stored.id, stored.sha256) if stored and stored.kind == "burn" else None
    if body is None:
        raise NotFound(f"no burn {burn_id}")
    return decode_burn(body, burn_id)

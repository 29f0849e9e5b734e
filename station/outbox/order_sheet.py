"""A burn order (烧录委托单) as the server tells it; the document is fixtures/wire/v1/burn-order.schema.json."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from station.model.errors import ServerError
from station.model.run_record import UnitRef
from station.model.serialisation import Serialisation

UNREADABLE_ZH = "本机看不懂服务器的委托单：请更新工位软件，或联系管理员"
Format = Literal["bin", "intel_hex", "srec", "elf", "dfuse"]


class SheetImage(msgspec.Struct, frozen=True):
    """The file: ``sha256`` is over its bytes, ``content_sha256`` over what it puts into a chip, empty if unknown."""

    sha256: str
    content_sha256: str
    name: str
    version: str
    format: Format
    size_bytes: int
    state: str


class KeptStretch(msgspec.Struct, frozen=True):
    """``length`` bytes from ``address`` on that the chip keeps; ``name`` says what they hold."""

    address: int
    length: int
    name: str


class SheetOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it is burned; a member that this station does not know is a demand that it cannot meet.

    ``proof`` is the least that will do; ``erase``: what differs, every block of the image, or nothing because the ICs
    are new. ``lower_clock``: whether a contact that is steady at a lower clock will do. ``protection`` is set last.
    """

    backup: bool = True
    blank_check: bool = True
    proof: Literal["readback_final", "readback_interleaved"] = "readback_final"
    erase: Literal["as_needed", "all", "none"] = "as_needed"
    lower_clock: bool = True
    lifts_protection: bool = False
    protection: str = ""


class Heard(msgspec.Struct, frozen=True):
    """The letters ``first`` to ``last`` of a chain: those about the order are in its accounts."""

    chain_id: str
    first: int
    last: int


class OrderSheet(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be burned into which IC, for whom, and how far it had come when the server wrote this.

    ``heard`` says which letters the accounts are made of; None where the server is too old to say.
    """

    schema: str
    no: str
    state: str
    kind: Literal["stock", "unit"]
    unit: UnitRef | None
    image: SheetImage
    target: str
    product: str
    board_revision: str
    quantity: int
    taken: int
    good: int
    scrapped: int
    returned: int
    requested_by: str
    approved_by: str | None
    approved_at: datetime | None
    issued_at: datetime
    expires_at: datetime
    note: str = ""
    base_address: int = 0
    keeps_holes: bool = False
    serialisation: Serialisation | None = None
    preserve: tuple[KeptStretch, ...] = ()
    options: SheetOptions = SheetOptions()
    heard: tuple[Heard, ...] | None = None


class ToldOrder(msgspec.Struct, frozen=True):
    """An order with the letters that its accounts are made of, as far as this station can know.

    ``problem`` is empty where the server was asked just now, else it says why it could not be.
    """

    sheet: OrderSheet
    heard: tuple[Heard, ...] = ()
    problem: str = ""


def read_sheet(body: bytes) -> OrderSheet:
    """The order in ``body``; raises ServerError for one that this station cannot be sure of."""
    try:
        sheet = msgspec.json.decode(body, type=OrderSheet)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ServerError(f"the server's burn order cannot be read: {error}", UNREADABLE_ZH) from None
    if sheet.schema != "fanji/burn-order/1":
        problem = f"the server's burn order is {sheet.schema!r}, this station reads fanji/burn-order/1"
        raise ServerError(problem, UNREADABLE_ZH)
    if sheet.expires_at.tzinfo is None or sheet.issued_at.tzinfo is None:
        raise ServerError("the server's burn order has a time without a zone", UNREADABLE_ZH)
    if (sheet.kind == "unit") != (sheet.unit is not None):
        raise ServerError(f"the server's burn order is for a {sheet.kind}, and its unit is {sheet.unit}", UNREADABLE_ZH)
    return sheet

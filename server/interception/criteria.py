"""What a rule asks of a unit: as it was typed, checked, and the digest of a rule with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from server.admin.author import typed
from server.errors import BadInput, LetterError
from server.wire.ids import canonical_serial

MAX_PRODUCT, MAX_IMAGE, MAX_VERSION, MAX_LOT, MAX_SUPPLIER = 100, 200, 80, 60, 200


@dataclass(frozen=True, slots=True)
class Criteria:
    """All that is given must be so of a unit; what is empty is not asked.

    ``lot``, ``supplier`` and the days on which a unit was made, both included, are those of the lot that its serial
    number is in. It was received from ``received_since`` up to, but not including, ``received_until``.
    """

    product: str = ""
    serial_first: str = ""
    serial_last: str = ""
    image_name: str = ""
    image_version: str = ""
    lot: str = ""
    supplier: str = ""
    made_since: date | None = None
    made_until: date | None = None
    received_since: datetime | None = None
    received_until: datetime | None = None

    @property
    def asks_of_lot(self) -> bool:
        return bool(self.lot or self.supplier or self.made_since or self.made_until)

    def may_match(self, serial: str, product: str) -> bool:
        """False where product or serial number say already that the unit is none of these: the database is not asked.

        Serial numbers are compared by code point, as the database does.
        """
        is_of_product = not self.product or product == self.product
        is_in_range = not self.serial_first or (
            self.serial_first <= serial <= self.serial_last and len(serial) == len(self.serial_first)
        )
        return is_of_product and is_in_range


def checked(asked: Criteria) -> Criteria:
    """The criteria as they are compared; raises BadInput that names the field, ``criteria`` where nothing is asked."""
    first, last = serial_range(asked.serial_first, asked.serial_last)
    made = Criteria(
        product=typed(asked.product, "product", MAX_PRODUCT, may_be_empty=True),
        serial_first=first,
        serial_last=last,
        image_name=typed(asked.image_name, "image_name", MAX_IMAGE, may_be_empty=True),
        image_version=typed(asked.image_version, "image_version", MAX_VERSION, may_be_empty=True),
        lot=typed(asked.lot, "lot", MAX_LOT, may_be_empty=True),
        supplier=typed(asked.supplier, "supplier", MAX_SUPPLIER, may_be_empty=True),
        made_since=asked.made_since,
        made_until=asked.made_until,
        received_since=asked.received_since and asked.received_since.astimezone(UTC),
        received_until=asked.received_until and asked.received_until.astimezone(UTC),
    )
    if made.image_version and not made.image_name:
        raise BadInput("is named beside a version", "image_name")
    if made.made_since and made.made_until and made.made_since > made.made_until:
        raise BadInput("the last day is not before the first", "made_until")
    if made.received_since and made.received_until and made.received_since >= made.received_until:
        raise BadInput("the last day is not before the first", "received_until")
    if made == Criteria():
        raise BadInput("a rule asks something of a unit", "criteria")
    return made


def serial_range(first: str, last: str) -> tuple[str, str]:
    """Two serial numbers of one length as they are compared, or two empty texts; one alone is the range of itself."""
    low = _serial(first or last, "serial_first")
    high = _serial(last or first, "serial_last")
    if len(low) != len(high) or low > high:
        raise BadInput("first and last are of one length, the first not after the last", "serial_last")
    return low, high


def _serial(text: str, field: str) -> str:
    if not text.strip():
        return ""
    try:
        return canonical_serial(text)
    except LetterError as error:
        raise BadInput(f"{text[:80]!r} {error.problem}", field) from None

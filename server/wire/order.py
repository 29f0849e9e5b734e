"""A burn order as stations get it; the document is fixtures/wire/v1/burn-order.schema.json."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from server.wire.fields import Count, Name, Ordinal
from server.wire.parts import UnitRef

ORDER_NO = "^BO-[0-9]{4}-[0-9]{6}$"
_SETTING = "[A-Z][A-Z0-9]*=(0x[0-9A-F]+|[0-9]+)"
PROTECTION = f"^({_SETTING}(,{_SETTING})*)?$"
FieldKind = Literal["ascii", "bcd", "uint_le", "uint_be", "mac"]
Algorithm = Literal[
    "sum8",
    "sum16",
    "sum32",
    "xor8",
    "crc16_ibm_3740",
    "crc16_arc",
    "crc16_xmodem",
    "crc32_iso_hdlc",
    "crc32_mpeg_2",
]
PoolName = Annotated[str, Meta(min_length=1, max_length=60)]


class SerialField(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a leased number goes; ``pad`` fills an ascii field behind it."""

    name: Name
    kind: FieldKind
    address: Count
    length: Ordinal
    pool: PoolName
    pad: Annotated[int, Meta(ge=0, le=255)] = 0


class Stretch(Struct, frozen=True, forbid_unknown_fields=True):
    """``length`` bytes from ``address``."""

    address: Count
    length: Ordinal


class Checksum(Struct, frozen=True, forbid_unknown_fields=True):
    """What is computed again after the numbers are in, and where it goes."""

    algorithm: Algorithm
    address: Count
    byte_order: Literal["little", "big"]
    over: Annotated[tuple[Stretch, ...], Meta(min_length=1, max_length=20)]


class Serialisation(Struct, frozen=True, forbid_unknown_fields=True):
    """The numbers of each IC of an order, as data."""

    fields: Annotated[tuple[SerialField, ...], Meta(min_length=1, max_length=20)]
    checksums: Annotated[tuple[Checksum, ...], Meta(max_length=20)]


class PreservedStretch(Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of the chip that keeps what it has."""

    address: Count
    length: Ordinal
    name: Name


class BurnOptions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How it is burned, and what proves it; see burn-order.schema.json for what is missing."""

    backup: bool | UnsetType = UNSET
    blank_check: bool | UnsetType = UNSET
    proof: Literal["readback_final", "readback_interleaved"] | UnsetType = UNSET
    erase: Literal["as_needed", "all", "none"] | UnsetType = UNSET
    lower_clock: bool | UnsetType = UNSET
    lifts_protection: bool | UnsetType = UNSET
    protection: Annotated[str, Meta(max_length=200, pattern=PROTECTION)] | UnsetType = UNSET


class OrderImage(Struct, frozen=True):
    """The file of an order; ``content_sha256`` is empty where the server does not know what it puts into a chip."""

    sha256: str
    content_sha256: str
    name: str
    version: str
    format: Literal["bin", "intel_hex", "srec", "elf", "dfuse"]
    size_bytes: int
    state: Literal["draft", "tested", "approved", "withdrawn"]


class Heard(Struct, frozen=True):
    """The letters ``first`` to ``last`` of a chain, all of which are on record."""

    chain_id: str
    first: int
    last: int


class OrderDocument(Struct, frozen=True, kw_only=True):
    """What is to be burned, and how far it has come; ``heard`` says by which letters."""

    schema: Literal["fanji/burn-order/1"] = "fanji/burn-order/1"
    no: str
    state: Literal["draft", "approved", "closed", "cancelled"]
    kind: Literal["stock", "unit"]
    unit: UnitRef | None
    image: OrderImage
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
    approved_at: str | None
    issued_at: str
    expires_at: str
    note: str | UnsetType = UNSET
    base_address: int | UnsetType = UNSET
    keeps_holes: bool | UnsetType = UNSET
    serialisation: Serialisation | UnsetType = UNSET
    preserve: tuple[PreservedStretch, ...] | UnsetType = UNSET
    options: BurnOptions | UnsetType = UNSET
    heard: tuple[Heard, ...] | UnsetType = UNSET

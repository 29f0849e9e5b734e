"""What a unit of a product has in it and with it when it is shipped."""

from __future__ import annotations

import hashlib
import re

import msgspec

from server.admin.author import typed
from server.errors import BadInput

MAX_ROWS = 60
MAX_QUANTITY = 99
SHA256 = re.compile("[0-9a-f]{64}")
CODE = re.compile("[a-z0-9][a-z0-9_]{0,39}")


class Firmware(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The release of one memory; ``checksum`` as the unit reports it and ``image_sha256`` of the file may be empty."""

    memory: str
    version: str
    checksum: str = ""
    image_sha256: str = ""


class AccessoryItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the accessory list; ``code`` is what stations call it. Packing material is an item like any other."""

    code: str
    zh: str
    en: str
    quantity: int = 1
    is_required: bool = True
    is_packing: bool = False


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shipping configuration."""

    hardware_revision: str
    region: str
    options: str
    firmware: tuple[Firmware, ...] = ()
    accessories: tuple[AccessoryItem, ...] = ()


def checked(asked: Configuration) -> Configuration:
    """``asked`` with its texts trimmed; raises BadInput that names what cannot be used."""
    if len(asked.firmware) > MAX_ROWS or len(asked.accessories) > MAX_ROWS:
        raise BadInput(f"has at most {MAX_ROWS} lines", "configuration")
    made = Configuration(
        typed(asked.hardware_revision, "hardware_revision", 40),
        typed(asked.region, "region", 80, may_be_empty=True),
        typed(asked.options, "options", 200, may_be_empty=True),
        tuple(_firmware(row) for row in asked.firmware),
        tuple(_accessory(row) for row in asked.accessories),
    )
    for field, names in (
        ("firmware", [row.memory for row in made.firmware]),
        ("accessory", [row.code for row in made.accessories]),
    ):
        if len(set(names)) != len(names):
            raise BadInput("is listed twice", f"{field}_twice")
    return made


def written(configuration: Configuration) -> str:
    """The configuration as it is kept."""
    return msgspec.json.encode(configuration).decode()


def read(content: str) -> Configuration:
    """The configuration that was kept as ``content``."""
    return msgspec.json.decode(content, type=Configuration)


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _firmware(row: Firmware) -> Firmware:
    image = row.image_sha256.strip().lower()
    if image and not SHA256.fullmatch(image):
        raise BadInput("is no sha256 in full", "image_sha256")
    return Firmware(
        typed(row.memory, "memory", 60),
        typed(row.version, "firmware_version", 80),
        typed(row.checksum, "checksum", 80, may_be_empty=True),
        image,
    )


def _accessory(row: AccessoryItem) -> AccessoryItem:
    code = row.code.strip()
    if not CODE.fullmatch(code):
        raise BadInput("has lower-case letters, digits and underscores, at most 40", "accessory_code")
    if not 1 <= row.quantity <= MAX_QUANTITY:
        raise BadInput(f"is 1 to {MAX_QUANTITY}", "quantity")
    zh, en = typed(row.zh, "accessory_zh", 80), typed(row.en, "accessory_en", 80)
    return AccessoryItem(code, zh, en, row.quantity, row.is_required, row.is_packing)

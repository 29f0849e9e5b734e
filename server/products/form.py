"""The form of a shipping configuration: as typed, as it is kept, and what one version changed of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, Field

from server.errors import BadInput
from server.products.content import MAX_ROWS, AccessoryItem, Configuration, Firmware

SPARE_ROWS = 3
YES = "yes"
PACKING = "packing"
Cells = list[str]


class ConfigurationForm(BaseModel):
    """The fields as they came, a list for each column; nothing is refused here, so that nothing typed is lost."""

    base: int = Field(default=0, ge=0, le=10**6)
    hardware_revision: str = Field(default="", max_length=500)
    region: str = Field(default="", max_length=500)
    options: str = Field(default="", max_length=500)
    note: str = Field(default="", max_length=1000)
    memory: Cells = Field(default=[], max_length=2 * MAX_ROWS)
    firmware_version: Cells = Field(default=[], max_length=2 * MAX_ROWS)
    checksum: Cells = Field(default=[], max_length=2 * MAX_ROWS)
    image_sha256: Cells = Field(default=[], max_length=2 * MAX_ROWS)
    code: Cells = Field(default=[], max_length=2 * MAX_ROWS)
    zh: Cells = Field(default=[], max_length=2 * MAX_ROWS)
    en: Cells = Field(default=[], max_length=2 * MAX_ROWS)
    quantity: Cells = Field(default=[], max_length=2 * MAX_ROWS)
    required: Cells = Field(default=[], max_length=2 * MAX_ROWS)
    purpose: Cells = Field(default=[], max_length=2 * MAX_ROWS)

    def firmware_rows(self, spare: int = 0) -> list[tuple[str, ...]]:
        """Memory, version, checksum, image of each line that says something, and ``spare`` empty ones."""
        return _rows((self.memory, self.firmware_version, self.checksum, self.image_sha256), 4) + [("",) * 4] * spare

    def accessory_rows(self, spare: int = 0) -> list[tuple[str, ...]]:
        """Code, Chinese, English, quantity, required, purpose of each line that says something."""
        columns = (self.code, self.zh, self.en, self.quantity, self.required, self.purpose)
        return _rows(columns, 3) + [("", "", "", "1", YES, "")] * spare

    def as_configuration(self) -> Configuration:
        """What was typed; raises BadInput for a quantity that is no number."""
        firmware = tuple(Firmware(*row) for row in self.firmware_rows())
        accessories = tuple(
            AccessoryItem(code, zh, en, _number(quantity), required == YES, purpose == PACKING)
            for code, zh, en, quantity, required, purpose in self.accessory_rows()
        )
        return Configuration(self.hardware_revision, self.region, self.options, firmware, accessories)


def form_of(configuration: Configuration, base: int) -> ConfigurationForm:
    """The form filled in with a version, to write the next one from it."""
    firmware, items = configuration.firmware, configuration.accessories
    return ConfigurationForm(
        base=base,
        hardware_revision=configuration.hardware_revision,
        region=configuration.region,
        options=configuration.options,
        memory=[row.memory for row in firmware],
        firmware_version=[row.version for row in firmware],
        checksum=[row.checksum for row in firmware],
        image_sha256=[row.image_sha256 for row in firmware],
        code=[row.code for row in items],
        zh=[row.zh for row in items],
        en=[row.en for row in items],
        quantity=[str(row.quantity) for row in items],
        required=[YES if row.is_required else "" for row in items],
        purpose=[PACKING if row.is_packing else "" for row in items],
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """``subject`` went from ``before`` to ``after``; empty where it was not there."""

    kind: str
    subject: str
    before: str
    after: str


def differences(before: Configuration, after: Configuration) -> Iterator[Difference]:
    """What a version changed of the one before it."""
    for field, old, new in (
        ("hardware_revision", before.hardware_revision, after.hardware_revision),
        ("region", before.region, after.region),
        ("options", before.options, after.options),
    ):
        if old != new:
            yield Difference(field, "", old, new)
    memories = {row.memory: _firmware_text(row) for row in before.firmware}
    yield from _changed("firmware", memories, {row.memory: _firmware_text(row) for row in after.firmware})
    items = {row.code: _item_text(row) for row in before.accessories}
    yield from _changed("accessory", items, {row.code: _item_text(row) for row in after.accessories})


def _changed(kind: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Difference]:
    for subject in dict.fromkeys([*before, *after]):
        if before.get(subject, "") != after.get(subject, ""):
            yield Difference(kind, subject, before.get(subject, ""), after.get(subject, ""))


def _firmware_text(row: Firmware) -> str:
    return " ".join(part for part in (row.version, row.checksum, row.image_sha256[:12]) if part)


def _item_text(row: AccessoryItem) -> str:
    return (
        f"{row.zh} / {row.en} × {row.quantity}{'' if row.is_required else ' ?'}{' (packing)' if row.is_packing else ''}"
    )


def _rows(columns: tuple[Cells, ...], telling: int) -> list[tuple[str, ...]]:
    """The lines whose first ``telling`` cells are not all empty."""
    longest = max(map(len, columns))
    padded = [[cell[:500] for cell in column] + [""] * (longest - len(column)) for column in columns]
    return [row for row in zip(*padded, strict=True) if any(cell.strip() for cell in row[:telling])]


def _number(text: str) -> int:
    if not text.strip().isdecimal() or len(text.strip()) > 4:
        raise BadInput("is a number", "quantity")
    return int(text)

"""The tables ``[label]`` and ``[ic_label]`` of a bench file: who prints, on what, and what stands where."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from station.config.toml_file import TomlFile
from station.config.toml_lines import KeyPath

PLACEHOLDERS = (
    "serial",
    "product",
    "date",
    "time",
    "operator",
    "station",
    "attempt",
    "run",
    "verdict_zh",
    "verdict_en",
)
"""What ``content`` of a run's label may name in braces, besides ``value.NAME`` for a measured value."""
IC_PLACEHOLDERS = (
    "order",
    "image",
    "version",
    "target",
    "serial",
    "unique_id",
    "unit",
    "date",
    "time",
    "operator",
    "station",
    "programmer",
    "burn",
    "verdict_zh",
    "verdict_en",
)
"""Likewise of an IC's label."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_VALUE = re.compile(r"value\.[a-z][a-z0-9_]*")
LARGEST_MM = 300.0
DOTS_PER_MM = (6, 8, 12, 24)
"""152, 203, 300 and 600 dpi, as label printers are made."""


class LabelField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of text or a code; ``font`` is a font the printer holds, which alone can print Chinese."""

    kind: Literal["text", "code128", "data_matrix"]
    content: str
    x_mm: float
    y_mm: float
    height_mm: float = 3.0
    module_mm: float = 0.25
    font: str = ""


class LabelTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table as people write it; ``products`` has the fields of those whose label is another."""

    role: str
    width_mm: float
    height_mm: float
    fields: tuple[LabelField, ...]
    gap_mm: float = 2.0
    dots_per_mm: int = 8
    marginal: Literal["print", "withhold"] = "print"
    products: dict[str, tuple[LabelField, ...]] = {}


class LabelRow(msgspec.Struct, frozen=True):
    """The labels of a bench; ``is_printed_when_marginal`` says whether a PASS that was marginal has one."""

    role: str
    width_mm: float
    height_mm: float
    gap_mm: float
    dots_per_mm: int
    is_printed_when_marginal: bool
    fields: tuple[LabelField, ...]
    products: Mapping[str, tuple[LabelField, ...]]

    def fields_of(self, product: str) -> tuple[LabelField, ...]:
        """What stands on the label of ``product``."""
        return self.products.get(product, self.fields)


def ic_label_row(toml: TomlFile, table: LabelTable | None, roles: Collection[str]) -> LabelRow | None:
    """The row of the label of ICs, as ``label_row``."""
    if table is not None and table.products:
        raise toml.error(("ic_label", "products"), "a burn names no product: an IC's label is the same for all")
    return label_row(toml, table, roles, "ic_label")


def label_row(toml: TomlFile, table: LabelTable | None, roles: Collection[str], key: str = "label") -> LabelRow | None:
    """The row of ``table``; raises ConfigError for the first mistake that shows without knowing the printer."""
    if table is None:
        return None
    if table.role not in roles:
        raise toml.error((key, "role"), f"no role {table.role!r} in this file (there are: {', '.join(roles)})")
    for side, size_mm in (("width_mm", table.width_mm), ("height_mm", table.height_mm)):
        if not 0 < size_mm <= LARGEST_MM:
            raise toml.error((key, side), f"must be above 0 and at most {LARGEST_MM:g} mm")
    if not 0 <= table.gap_mm <= LARGEST_MM:
        raise toml.error((key, "gap_mm"), f"must be 0 to {LARGEST_MM:g} mm")
    if table.dots_per_mm not in DOTS_PER_MM:
        raise toml.error((key, "dots_per_mm"), f"must be one of {', '.join(map(str, DOTS_PER_MM))}")
    _check_fields(toml, table, (key, "fields"), table.fields)
    for product, fields in table.products.items():
        _check_fields(toml, table, (key, "products", product), fields)
    return LabelRow(
        table.role,
        table.width_mm,
        table.height_mm,
        table.gap_mm,
        table.dots_per_mm,
        table.marginal == "print",
        table.fields,
        table.products,
    )


def _check_fields(toml: TomlFile, table: LabelTable, path: KeyPath, fields: tuple[LabelField, ...]) -> None:
    if not fields:
        raise toml.error(path, "an empty label says nothing: name at least one field")
    for index, field in enumerate(fields):
        where = (*path, index)
        if not (0 <= field.x_mm < table.width_mm and 0 <= field.y_mm < table.height_mm):
            raise toml.error(where, f"x_mm {field.x_mm:g}, y_mm {field.y_mm:g} is not on the label")
        for key, size_mm in (("height_mm", field.height_mm), ("module_mm", field.module_mm)):
            if not (math.isfinite(size_mm) and 0 < size_mm <= table.height_mm):
                raise toml.error((*where, key), f"must be above 0 and at most {table.height_mm:g} mm")
        _check_content(toml, where, field, IC_PLACEHOLDERS if path[0] == "ic_label" else PLACEHOLDERS)


def _check_content(toml: TomlFile, where: KeyPath, field: LabelField, placeholders: tuple[str, ...]) -> None:
    if not field.content.strip():
        raise toml.error((*where, "content"), "must not be empty")
    rest = PLACEHOLDER.sub("", field.content)
    if "{" in rest or "}" in rest:
        raise toml.error((*where, "content"), "a brace without its other one")
    for name in PLACEHOLDER.findall(field.content):
        is_value = placeholders is PLACEHOLDERS and _VALUE.fullmatch(name)
        if name not in placeholders and not is_value:
            known = ", ".join((*placeholders, "value.NAME") if placeholders is PLACEHOLDERS else placeholders)
            raise toml.error((*where, "content"), f"{{{name}}} is not known (there are: {known})")
    if field.font and (field.kind != "text" or not re.fullmatch(r"[A-Za-z0-9_:.\-]{1,40}", field.font)):
        raise toml.error((*where, "font"), "is the name of a font that the printer holds, for a text")
    if not field.font and (not rest.isascii() or "{verdict_zh}" in field.content):
        problem = "the printer's built-in font is Latin only: name one of its Chinese fonts with font"
        raise toml.error((*where, "content"), problem)

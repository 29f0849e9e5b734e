"""A setting of a chip's protection, as people write it: BP=7,TB=1."""

from __future__ import annotations

import re
from collections.abc import Iterable

from station.model.errors import OperatorError

Setting = tuple[str, int]
"""A name as the chip's data sheet has it, and its value."""

_SETTING = re.compile(r"([A-Za-z][A-Za-z0-9]*)=(0[xX][0-9A-Fa-f]+|[0-9]+)")


def parse_settings(text: str) -> tuple[Setting, ...]:
    """``BP=7,TB=1`` as settings, their names in upper case; raises OperatorError for what is none."""
    found: dict[str, int] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = _SETTING.fullmatch(part)
        if match is None or match[1].upper() in found:
            raise OperatorError(f"{part!r} is no setting of its own: write BP=7,TB=1 or RDP=1")
        found[match[1].upper()] = int(match[2], 0)
    return tuple(found.items())


def written(settings: Iterable[Setting]) -> str:
    """Settings as people write them."""
    return ",".join(f"{name}=0x{value:02X}" if value > 9 else f"{name}={value}" for name, value in settings)

"""What ships with the unit, for the step that has it ticked."""

from __future__ import annotations

import msgspec

from station.model.roles import ChecklistItem


class ShippingList(msgspec.Struct, frozen=True):
    """The plan's accessories in their order."""

    items: tuple[ChecklistItem, ...]

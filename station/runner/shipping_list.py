"""What ships with the unit, for the step that has it ticked."""

from __future__ import annotations

from dataclasses import dataclass

from station.model.roles import ChecklistItem


@dataclass(frozen=True, slots=True)
class ShippingList:
    """The plan's accessories in their order."""

    items: tuple[ChecklistItem, ...]

"""The figures a step works under, as the plan's file gives them."""

from __future__ import annotations

from collections.abc import Mapping

from station.model.errors import PlanError


class Conditions:
    """The conditions that one step said it uses."""

    def __init__(self, step: str, values: Mapping[str, float]) -> None:
        self._step = step
        self._values = values

    def __getitem__(self, name: str) -> float:
        """The value in the unit the step declared; raises PlanError for one it did not declare."""
        if name not in self._values:
            raise PlanError(f"step {self._step} uses the condition {name} without declaring it")
        return self._values[name]

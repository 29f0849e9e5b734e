"""The order in which steps are played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from station.model.errors import PlanError


def in_order(names: Sequence[str], after: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """``names`` so that each comes later than all it is ``after``; otherwise in the order the author gave.

    Raises PlanError for a name twice, an ``after`` that is no step of the plan, and a circle.
    """
    for position, name in enumerate(names):
        if name in names[:position]:
            raise PlanError(f"step {name} is in the plan twice")
        unknown = [other for other in after.get(name, ()) if other not in names]
        if unknown:
            raise PlanError(f"step {name} comes after {unknown[0]}, which is no step of this plan")
    ordered: list[str] = []
    waiting = list(names)
    while waiting:
        ready = next((name for name in waiting if all(other in ordered for other in after.get(name, ()))), None)
        if ready is None:
            raise PlanError(f"these steps wait for each other: {', '.join(waiting)}")
        ordered.append(ready)
        waiting.remove(ready)
    return tuple(ordered)

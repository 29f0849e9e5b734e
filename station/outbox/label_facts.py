"""What a label may say: of a run that passed, or of an IC that was burned by an order."""

from __future__ import annotations

from datetime import datetime

import msgspec

VALUE = "value."
"""Before the name of a measured value."""
VERDICTS = {"verdict_zh": "合格", "verdict_en": "PASS"}


class LabelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Of a run; ``values`` are the measured ones as text."""

    run_id: str
    serial: str
    product: str
    station_id: str
    operator: str
    finished_at: datetime
    attempt: int
    is_marginal: bool
    values: dict[str, str]

    @property
    def record_id(self) -> str:
        """The run's."""
        return self.run_id

    def said(self, name: str) -> str | None:
        """What stands for ``name`` of a template; None for a value that was not measured."""
        if name.startswith(VALUE):
            return self.values.get(name.removeprefix(VALUE))
        texts = {"serial": self.serial, "product": self.product, "attempt": str(self.attempt), "run": self.run_id}
        return (texts | _usual(self.finished_at, self.operator, self.station_id)).get(name)


class IcLabelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Of an IC; ``numbers`` are those that were put into it, ``unique_id`` is its own, empty where it has none."""

    burn_id: str
    order: str
    image: str
    version: str
    target: str
    numbers: tuple[str, ...]
    unique_id: str
    unit: str
    station_id: str
    operator: str
    programmer: str
    finished_at: datetime
    is_marginal: bool
    product: str = ""

    @property
    def record_id(self) -> str:
        """The burn's."""
        return self.burn_id

    def said(self, name: str) -> str | None:
        """What stands for ``name`` of a template; ``serial`` are its numbers, else its own id, else a dash."""
        texts = {
            "order": self.order,
            "image": self.image,
            "version": self.version,
            "target": self.target,
            "serial": ",".join(self.numbers) or self.unique_id or "-",
            "unique_id": self.unique_id or "-",
            "unit": self.unit or "-",
            "programmer": self.programmer,
            "burn": self.burn_id,
        }
        return (texts | _usual(self.finished_at, self.operator, self.station_id)).get(name)


def _usual(finished_at: datetime, operator: str, station_id: str) -> dict[str, str]:
    """What every label may say, in the station's own time."""
    local = finished_at.astimezone()
    return {
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
        "operator": operator,
        "station": station_id,
        **VERDICTS,
    }

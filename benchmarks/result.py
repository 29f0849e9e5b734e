"""One figure of a benchmark, the table that people read and the file that programs read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Result:
    """``value`` beside ``peer_value`` (the peer or limit named by ``peer``); ``bar`` is the most that is allowed."""

    area: str
    name: str
    value: float
    unit: str
    bar: float | None
    peer: str = ""
    peer_value: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if not self.peer_value else self.value / self.peer_value

    @property
    def holds(self) -> bool:
        return self.bar is None or self.value <= self.bar


def write(results: Sequence[Result], file: Path) -> None:
    """Write every figure with its ratio and whether its bar holds."""
    rows = [{**asdict(result), "ratio": result.ratio, "holds": result.holds} for result in results]
    file.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def show(results: Sequence[Result]) -> None:
    """Print the table."""
    table = Table(title="medians; ratio = ours / peer's")
    for column in ("area", "figure", "value", "unit", "bar", "holds", "peer or limit", "its value", "ratio"):
        table.add_column(column, justify="right" if column in ("value", "bar", "its value", "ratio") else "left")
    for result in results:
        table.add_row(
            result.area,
            result.name,
            f"{result.value:.3g}",
            result.unit,
            "" if result.bar is None else f"{result.bar:.3g}",
            "yes" if result.holds else "NO",
            result.peer,
            "" if result.peer_value is None else f"{result.peer_value:.3g}",
            "" if result.ratio is None else f"{result.ratio:.2f}",
        )
    Console(width=150).print(table)

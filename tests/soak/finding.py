"""One line of a soak's report: what was tried how often, how much of it went wrong, and the table that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Finding:
    """``wrong`` must be 0 and at least ``least_right`` right, for what never answers is never wrong.

    ``note`` says what else was counted.
    """

    area: str
    name: str
    tried: int
    wrong: int
    seconds: float
    note: str = ""
    right: int = 0
    least_right: int = 0

    @property
    def holds(self) -> bool:
        return self.tried > 0 and self.wrong == 0 and self.right >= self.least_right


def show(findings: Sequence[Finding]) -> None:
    """Print the table."""
    table = Table(title="soak: nothing may be wrong")
    for column in ("area", "what", "tried", "wrong", "s", "holds", "note"):
        table.add_column(column, justify="right" if column in ("tried", "wrong", "s") else "left")
    for found in findings:
        holds = "yes" if found.holds else "NO"
        row = (found.area, found.name, str(found.tried), str(found.wrong), f"{found.seconds:.1f}", holds, found.note)
        table.add_row(*row)
    Console(width=150).print(table)

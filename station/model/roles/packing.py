"""What stands at the end of the bench: scanner, label printer, scale."""

from __future__ import annotations

from typing import Protocol

import msgspec

from station.model.label import Label
from station.model.reading import Reading, TextReading


class Scanner(Protocol):
    """A barcode scanner that sends each code as a line."""

    def wait_scan(self, longest_s: float) -> TextReading:
        """The next code scanned after this call; raises OperatorError where none came in time."""
        ...


class PrinterState(msgspec.Struct, frozen=True):
    """``problem`` is empty where the printer can print: paper out, head open, ribbon out, paused."""

    problem: str
    waiting_labels: int


class LabelPrinter(Protocol):
    """A label printer that can tell its state; it speaks a language of its own."""

    def read_state(self) -> PrinterState:
        """Raises LinkError where it does not tell."""
        ...

    def compose(self, label: Label) -> bytes:
        """``label`` in the printer's language; raises PlanError for what it cannot print. Nothing is sent."""
        ...

    def print_label(self, content: bytes) -> None:
        """Print one label, proved: raises InstrumentError where the printer was not ready before or after it."""
        ...


class Scale(Protocol):
    """A bench scale."""

    def read_g(self, longest_s: float) -> Reading:
        """Grams once the scale says that they are stable; raises InstrumentError where they are not in time."""
        ...

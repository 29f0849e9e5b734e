"""A label before any printer: texts and codes at places in millimetres, in no printer's language."""

from __future__ import annotations

from typing import Literal

import msgspec

MM_PER_POINT = 25.4 / 72


class TextMark(msgspec.Struct, frozen=True):
    """One line of text; ``font`` is a font the printer holds, empty for its built-in one, which is Latin only."""

    x_mm: float
    y_mm: float
    height_mm: float
    text: str
    font: str = ""


class CodeMark(msgspec.Struct, frozen=True):
    """A code that a scanner reads; ``module_mm`` is its narrowest bar or the side of its square.

    ``height_mm`` is that of the bars; a Data Matrix is as large as its text makes it.
    """

    kind: Literal["code128", "data_matrix"]
    x_mm: float
    y_mm: float
    height_mm: float
    module_mm: float
    text: str


class Label(msgspec.Struct, frozen=True):
    """One label of the roll that is in the printer; ``gap_mm`` lies between it and the next."""

    width_mm: float
    height_mm: float
    gap_mm: float
    dots_per_mm: int
    marks: tuple[TextMark | CodeMark, ...]

    def dots(self, length_mm: float) -> int:
        """``length_mm`` as the print head counts, at least one dot where it is not nothing."""
        return max(round(length_mm * self.dots_per_mm), 1 if length_mm > 0 else 0)

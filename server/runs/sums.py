"""What many values of a measurement come to: count, mean, squares about it, extremes; adds up in any order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from server.runs.evidence import OVERLOAD
from server.runs.measurements import OUTCOMES

ERROR = OUTCOMES.index("ERROR")
FEWEST = 25
"""From fewer values no Ppk is told: its 95 % interval would be wider than a third of it either way.

Source: Bissell, How reliable is your capability index?, Applied Statistics 39 (1990) 3: the standard error of the
index is about ``sqrt(1/(9 n) + index**2 / (2 (n - 1)))``, 0.16 at an index of 1 and n = 25.
"""


@dataclass(frozen=True, slots=True)
class Sums:
    """``squares`` is the sum of the squared distances from ``mean``: a plain sum of squares loses all of its digits
    where values are close together and far from zero."""

    count: int
    mean: float
    squares: float
    lowest: float
    highest: float

    def __add__(self, other: Sums) -> Sums:
        """Source: Chan, Golub, LeVeque, Updating formulae and a pairwise algorithm (1979), 2.1."""
        count = self.count + other.count
        apart = other.mean - self.mean
        return Sums(
            count,
            self.mean + apart * other.count / count,
            self.squares + other.squares + apart * apart * self.count * other.count / count,
            min(self.lowest, other.lowest),
            max(self.highest, other.highest),
        )

    @property
    def sigma(self) -> float | None:
        """The standard deviation over everything; None of a single value."""
        return math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else None

    def ppk(self, low: float | None, high: float | None) -> float | None:
        """How many times three sigma the nearer limit is away; None without a limit, without spread, or of too few."""
        if self.count < FEWEST or not self.sigma:
            return None
        room = [
            *([self.mean - low] if low is not None else []),
            *([high - self.mean] if high is not None else []),
        ]
        return min(room) / (3 * self.sigma) if room else None


def sums_of_columns(values_f64: Sequence[bytes], outcomes: Sequence[bytes]) -> list[Sums | None]:
    """The sums of each place of runs with the same definitions; None where no run measured a number.

    A value that ended as ERROR, that is not finite, or that says an instrument was overloaded is no value.
    """
    if not values_f64[0]:
        return []
    values = np.frombuffer(b"".join(values_f64), "<f8").reshape(len(values_f64), -1)
    ended = np.frombuffer(b"".join(outcomes), np.uint8).reshape(len(values_f64), -1)
    is_usable = np.isfinite(values) & (np.abs(values) < OVERLOAD) & (ended != ERROR)
    count = is_usable.sum(axis=0)
    some = np.maximum(count, 1)
    mean = np.where(is_usable, values, 0.0).sum(axis=0) / some
    squares = (np.where(is_usable, values - mean, 0.0) ** 2).sum(axis=0)
    lowest = np.where(is_usable, values, np.inf).min(axis=0)
    highest = np.where(is_usable, values, -np.inf).max(axis=0)
    rows = zip(count.tolist(), mean.tolist(), squares.tolist(), lowest.tolist(), highest.tolist(), strict=True)
    return [Sums(*row) if row[0] else None for row in rows]


def total(parts: Iterable[Sums]) -> Sums | None:
    """All of them together; None of none."""
    whole: Sums | None = None
    for part in parts:
        whole = part if whole is None else whole + part
    return whole


def by_definition(digests: Sequence[str], columns: Sequence[Sums | None]) -> Iterator[tuple[str, Sums]]:
    """The sums of each definition; one that stands at two places of a set is added up."""
    found: dict[str, Sums] = {}
    for digest, sums in zip(digests, columns, strict=True):
        if sums is not None:
            found[digest] = found[digest] + sums if digest in found else sums
    yield from found.items()

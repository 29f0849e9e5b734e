"""The judgement of a run, ordered so that the worst wins."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Verdict(IntEnum):
    """PASS 合格 · FAIL 不合格 (the unit's fault) · ABORTED 中止 · ERROR 异常 (the station's fault)."""

    PASS = 0
    FAIL = 1
    ABORTED = 2
    ERROR = 3


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of ``verdicts``; ERROR for none at all, because nothing is no evidence."""
    return max(verdicts, default=Verdict.ERROR)

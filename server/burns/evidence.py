"""Where a burn's result is not borne out by what was read back."""

from __future__ import annotations

from collections.abc import Iterator

from server.units.flows import Finding
from server.wire.burn import BurnLetter

READ_BACK = frozenset({"readback_final", "readback_interleaved"})


def result_findings(letter: BurnLetter) -> Iterator[Finding]:
    """Every rule of the result that the letter itself breaks."""
    if letter.finished_at < letter.started_at:
        yield Finding("time", "the burn finished before it started")
    if letter.result == "PASS":
        yield from _pass_findings(letter)
    elif letter.failure is None:
        yield Finding("result", f"the result is {letter.result}, but no failure is named")
    if letter.kind == "stock" and letter.order is None:
        yield Finding("order", "a burn for stock names no order")
    if letter.kind == "unit" and letter.unit is None:
        yield Finding("unit_id", "a burn for a unit names no unit")


def _pass_findings(letter: BurnLetter) -> Iterator[Finding]:
    if letter.proof in READ_BACK and letter.after_sha256 != letter.image.sha256:
        found = letter.after_sha256 or "nothing"
        yield Finding("read_back", f"the result is PASS, but {found} was read back instead of {letter.image.sha256}")
    if letter.failure is not None:
        yield Finding("result", f"the result is PASS, but a failure is named: {letter.failure.message}")
    if not letter.stages:
        yield Finding("result", "the result is PASS, but no stage was done")
    for stage in letter.stages:
        if stage.outcome != "PASS":
            yield Finding("result", f"the result is PASS, but the stage {stage.name} is {stage.outcome}")

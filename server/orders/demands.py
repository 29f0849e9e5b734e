"""What an order's recipe asks of a burn beside its image, held against what the burn's letter says was done."""

from __future__ import annotations

from collections.abc import Iterator

from server.images.recipe import Recipe
from server.units.flows import Finding
from server.wire.burn import BurnLetter
from server.wire.order import BurnOptions

STRENGTH = ("none", "checksum", "readback_interleaved", "readback_final")
"""Proofs, the weakest first."""
ANY_READ_BACK = "readback_interleaved"
"""The least that will do where a recipe says nothing."""


def shortfalls(letter: BurnLetter, no: str, recipe: Recipe) -> Iterator[Finding]:
    """Where a passing burn was done or proved less well than the order ``no`` asks for."""
    options = recipe.options or BurnOptions()
    least = options.proof or ANY_READ_BACK
    if STRENGTH.index(letter.proof) < STRENGTH.index(least):
        asked = "a read-back" if least == ANY_READ_BACK else f"{least} as proof"
        yield Finding("read_back", f"{no} needs {asked}, the proof is {letter.proof}")
    if options.backup is True and not letter.before_sha256:
        yield Finding("order", f"{no} asks for a backup of what the IC held, and none was kept")
    moved = {stage.name: stage.bytes_moved for stage in letter.stages}
    if options.blank_check is True and moved.get("erase", 0) > 0 and not moved.get("blank_check", 0):
        yield Finding("order", f"{no} asks for a blank check, and what was erased was not read")
    if options.erase == "none" and moved.get("erase", 0) > 0:
        yield Finding("order", f"{no} is for new ICs, and this one was erased")
    if options.protection and "protect" not in moved:
        yield Finding("order", f"{no} asks for {options.protection} to be set at the end, which was not done")
    for kept in recipe.preserve or ():
        if any(
            region.purpose == "image"
            and region.start < kept.address + kept.length
            and kept.address < region.start + region.length
            for region in letter.regions
        ):
            yield Finding("order", f"{no} preserves {kept.name}, and the image was written into it")

"""Whether a unit holds the firmware that its product is released with, by what it reports or by its last burn."""

from __future__ import annotations

from collections.abc import Iterator

from server.gates.evidence import Evidence
from server.gates.reasons import Reason, about
from server.products.content import Firmware
from server.runs.queries import Run

VERSION, CHECKSUM = "firmware_version", "firmware_checksum"
"""What the steps that read a unit's identity measure of its first memory; of another one with its name before it."""


def firmware_reasons(evidence: Evidence, run: Run) -> Iterator[Reason]:
    """Why the firmware of a memory is not the released one, for each memory of the product's configuration.

    What the unit reports decides where it reports both version and checksum, or the release names no checksum. Where
    it reports less, the last burn of the released image must have been read back.
    """
    released = evidence.configuration.firmware if evidence.configuration else ()
    for position, row in enumerate(released):
        memory = about(row.memory)
        if row.image_sha256 and row.image_sha256 in evidence.withdrawn_images:
            yield Reason("image_withdrawn", memory, row.version)
        version, checksum = (_reported(run, name, row.memory, position) for name in (VERSION, CHECKSUM))
        if version and version != row.version:
            yield Reason("firmware_differs", memory, f"{version} ≠ {row.version}")
        elif checksum and row.checksum and checksum.upper() != row.checksum.upper():
            yield Reason("firmware_differs", memory, f"{checksum} ≠ {row.checksum}")
        elif not (_is_reported(row, version, checksum) or _is_burned(evidence, row)):
            yield Reason("firmware_unproved", memory, row.version)


def _is_reported(row: Firmware, version: str, checksum: str) -> bool:
    """A version alone is proof only where the release names nothing stronger."""
    return bool(version) and bool(checksum or not row.checksum)


def _is_burned(evidence: Evidence, row: Firmware) -> bool:
    return bool(row.image_sha256) and any(
        burned.is_proved and row.image_sha256 in burned.digests for burned in evidence.burns
    )


def _reported(run: Run, name: str, memory: str, position: int) -> str:
    """The text the unit reported, if a measurement of this memory passed."""
    names = {f"{memory}_{name}", *([name] if position == 0 else [])}
    values = (row.value for row in run.measurements if row.definition.name in names)
    return next((value.strip() for value in values if isinstance(value, str)), "")

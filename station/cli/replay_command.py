"""``fanji-station replay``: does a recorded run still go as it went?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from station.cli.exits import Exit, of_refusal
from station.kit.replaying import Replayed, replay_run
from station.model.errors import StationError


def replay_recording(folder: Path, sequences: Sequence[Path]) -> Exit:
    """Replay and say what differs; 0 where nothing does, 1 where something does, 2 where it cannot be replayed."""
    sys.dont_write_bytecode = True  # the recording stays as it is, compiled files of its sequences too
    try:
        replayed = replay_run(folder, sequences)
    except StationError as error:
        sys.stderr.write(f"{error}\n")
        return of_refusal(error)
    sys.stdout.write("\n".join(_lines(replayed)) + "\n")
    return Exit.PASS if replayed.is_same else Exit.FAIL


def _lines(replayed: Replayed) -> list[str]:
    record = replayed.played.record
    lines = [f"{record.unit.serial}  {record.product}  {record.plan.name} {record.plan.version}, recorded {record.id}"]
    if replayed.is_other_plan:
        lines.append("note     the plan, its limits or its code, is another one than when this was recorded")
    lines += [f"MISMATCH {problem}" for problem in replayed.problems]
    lines += [f"differs  {difference}" for difference in replayed.differences]
    if replayed.is_same:
        count = len(record.measurements)
        lines.append(f"the same {count} measurements, verdict {record.verdict} as recorded")
    return lines

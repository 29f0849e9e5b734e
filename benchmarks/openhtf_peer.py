"""OpenHTF at the same work: ten phases of one measurement each, its record as JSON on the disk and synced.

``python -m benchmarks.openhtf_peer FOLDER`` prints one JSON object; exit code 3 where OpenHTF is not installed.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NOT_INSTALLED = 3
STEPS = 10
WARM, ROUNDS = 3, 15


def main(folder: Path) -> int:
    """Milliseconds from ``execute`` to its return, the median of ``ROUNDS`` in a process that has played before."""
    try:
        import openhtf as htf
        from openhtf.output.callbacks import json_factory
    except ImportError as error:
        print(f"OpenHTF is not installed: {error}", file=sys.stderr)
        return NOT_INSTALLED
    logging.disable(logging.CRITICAL)
    test = htf.Test(*(phase(htf, number) for number in range(STEPS)))
    record = folder / "record.json"
    written = json_factory.OutputToJSON(str(record))

    def keep(finished: Any) -> None:
        written(finished)
        descriptor = os.open(record, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    test.add_output_callbacks(keep)
    taken_ms = []
    for _ in range(WARM + ROUNDS):
        started = time.perf_counter()
        is_passed = test.execute(test_start=lambda: "X-9")
        taken_ms.append((time.perf_counter() - started) * 1e3)
        if not is_passed:
            raise RuntimeError("OpenHTF's run did not pass")
    print(json.dumps({"ms": statistics.median(taken_ms[WARM:]), "record_bytes": record.stat().st_size}))
    return 0


def phase(htf: Any, number: int) -> Callable[[Any], None]:
    name = f"m{number}"

    def work(test: Any) -> None:
        test.measurements[name] = True

    work.__name__ = f"s{number}"
    phased: Callable[[Any], None] = htf.measures(htf.Measurement(name).equals(True))(work)
    return phased


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

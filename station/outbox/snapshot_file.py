"""The file of the server's last snapshot: parsed once, and again when it has changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

ParsedT = TypeVar("ParsedT")

JUST_WRITTEN_NS = 50_000_000
"""A file system's clock may be so much behind: what was written that shortly before may be written again unseen."""

Stamp = tuple[int, int, int, int, int]
"""Of a file: its device and number, its length, when it was written, and when anything about it was changed."""


def parsed(path: Path, parse: Callable[[bytes], ParsedT]) -> ParsedT:
    """What ``parse`` makes of what ``path`` holds at this moment; of a file that is as it was, what it made before.

    Raises OSError, and what ``parse`` raises, which is not remembered. ``parse`` must depend on nothing else.
    """
    began_ns, stamp = time.time_ns(), _stamp(path)
    known = _known.get((path, parse))
    if known is not None and known[0] == stamp:
        return cast(ParsedT, known[1])
    made = parse(path.read_bytes())
    if max(stamp[3:]) < began_ns - JUST_WRITTEN_NS and _stamp(path) == stamp:
        _known[path, parse] = stamp, made
    return made


_known: dict[tuple[Path, Callable[[bytes], object]], tuple[Stamp, object]] = {}


def _stamp(path: Path) -> Stamp:
    status = os.stat(path)  # noqa: PTH116 (asked some times for each run, and a Path takes longer)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns

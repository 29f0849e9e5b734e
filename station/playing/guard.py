"""The guard: a small process that makes the bench safe when the supervisor is killed."""

from __future__ import annotations

import logging
import os
import struct

from station.model.errors import StationError
from station.playing.closing import Closing, stopped
from station.system import Pipe, is_readable, kill, leave_session, read_some, write_all

logger = logging.getLogger(__name__)

PROCESS_ID = struct.Struct("<q")


def stand_guard(closing: Closing, supervisor: int, child: Pipe, go: int) -> int:
    """Wait for the supervisor's end; close the run where it did not say that it has done so itself.

    ``supervisor`` gives a byte when the run is closed, and ends with the supervisor. ``child.reading`` gives the
    child's process id and ends with the child; ``go`` tells the child that it is guarded, before it opens a link.
    """
    leave_session()
    process = _process_id(child.reading)
    if process is None:
        return 0
    write_all(go, b"\n")
    if read_some(supervisor):
        return 0
    if not is_readable(child.reading):  # it has not ended: the id is still its own
        kill(process)
    while read_some(child.reading):
        pass
    if not closing.has_begun():
        closing.journal.unlink(missing_ok=True)
        return 0
    stop = stopped("ABORTED", "station", "the station's program was killed", None, closing.clock)
    try:
        closing.close(stop, lambda told: None)
    except StationError as error:
        logger.error("the run stays in its journal %s: %s", closing.journal, error)
        return 1
    return 0


def ask_guard(child: int, go: int) -> bool:
    """The child's side: say over ``child`` who is to be killed, wait for ``go``; False where there is no guard."""
    return write_all(child, PROCESS_ID.pack(os.getpid())) and bool(read_some(go))


def _process_id(reading: int) -> int | None:
    """The child's id; None where it ended before it could say."""
    said = b""
    while len(said) < PROCESS_ID.size:
        chunk = read_some(reading)
        if not chunk:
            return None
        said += chunk
    return int(PROCESS_ID.unpack(said[: PROCESS_ID.size])[0])

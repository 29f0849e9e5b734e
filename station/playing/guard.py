"""The guard: a small process that makes the bench safe when the supervisor is killed."""

from __future__ import annotations

import logging
from collections.abc import Callable

from station.model.errors import StationError
from station.playing.closing import Closing, stopped
from station.playing.handing import PROCESS_ID, read_exactly, take_over
from station.runner.entries import RunStarted
from station.system import is_readable, kill, read_some

logger = logging.getLogger(__name__)


def stand_guard(
    closing_of: Callable[[RunStarted], Closing], supervisor: int, child: int, asked: Callable[[], None] | None = None
) -> int:
    """Wait for the supervisor's end; close the run where it did not say that it has done so itself.

    ``supervisor`` gives the run, then a byte when it is closed, and ends with the supervisor; what it asks before,
    ``asked`` answers. ``child`` gives the child's process id and ends with the child, which has its run after this
    process: whatever it opens, this one has been told to see to.
    """
    told = read_exactly(child, PROCESS_ID.size)
    handed = take_over(supervisor, asked) if told is not None else None
    if told is None or handed is None:
        return 0
    if read_some(supervisor):
        return 0
    closing = closing_of(handed[0])
    if not is_readable(child):  # it has not ended: the id is still its own
        kill(int(PROCESS_ID.unpack(told)[0]))
    while read_some(child):
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

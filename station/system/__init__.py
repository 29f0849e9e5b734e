"""What the operating system gives: processes, pipes, locks, signals, terminals; by POSIX and by Windows."""

import sys

if sys.platform == "win32":
    from station.system.windows import (
        TERMINAL_ERROR,
        Pipe,
        StopSignals,
        close_all,
        fork,
        is_readable,
        kill,
        leave_session,
        lock_file,
        never_wait,
        read_at_start,
        read_some,
        selector,
        take_lock,
        unlock_file,
        wait_for,
        write_all,
        write_at_start,
    )
else:
    from station.system.posix import (
        TERMINAL_ERROR,
        Pipe,
        StopSignals,
        close_all,
        fork,
        is_readable,
        kill,
        leave_session,
        lock_file,
        never_wait,
        read_at_start,
        read_some,
        selector,
        take_lock,
        unlock_file,
        wait_for,
        write_all,
        write_at_start,
    )

__all__ = [
    "TERMINAL_ERROR",
    "Pipe",
    "StopSignals",
    "close_all",
    "fork",
    "is_readable",
    "kill",
    "leave_session",
    "lock_file",
    "never_wait",
    "read_at_start",
    "read_some",
    "selector",
    "take_lock",
    "unlock_file",
    "wait_for",
    "write_all",
    "write_at_start",
]

"""``python -m tests.station.link.lease_taker FOLDER SLOT [turn]``: takes a lease, or a turn, and says so.

It prints ``waits HOLDER`` where it has to and ``has`` when it has it, gives it back at a line on its stdin, then
prints ``gone``.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

from station.link.clock import SystemClock
from station.link.lease import Leases


def say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


def main() -> None:
    leases = Leases(Path(sys.argv[1]), sys.argv[2])
    with ExitStack() as stack:
        if sys.argv[3:] == ["turn"]:
            stack.enter_context(leases.turn("psu", SystemClock()))
        else:
            lease = leases.of("psu")
            stack.callback(lease.give_back)
            lease.take(lambda: True, lambda holder: say(f"waits {holder}"))
        say("has")
        sys.stdin.readline()
    say("gone")


if __name__ == "__main__":
    main()

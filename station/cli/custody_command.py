"""``fanji-station custody``: ICs are taken for a burn order, scrapped or given back."""

from __future__ import annotations

import sys

import msgspec

from station.cli.arguments import Typed
from station.cli.exits import Exit, of_refusal
from station.cli.reader_language import spoken
from station.config.bench_file import read_bench_file
from station.config.settings import read_settings
from station.link.clock import SystemClock
from station.model.errors import StationError, chinese_of
from station.playing.custody import HandOver, hand_over


def hand_ics_over(typed: Typed) -> Exit:
    """Put it on record and show how the order stands."""
    try:
        said = msgspec.convert(
            {
                "order": typed.order,
                "event": typed.event,
                "quantity": typed.quantity,
                "operator": typed.operator,
                "reason": typed.reason or None,
                "note": typed.note,
                "burn": typed.after_burn or None,
            },
            HandOver,
        )
        done = hand_over(said, read_bench_file(typed.bench), read_settings(), SystemClock())
    except StationError as error:
        sys.stderr.write(f"{spoken(str(error), chinese_of(error))}\n")
        return of_refusal(error)
    if typed.json:
        sys.stdout.write(msgspec.json.encode(done).decode() + "\n")
        return Exit.PASS
    account = done.account
    sys.stdout.write(
        f"{done.order}: {account.taken} taken = {account.good} good + {account.scrapped} scrapped"
        f" + {account.returned} returned + {account.in_hand} in hand; {account.left} of {account.quantity} to be burned"
        f"\nletter {done.letter.seq} is in the outbox  {done.letter.id}\n"
    )
    if account.set_aside:
        sys.stdout.write(f"{account.set_aside} letters about it were set aside by the server: they count here alone\n")
    return Exit.PASS

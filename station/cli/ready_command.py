"""``fanji-station ready``: loads all that a run needs, waits for one order, and is then that run."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec

from station.bench.loaded import Loaded
from station.cli.arguments import Typed, parser_of_run
from station.cli.exits import Exit, of_refusal
from station.cli.json_lines import STDIN, STDOUT
from station.cli.run_command import order_of, run_unit
from station.config.settings import Settings, read_settings
from station.link.clock import SystemClock
from station.model.clock import Clock
from station.model.errors import StationError
from station.playing.family import Family, OrderOf
from station.playing.handing import Outline
from station.playing.order import RunOrder
from station.playing.rehearsal import NOBODY, TIMES, rehearse, rehearse_playing, rehearse_run, rehearse_taking_over
from station.runner.entries import RunStarted
from station.system import replace_program, write_all
from station.system.database import held_open

logger = logging.getLogger(__name__)

_arguments = msgspec.json.Decoder(list[str])


class IsReady(msgspec.Struct, frozen=True, tag_field="event", tag="ready"):
    """All that can be loaded is loaded; the order may come."""


def stand_ready(bench: Path) -> Exit:
    """Load, say ``ready``, and play what the first line on stdin orders: the arguments of ``run`` as a JSON list.

    The processes that will play are forked before, and have no file open; no instrument is touched and no lock taken.
    This process has outbox and history open, and no transaction begun. Where a file has been changed since it was read,
    the program is started anew in this process's place: what is played is always what the disk says. Without an order
    the process ends with stdin.
    """
    clock = SystemClock()
    try:
        parser = parser_of_run()
        loaded = Loaded(bench, clock)
        _rehearse(loaded, bench, parser)
        rehearse_run(clock)
        gc.collect()
    except StationError as error:
        logger.warning("not ready: %s", error)
        return of_refusal(error)
    except KeyboardInterrupt:
        return Exit.ABORTED
    orders = _orders(loaded, read_settings(), clock)

    def is_current() -> bool:
        return loaded.is_current(bench)

    def prepare() -> None:
        rehearse_taking_over(orders, loaded.plans, loaded.bench.slots, clock)

    def child_prepares() -> None:
        prepare()
        rehearse_playing(clock)

    settings = read_settings()
    with (
        Family(orders, prepare, child_prepares, is_current) as family,
        held_open(settings.outbox, settings.history, begins_log=True),
    ):
        _own_memory()
        _rehearse(loaded, bench, parser)
        for _ in range(TIMES):
            family.ask()
            family.answer()  # so that it has prepared itself too, before there can be anything to guard
        return _wait(bench, parser, loaded, family)


def _own_memory() -> None:
    """Have the pages that are shared since the fork copied now, not when each of them is first written.

    The collector writes into most of them: some 7 MB, and 0.4 ms of a run.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _wait(bench: Path, parser: argparse.ArgumentParser, loaded: Loaded, family: Family) -> Exit:
    try:
        write_all(STDOUT, msgspec.json.encode(IsReady()) + b"\n")
        order = _first_line()
    except KeyboardInterrupt:
        return Exit.ABORTED
    if not order:
        return Exit.PASS
    family.ask()
    arguments = _arguments.decode(order)
    typed = parser.parse_args(arguments, Typed())

    @cache
    def settle() -> None:
        answer = family.answer()
        if typed.bench != bench or not (loaded.is_current(bench) if answer is None else answer):
            family.dismiss()
            replace_program([sys.executable, "-m", "station.cli", "run", *arguments])

    return run_unit(typed, loaded, family, settle)


def _orders(loaded: Loaded, settings: Settings, clock: Clock) -> OrderOf:
    """How guard and child make an order of what was loaded and of how the run starts."""
    outlines = {product: Outline.of(plan) for product, plan in loaded.plans.items()}

    def of(start: RunStarted) -> RunOrder:
        start = outlines[start.product].put_into(start)
        return RunOrder(settings, loaded.bench_of(start.slot), loaded.plans[start.product], start, clock)

    return of


def _rehearse(loaded: Loaded, bench: Path, parser: argparse.ArgumentParser) -> None:
    """What an order takes, of each product; nothing comes of it."""
    words = [NOBODY, f"--bench={bench}", f"--operator={NOBODY}", f"--slot={loaded.bench.slots[0]}", "--events"]
    for product in TIMES * list(loaded.plans):
        with suppress(StationError):  # whoever gives the order will be told
            order_of(parser.parse_args([*words, "--purpose=debug", f"--product={product}"], Typed()), loaded)
    row = loaded.bench_of(loaded.bench.slots[0])
    for plan in loaded.plans.values():
        rehearse(row, plan, read_settings(), SystemClock())


def _first_line() -> bytes:
    """The line, and nothing of what comes after it, which is the run's; empty where stdin ended before its end."""
    with open(STDIN, "rb", buffering=0, closefd=False) as unbuffered:
        line = unbuffered.readline()
    return line if line.endswith(b"\n") else b""

"""One label of one run or IC: taken from the book, composed by the bench's template, printed, and put on record."""

from __future__ import annotations

import logging
from typing import Literal, cast

import msgspec

from station.bench import check_bench, open_bench
from station.config.bench_file import BenchFile
from station.config.label_table import LabelRow
from station.config.settings import Settings
from station.labelling.template import label_of
from station.link.lease import Leases
from station.model.clock import Clock
from station.model.errors import StationError
from station.model.roles import LabelPrinter
from station.outbox.label_book import Facts, LabelBook
from station.outbox.label_facts import IcLabelFacts, LabelFacts

logger = logging.getLogger(__name__)

PATIENCE_S = 20.0
"""How long a label waits for those of other slots."""

State = Literal["printing", "printed", "failed", "withheld", "none"]


class LabelTold(msgspec.Struct, frozen=True, tag_field="event", tag="label"):
    """What became of print ``number`` of a label; ``problem`` says why it was not printed.

    ``run_id`` is the run's id, or the burn's of an IC. ``withheld``: the bench file wants none for a marginal PASS.
    ``none``: there may be no label at all. Their ``number`` is 0. ``printing`` is said by whoever shows it meanwhile.
    """

    run_id: str
    number: int
    state: State
    problem: str = ""


def print_run_label(run_id: str, number: int | None, bench: BenchFile, settings: Settings, clock: Clock) -> LabelTold:
    """Print the label of ``run_id``; ``number`` is that of the print, so that one asked for twice is printed once.

    The book knows only runs that passed with the purpose outgoing and whose letter is in the outbox. Raises ConfigError
    for a bench without labels, OperatorError for a print that was asked for, StorageError where the disk refuses.
    """
    bench = _with_one_slot(bench)
    row = bench.label
    if row is None:
        raise bench.toml.error(("label",), "this bench prints no labels: the table is missing")
    check_bench(bench)
    book = LabelBook.of_runs(settings)
    facts = book.facts_of(run_id)
    if facts is None:
        return LabelTold(run_id, 0, "none", "only a run that ended as PASS, on its way out, has a label")
    return _told(facts, number, book, _Printer(row, bench, settings, clock))


def print_ic_label(burn_id: str, number: int | None, bench: BenchFile, settings: Settings, clock: Clock) -> LabelTold:
    """Likewise of the IC that the burn ``burn_id`` made; the book knows those that passed by an order."""
    bench = _with_one_slot(bench)
    row = bench.ic_label
    if row is None:
        raise bench.toml.error(("ic_label",), "this bench prints no labels of ICs: the table is missing")
    check_bench(bench)
    book = LabelBook.of_ics(settings)
    facts = book.facts_of(burn_id)
    if facts is None:
        return LabelTold(burn_id, 0, "none", "only an IC that was burned by an order, and passed, has a label")
    return _told(facts, number, book, _Printer(row, bench, settings, clock))


class _Printer(msgspec.Struct, frozen=True):
    """On what it is printed, and what stands where."""

    row: LabelRow
    bench: BenchFile
    settings: Settings
    clock: Clock


def _told(facts: Facts, number: int | None, book: LabelBook[Facts], printer: _Printer) -> LabelTold:
    record_id, clock = facts.record_id, printer.clock
    if facts.is_marginal and not printer.row.is_printed_when_marginal:
        return LabelTold(record_id, 0, "withheld", "it passed only just: this bench prints no label for it")
    taken = book.begin(record_id, number, clock.utc())
    problem = _printed(facts, printer)
    book.end(record_id, taken, problem, clock.utc())
    logger.info("label %d of %s: %s", taken, record_id, problem or "printed")
    return LabelTold(record_id, taken, "failed" if problem else "printed", problem)


def _with_one_slot(bench: BenchFile) -> BenchFile:
    """A label is no slot's: of a bench with several, the first, which shares nothing while it prints."""
    one = bench if bench.slot else bench.for_slot(bench.slots[0])
    return msgspec.structs.replace(one, of_slots=())


def _printed(facts: LabelFacts | IcLabelFacts, printer: _Printer) -> str:
    """Empty where the label came out, else why not; labels of several slots come one after the other."""
    row, bench, settings, clock = printer.row, printer.bench, printer.settings, printer.clock
    leases = Leases(settings.state_dir / "leases" / bench.station_id, bench.slot)
    lease = leases.of(bench.roles[row.role].instrument)
    until = clock.now() + PATIENCE_S
    try:
        if not lease.take(lambda: clock.now() < until):
            return f"other labels were being printed for {PATIENCE_S:g} s"
        label = label_of(facts, row)
        opened = open_bench(bench, clock, {row.role})
        try:
            machine = cast(LabelPrinter, opened.roles[row.role])  # check_bench knows its kind
            machine.print_label(machine.compose(label))
        finally:
            opened.close()
    except StationError as error:
        return str(error)
    finally:
        lease.give_back()
    return ""

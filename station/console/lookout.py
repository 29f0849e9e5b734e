"""Looks, each second, at what this disk says that no command tells: runs of other processes, instruments, people."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import date

from station.config.bench_file import BenchFile
from station.console.board import RecentRun, SeenInstrument, SeenSelftest
from station.console.desk import RECENT_RUNS, Desk
from station.console.seat import Seat
from station.gates.golden_standing import GoldenStanding
from station.gates.selftest_result import PROBLEM, SelftestResult
from station.history.instruments import Sighting, Sightings
from station.history.past_runs import PastRun, PastRuns, Wanted
from station.model.clock import Clock
from station.model.errors import StorageError

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
_Read = tuple[tuple[PastRun, ...], dict[str, Sighting], SelftestResult | None, tuple[GoldenStanding, ...]]


class Lookout:
    """Tells the desk; reads files on another thread, never the bench itself."""

    def __init__(
        self,
        desk: Desk,
        seat: Seat,
        past: PastRuns,
        bench: BenchFile | None,
        clock: Clock,
        selftest: Callable[[], SelftestResult | None],
        golden: Callable[[], tuple[GoldenStanding, ...]] = tuple,
    ) -> None:
        """``bench`` is None where no instruments are to be shown; ``selftest`` and ``golden`` read how those stand."""
        self._desk = desk
        self._seat = seat
        self._past = past
        self._bench = bench
        self._clock = clock
        self._selftest = selftest
        self._golden = golden
        self._complaint = ""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Look once."""
        await self._seat.look()
        try:
            runs, seen, selftest, golden = await asyncio.to_thread(self._read)
        except StorageError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                logger.warning("the bench's history cannot be read: %s", error)
            return
        self._desk.note_past(tuple(_recent(run) for run in runs))
        if self._bench is not None:
            found = after_selftest(seen, selftest) if selftest is not None else seen
            shown = instruments_of(self._bench, found, self._clock.utc().date())
            self._desk.note_instruments(shown, _seen(selftest) if selftest is not None else None, golden)

    def _read(self) -> _Read:
        seen = Sightings(self._past.path, self._past.station_id).last() if self._bench is not None else {}
        return self._past.find(Wanted(), RECENT_RUNS), seen, self._selftest(), self._golden()


def after_selftest(seen: Mapping[str, Sighting], selftest: SelftestResult) -> dict[str, Sighting]:
    """``seen``, and what the self-test says of each instrument that nobody has seen since."""
    found = dict(seen)
    for check in selftest.checks:
        last = found.get(check.name)
        if last is None or last.seen_at < selftest.at:
            problem = check.detail if check.mark == PROBLEM else ""
            found[check.name] = Sighting(check.name, selftest.at, last.found if last else "", problem)
    return found


def instruments_of(bench: BenchFile, seen: Mapping[str, Sighting], today: date) -> tuple[SeenInstrument, ...]:
    """Every instrument of ``bench`` as it was last seen, and how many days its calibration still holds."""
    shown = []
    for name, row in bench.instruments.items():
        last = seen.get(name)
        due = row.calibration_due
        shown.append(
            SeenInstrument(
                name=name,
                driver=row.driver,
                found=last.found if last else "",
                problem=last.problem if last else "",
                seen_at=last.seen_at if last else None,
                due=due,
                due_days=(due - today).days if due is not None else None,
            )
        )
    return tuple(shown)


def _seen(selftest: SelftestResult) -> SeenSelftest:
    problems = tuple(f"{check.name}: {check.detail}" for check in selftest.checks if check.mark == PROBLEM)
    return SeenSelftest(selftest.at, problems if not selftest.is_good else ())


def _recent(run: PastRun) -> RecentRun:
    return RecentRun(run.run_id, run.serial, run.product, run.operator, run.verdict, run.ended_at, run.is_marginal)

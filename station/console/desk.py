"""What this console knows and every window shows: the operator, the slot's run, the letters, the last runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import msgspec

from station.console.feed import Feed
from station.console.slot import PlayedRun, RunOrder, Slot
from station.model.errors import OperatorError
from station.outbox.answers import Fate
from station.playing.order import operator_name

RECENT_RUNS = 12


@dataclass(frozen=True, slots=True)
class BenchCard:
    """The bench as its file names it."""

    name: str
    station_id: str
    slot: str
    file: str


class Letters(msgspec.Struct, frozen=True):
    """The outbox and its server: ``is_reachable`` is None where this console has not asked the server.

    ``is_carried_elsewhere`` where another process carries this outbox; ``fates`` are those of the last letters.
    """

    server_url: str = ""
    waiting: int = 0
    set_aside: int = 0
    is_reachable: bool | None = None
    problem: str = ""
    is_carried_elsewhere: bool = False
    fates: dict[str, Fate] = {}


class RecentRun(msgspec.Struct, frozen=True):
    """A run that has ended; ``verdict`` is empty where the process ended without one."""

    run_id: str
    serial: str
    product: str
    operator: str
    verdict: str
    ended_at: datetime
    is_marginal: bool = False


class SeenInstrument(msgspec.Struct, frozen=True):
    """An instrument of the bench file as it was last seen; ``seen_at`` is None where it never was.

    ``problem`` is empty where all was well then; ``due_days`` is negative once the calibration is over.
    """

    name: str
    driver: str
    found: str
    problem: str
    seen_at: datetime | None
    due: date | None
    due_days: int | None


class SeenSelftest(msgspec.Struct, frozen=True):
    """The last self-test of the bench; ``problems`` is empty where it was good."""

    at: datetime
    problems: tuple[str, ...]


class _Station(msgspec.Struct, frozen=True):
    operator: str
    letters: Letters
    recent: tuple[RecentRun, ...]
    has_list: bool
    instruments: tuple[SeenInstrument, ...]
    selftest: SeenSelftest | None


class _Run(msgspec.Struct, frozen=True):
    number: int
    serial: str
    product: str
    operator: str
    is_provisional: bool
    started_at: datetime
    is_running: bool
    entries: Sequence[msgspec.Raw]


class _State(msgspec.Struct, frozen=True):
    bench: BenchCard
    station: _Station
    run: _Run | None


class _NewEntry(msgspec.Struct, frozen=True):
    number: int
    entry: msgspec.Raw


class Desk:
    """Holds the state and tells the feed of each change; used on the event loop's thread only."""

    def __init__(self, bench: BenchCard, command: Sequence[str]) -> None:
        self.bench = bench
        self.slot = Slot(command, bench.file, self._run_changed)
        self.feed = Feed(self.snapshot)
        self.when_ended: list[Callable[[PlayedRun], None]] = []
        self._operator = ""
        self._letters = Letters()
        self._recent: deque[RecentRun] = deque(maxlen=RECENT_RUNS)
        self._past: tuple[RecentRun, ...] = ()
        self._has_list = False
        self._instruments: tuple[SeenInstrument, ...] = ()
        self._selftest: SeenSelftest | None = None

    @property
    def operator(self) -> str:
        """Who is at the bench; empty until the name was given."""
        return self._operator

    def sign_on(self, name: str) -> None:
        """Keep ``name`` for the runs to come; raises OperatorError where it is no name."""
        self._operator = operator_name(name)
        self._tell_station()

    def sign_off(self) -> None:
        """Nobody is at the bench any more."""
        self._operator = ""
        self._tell_station()

    def note_list(self, has_list: bool) -> None:
        """Show whether the server has told who may sign on."""
        if has_list != self._has_list:
            self._has_list = has_list
            self._tell_station()

    def note_past(self, runs: tuple[RecentRun, ...]) -> None:
        """Show the last runs of this bench's history, whoever played them."""
        if runs != self._past:
            self._past = runs
            self._tell_station()

    def note_instruments(self, instruments: tuple[SeenInstrument, ...], selftest: SeenSelftest | None) -> None:
        """Show how the instruments were last seen, and what the bench found when it last tested itself."""
        if (instruments, selftest) != (self._instruments, self._selftest):
            self._instruments, self._selftest = instruments, selftest
            self._tell_station()

    def note_letters(self, letters: Letters) -> None:
        """Show what the courier found; nothing is told when nothing changed."""
        if letters != self._letters:
            self._letters = letters
            self._tell_station()

    async def start(self, serial: str, product: str, is_provisional: bool) -> PlayedRun:
        """Play ``product``'s plan on ``serial``; raises SlotBusy, or OperatorError without an operator."""
        if not self._operator:
            raise OperatorError("the operator's name is not known yet")
        return await self.slot.start(RunOrder(serial, product, self._operator, is_provisional))

    def add_entry(self, run: PlayedRun, told: msgspec.Struct) -> None:
        """Add a line of the console's own to the run, for every page and for those that are loaded later."""
        entry = msgspec.Raw(msgspec.json.encode(told))
        run.entries.append(entry)
        self.feed.publish("entry", msgspec.json.encode(_NewEntry(run.number, entry)))

    def snapshot(self) -> bytes:
        """Everything a page needs to draw itself, as JSON."""
        run = self.slot.run
        shown = None
        if run is not None:
            order = run.order
            shown = _Run(
                run.number,
                order.serial,
                order.product,
                order.operator,
                order.is_provisional,
                run.started_at,
                run.is_running,
                run.entries,
            )
        return msgspec.json.encode(_State(self.bench, self._station(), shown))

    def _station(self) -> _Station:
        return _Station(
            self._operator, self._letters, self._last_runs(), self._has_list, self._instruments, self._selftest
        )

    def _last_runs(self) -> tuple[RecentRun, ...]:
        """The history's, and those played here that it does not have (yet)."""
        runs = {run.run_id: run for run in (*self._past, *self._recent)}
        return tuple(sorted(runs.values(), key=lambda run: run.ended_at, reverse=True)[:RECENT_RUNS])

    def _tell_station(self) -> None:
        self.feed.publish("station", msgspec.json.encode(self._station()))

    def _run_changed(self, run: PlayedRun, entry: msgspec.Raw | None) -> None:
        if entry is not None:
            self.feed.publish("entry", msgspec.json.encode(_NewEntry(run.number, entry)))
            return
        if not run.is_running and run.run_id:
            order, ended_at = run.order, run.ended_at or datetime.now(UTC)
            ended = RecentRun(run.run_id, order.serial, order.product, order.operator, run.verdict, ended_at)
            self._recent.appendleft(msgspec.structs.replace(ended, is_marginal=run.is_marginal))
        self.feed.publish("state", self.snapshot())
        if not run.is_running:
            for act in self.when_ended:
                act(run)

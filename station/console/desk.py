"""What this console knows and every window shows: the operator, the run of each slot, the letters, the last runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import msgspec

from station.console.board import Letters, RecentRun, SeenInstrument, SeenSelftest
from station.console.feed import Feed
from station.console.ready import Ready
from station.console.slot import PlayedRun, RunOrder, Slot
from station.gates.golden_standing import GoldenStanding
from station.model.errors import OperatorError
from station.playing.order import operator_name

RECENT_RUNS = 12


@dataclass(frozen=True, slots=True)
class BenchCard:
    """The bench as its file names it, with the slots that this console serves, and those with a camera for photos."""

    name: str
    station_id: str
    slots: tuple[str, ...]
    file: str
    has_programmers: bool = False
    cameras: tuple[str, ...] = ()


class _Station(msgspec.Struct, frozen=True):
    operator: str
    letters: Letters
    recent: tuple[RecentRun, ...]
    has_list: bool
    instruments: tuple[SeenInstrument, ...]
    selftest: SeenSelftest | None
    golden: tuple[GoldenStanding, ...]


class _Run(msgspec.Struct, frozen=True):
    slot: str
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
    runs: tuple[_Run, ...]


class _NewEntry(msgspec.Struct, frozen=True):
    number: int
    entry: msgspec.Raw


class Desk:
    """Holds the state and tells the feed of each change; used on the event loop's thread only."""

    def __init__(self, bench: BenchCard, command: Callable[[str], Sequence[str]], ready: Ready | None = None) -> None:
        """``command`` gives the words that play a run in the slot of that name; ``ready`` may be doing them already."""
        self.bench = bench
        self.ready = ready
        numbers = count(1)
        self.slots: Mapping[str, Slot] = {
            name: Slot(
                name,
                command(name),
                bench.file,
                self._run_changed,
                lambda: next(numbers),
                ready.take if ready is not None else None,
            )
            for name in bench.slots
        }
        self.feed = Feed(self.snapshot)
        self.also_told: list[Feed] = []
        self.busy: list[Callable[[], bool]] = []
        self.when_stopped: list[Callable[[], Awaitable[None]]] = []
        self.when_ended: list[Callable[[PlayedRun], None]] = []
        self.when_posted: list[Callable[[], None]] = []
        self._operator = ""
        self._letters = Letters()
        self._recent: deque[RecentRun] = deque(maxlen=RECENT_RUNS)
        self._past: tuple[RecentRun, ...] = ()
        self._has_list = False
        self._instruments: tuple[SeenInstrument, ...] = ()
        self._selftest: SeenSelftest | None = None
        self._golden: tuple[GoldenStanding, ...] = ()

    @property
    def is_testing(self) -> bool:
        """Whether a unit is tested in any slot, or an IC burned."""
        return any(slot.is_running for slot in self.slots.values()) or any(is_busy() for is_busy in self.busy)

    def run_of(self, run_id: str) -> PlayedRun | None:
        """The run of that id, where it is the last one of a slot."""
        runs = (slot.run for slot in self.slots.values())
        return next((run for run in runs if run is not None and run.run_id == run_id), None)

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

    def note_instruments(
        self,
        instruments: tuple[SeenInstrument, ...],
        selftest: SeenSelftest | None,
        golden: tuple[GoldenStanding, ...] = (),
    ) -> None:
        """Show how the instruments were last seen, what the bench found when it tested itself, and its golden units."""
        if (instruments, selftest, golden) != (self._instruments, self._selftest, self._golden):
            self._instruments, self._selftest, self._golden = instruments, selftest, golden
            self._tell_station()

    def note_letters(self, letters: Letters) -> None:
        """Show what the courier found; nothing is told when nothing changed."""
        if letters != self._letters:
            self._letters = letters
            self._tell_station()
            for act in self.when_posted:
                act()

    async def start(self, slot: Slot, order: RunOrder) -> PlayedRun:
        """Play ``order`` in ``slot``; raises SlotBusy, or OperatorError without an operator."""
        if not self._operator:
            raise OperatorError("the operator's name is not known yet")
        return await slot.start(order)

    def add_entry(self, run: PlayedRun, told: msgspec.Struct) -> None:
        """Add a line of the console's own to the run, for every page and for those that are loaded later."""
        entry = msgspec.Raw(msgspec.json.encode(told))
        run.entries.append(entry)
        self.feed.publish("entry", msgspec.json.encode(_NewEntry(run.number, entry)))

    def station_now(self) -> msgspec.Raw:
        """What every page is told of the station, as JSON."""
        return msgspec.Raw(msgspec.json.encode(self._station()))

    def snapshot(self) -> bytes:
        """Everything a page needs to draw itself, as JSON."""
        runs = tuple(_shown(slot.run) for slot in self.slots.values() if slot.run is not None)
        return msgspec.json.encode(_State(self.bench, self._station(), runs))

    def _station(self) -> _Station:
        return _Station(
            self._operator,
            self._letters,
            self._last_runs(),
            self._has_list,
            self._instruments,
            self._selftest,
            self._golden,
        )

    def _last_runs(self) -> tuple[RecentRun, ...]:
        """The history's, and those played here that it does not have (yet)."""
        runs = {run.run_id: run for run in (*self._past, *self._recent)}
        return tuple(sorted(runs.values(), key=lambda run: run.ended_at, reverse=True)[:RECENT_RUNS])

    def _tell_station(self) -> None:
        body = msgspec.json.encode(self._station())
        for feed in (self.feed, *self.also_told):
            feed.publish("station", body)

    def _run_changed(self, run: PlayedRun, entry: msgspec.Raw | None) -> None:
        if entry is not None:
            self.feed.publish("entry", msgspec.json.encode(_NewEntry(run.number, entry)))
            return
        if not run.is_running and run.run_id:
            order, ended_at = run.order, run.ended_at or datetime.now(UTC)
            ended = RecentRun(run.run_id, order.serial, order.product, order.operator, run.verdict, ended_at)
            self._recent.appendleft(msgspec.structs.replace(ended, is_marginal=run.is_marginal))
            self._tell_station()
        self.feed.publish("run", msgspec.json.encode(_shown(run)))
        if not run.is_running:
            for act in self.when_ended:
                act(run)


def _shown(run: PlayedRun) -> _Run:
    order = run.order
    return _Run(
        run.slot,
        run.number,
        order.serial,
        order.product,
        order.operator,
        order.is_provisional,
        run.started_at,
        run.is_running,
        run.entries,
    )

"""What the clerk's page knows: the order on the desk and its accounts, the open orders, the programmers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from itertools import count

import msgspec

from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.console.burn_board import NewEntry, ShownOrder, State, Work, shown_site
from station.console.burn_shift import Shift
from station.console.burn_site import BurnSite, PlayedBurn, Words
from station.console.desk import BenchCard, Desk
from station.console.feed import Feed
from station.gates.burn_order import ORDER, BurnCase, ask_image, ask_order, closed
from station.gates.socket_wear import ask_socket
from station.history.sockets import SocketLog, SocketWear
from station.model.clock import Clock
from station.model.custody import CustodyEvent, ScrapReason
from station.model.errors import GateClosed, OperatorError, StationError, StorageError
from station.model.run_record import UnitRef
from station.outbox.burn_state import OpenOrder, read_burn_state
from station.outbox.order_book import OrderBook
from station.outbox.order_events import OrderAccount
from station.outbox.order_sheet import ToldOrder
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache, unit_of
from station.playing.custody import HandOver, hand_over

logger = logging.getLogger(__name__)


class BurnDesk:
    """Holds the state and tells the feed of each change, on the event loop's thread; disk and net are on others."""

    def __init__(self, desk: Desk, bench: BenchFile, settings: Settings, clock: Clock, command: Sequence[str]) -> None:
        """``command`` are the words that burn, without the order and the programmer."""
        self._desk = desk
        self._bench = bench
        self._settings = settings
        self._clock = clock
        numbers = count(1)
        self.sites = {
            row.name: BurnSite(row.name, row.sockets[0], command, self._burn_changed, lambda: next(numbers))
            for row in bench.programmers.values()
        }
        self.feed = Feed(self.snapshot)
        self._told: ToldOrder | None = None
        self._order: ShownOrder | None = None
        self._open: tuple[OpenOrder, ...] = ()
        self._shift = Shift()
        self._scans = self._scanning = 0
        self._asking, self._looking = asyncio.Lock(), asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.when_passed: list[Callable[[BurnSite, PlayedBurn], None]] = []
        desk.also_told.append(self.feed)
        desk.busy.append(lambda: self.is_burning)
        desk.when_posted.append(self._letters_moved)

    @property
    def bench(self) -> BenchCard:
        """The bench as its file names it."""
        return self._desk.bench

    @property
    def is_burning(self) -> bool:
        """Whether an IC is burned at any programmer."""
        return any(site.is_running for site in self.sites.values())

    @property
    def order(self) -> ShownOrder | None:
        """The order that was scanned."""
        return self._order

    async def scan(self, text: str) -> None:
        """Lay the order of that number on the desk; the last that was scanned, whichever is told of first.

        Raises StationError where there is none that can be told of.
        """
        self._scans += 1
        number = self._scans
        self._scanning += 1
        try:
            told = await asyncio.to_thread(OrderBook(self._settings, self._clock).told, text)
            if number == self._scans:
                self._told, self._order = told, None
                await self._look()
        finally:
            self._scanning -= 1

    def put_away(self) -> None:
        """No order lies on the desk any more."""
        self._scans += 1
        self._told = self._order = None
        self._tell_work()

    async def hand_over(
        self, event: CustodyEvent, quantity: int, reason: ScrapReason | None, note: str, burn: str | None
    ) -> None:
        """Put on record that ICs of the order change hands. Raises StationError for what cannot be."""
        self._require_settled()
        if self._told is None:
            raise OperatorError("no order lies on the desk", "台面上没有委托单")
        said = HandOver(self._told.sheet.no, event, quantity, self._desk.operator, reason, note, burn)
        await asyncio.to_thread(hand_over, said, self._bench, self._settings, self._clock)
        if reason is not None:
            self._shift.note_scrap(said.operator, reason, quantity)
        await self.look()

    def require_shown(self, no: str) -> None:
        """Raises GateClosed where the page that says something shows another order than lies on the desk by now."""
        if self._told is not None and no not in ("", self._told.sheet.no):
            raise closed(
                ORDER,
                f"{self._told.sheet.no} lies on the desk by now, not {no}: look at the page, then say it again",
                f"台面上现在是 {self._told.sheet.no}，不是 {no}：请核对页面后重试",
            )

    async def start(self, unit: str) -> int:
        """Burn at every programmer in use that is free, as many as the order still needs; gives how many were started.

        Raises OperatorError without an operator or an order, GateClosed while another order is being asked for.
        """
        self._require_settled()
        order = self._order
        if order is None or not self._desk.operator:
            raise OperatorError(
                "no order lies on the desk, or nobody has signed on", "台面上没有委托单，或尚未登录姓名"
            )
        running = sum(site.is_running for site in self.sites.values())
        left = order.account.burnable(order.sheet.kind)
        free = [site for site in self.sites.values() if site.is_used and not site.is_running]
        chosen = free[: max(left - running, 0)]
        for site in chosen:
            await site.start(order.sheet.no, self._desk.operator, unit)
        return len(chosen)

    def add_entry(self, site: BurnSite, burn: PlayedBurn, told: msgspec.Struct) -> None:
        """Something more about a burn that has ended."""
        entry = msgspec.Raw(msgspec.json.encode(told))
        burn.entries.append(entry)
        if site.burn is burn:
            self.feed.publish("entry", msgspec.json.encode(NewEntry(site.name, burn.number, entry)))

    def use(self, name: str, is_used: bool) -> None:
        """Leave a programmer out of the next burns, or take it in again."""
        self.sites[name].is_used = is_used
        self._tell_site(self.sites[name])

    async def look(self) -> None:
        """Read everything anew that others may have changed: the order's accounts, the open orders, the sockets."""
        try:
            await self._look()
        except StorageError as error:
            logger.warning("the clerk's page is not up to date: %s", error)

    async def _look(self) -> None:
        """One look after the other, so that none brings back what an earlier one saw. Raises StorageError."""
        async with self._looking:
            told = self._told
            order, self._open, wears = await asyncio.to_thread(self._seen, told)
        if told is self._told:  # else another order, or none, was laid there meanwhile
            self._order = order
        for name, (wear, problem) in wears.items():
            site = self.sites[name]
            if (site.wear, site.problem) != (wear, problem):
                site.wear, site.problem = wear, problem
                self._tell_site(site)
        self._tell_work()

    async def stop(self) -> None:
        """Abort every burn and wait for its end."""
        await asyncio.gather(*(site.stop() for site in self.sites.values()))

    def snapshot(self) -> bytes:
        """Everything a page needs to draw itself, as JSON."""
        sites = tuple(shown_site(site) for site in self.sites.values())
        return msgspec.json.encode(State(self._desk.bench, self._desk.station_now(), self._shown_work(), sites))

    def _seen(
        self, told: ToldOrder | None
    ) -> tuple[ShownOrder | None, tuple[OpenOrder, ...], dict[str, tuple[SocketWear, Words | None]]]:
        """On another thread: all of this reads the disk."""
        state = read_burn_state(self._settings.cached_state)
        shown = None
        if told is not None:
            shown = self._shown_order(told, Spool(self._settings.outbox).account_of(told))
        log = SocketLog(self._settings.history, self._bench.station_id)
        wears = {name: self._wear(log, name, site.socket) for name, site in self.sites.items()}
        return shown, state.orders or (), wears

    def _shown_order(self, told: ToldOrder, account: OrderAccount) -> ShownOrder:
        sheet, at = told.sheet, self._clock.utc()
        unit: UnitRef | None = None
        if sheet.unit is not None:  # who holds it is asked when it is scanned
            unit = unit_of(sheet.unit.serial, StateCache(self._settings.cached_state).valid_at(at))
        state = read_burn_state(self._settings.cached_state)
        refusal: Words | None = None
        try:
            ask_order(BurnCase(told, account, unit, state, at))
            ask_image(state, sheet.image.sha256, sheet.image.content_sha256)
        except GateClosed as gate:
            refusal = Words(gate.problem, gate.zh)
        return ShownOrder(sheet, account, account.in_hand, account.left, told.problem, refusal, sheet.unit is not None)

    def _wear(self, log: SocketLog, name: str, socket: str) -> tuple[SocketWear, Words | None]:
        wear = log.wear(name, socket)
        try:
            ask_socket(self._bench.programmers[name], wear)
        except GateClosed as gate:
            return wear, Words(str(gate), gate.zh)
        return wear, None

    def _shown_work(self) -> Work:
        return Work(self._order, self._open, self._shift.told(self._desk.operator))

    def _tell_work(self) -> None:
        self.feed.publish("work", msgspec.json.encode(self._shown_work()))

    def _tell_site(self, site: BurnSite) -> None:
        self.feed.publish("site", msgspec.json.encode(shown_site(site)))

    def _burn_changed(self, site: BurnSite, entry: msgspec.Raw | None) -> None:
        burn = site.burn
        if entry is not None and burn is not None:
            self.feed.publish("entry", msgspec.json.encode(NewEntry(site.name, burn.number, entry)))
            return
        if burn is not None and not burn.is_running:
            self._shift.note_burn(self._desk.operator, burn.result)
            if burn.result == "PASS":
                for hear in self.when_passed:
                    hear(site, burn)
            self._later(self._refreshed())
        self._tell_site(site)

    async def _refreshed(self) -> None:
        """What the server knows by now, where it can be asked; whoever asks later is told later."""
        async with self._asking:
            told = self._told
            if told is not None:
                try:
                    fresh = await asyncio.to_thread(OrderBook(self._settings, self._clock).told, told.sheet.no)
                except StationError as error:
                    logger.info("the order stays as it was told: %s", error)
                else:
                    self._told = fresh if self._told is told else self._told
        await self.look()

    def _letters_moved(self) -> None:
        """What was counted beside the server's account may be in it by now: asked anew, neither is counted twice."""
        if not self.is_burning:
            self._later(self._refreshed())

    def _require_settled(self) -> None:
        """What lies on the desk is not what was scanned last."""
        if self._scanning:
            raise closed(
                ORDER,
                "the order that was scanned is being asked for: wait until it is shown",
                "正在查询刚扫描的委托单：请等待其显示",
            )

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

"""A burn by order: what is burned into which IC comes from the order alone; nothing is chosen at the bench."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.gates.burn_order import ORDER, BurnCase, ask_image, ask_order, closed
from station.ic_programmer.chip_types import ChipType, read_chip_types
from station.ic_programmer.image import Image, base_in, load_image
from station.ic_programmer.job import BurnJob, BurnOptions
from station.ic_programmer.serialisation import kept_back, serialised
from station.ic_programmer.setting import parse_settings
from station.model.burn_record import ImageRef
from station.model.clock import Clock
from station.model.errors import GateClosed, OperatorError, ServerError
from station.model.ids import new_id
from station.model.serialisation import SerialNumber, Stretch
from station.outbox.burn_state import read_burn_state
from station.outbox.lease_requests import KeptRequest, answered, request_for
from station.outbox.leases import lease_numbers
from station.outbox.order_book import OrderBook
from station.outbox.order_claims import claim, claim_numbers, claimed, keep_numbers
from station.outbox.order_events import OrderAccount, account_of
from station.outbox.order_sheet import OrderSheet, SheetOptions, ToldOrder
from station.outbox.outbox_file import outbox_transaction
from station.outbox.state_cache import StateCache, unit_of
from station.playing.burn_claims import claimer, release_killed, release_own
from station.playing.burn_order import BurnOrder
from station.playing.burn_start import BurnPlace, burn_started

MOST_LEASED = 10
"""Numbers that are fetched at once: so many ICs can be burned while the server is away."""
MOST_ASKS = 3
"""Others may take the numbers that were leased for all; estimate: nobody is overtaken so often."""


def order_burn(no: str, unit: str, place: BurnPlace, bench: BenchFile, settings: Settings, clock: Clock) -> BurnOrder:
    """The burn of the next IC of the order ``no``; ``unit`` is the serial that was scanned, empty for none.

    Raises GateClosed where it may not be burned; OperatorError, ServerError, ConfigError, StorageError.
    """
    at = clock.utc()
    book = OrderBook(settings, clock)
    told = book.told(no)
    sheet = told.sheet
    target = read_chip_types().get(sheet.target)
    if target is None:
        raise OperatorError(
            f"{sheet.no} is for a {sheet.target}, which this station does not know: update its targets",
            f"{sheet.no} 要求的芯片 {sheet.target} 本机不认识：请更新芯片表",
        )
    state = read_burn_state(settings.cached_state)
    ref = unit_of(unit, StateCache(settings.cached_state).valid_at(at)) if unit else None
    with outbox_transaction(settings.outbox) as database:
        account = account_of(database, told)
    ask_order(BurnCase(told, account, ref, state, at))
    ask_image(state, sheet.image.sha256, sheet.image.content_sha256)
    image = ordered_image(book, sheet, target)
    started = burn_started(place, bench, sheet.kind, target.name, image_ref(image, sheet), at)
    started = replace(started, order=sheet.no, unit=sheet.unit)
    job = BurnJob(image, target, ordered_options(sheet.options))
    return BurnOrder(settings, bench, job, started, clock, _Claim(told).prepared)


def ordered_image(book: OrderBook, sheet: OrderSheet, target: ChipType) -> Image:
    """The order's image, hashed just now, without the stretches that the chip keeps."""
    file = book.image_file(sheet.image)
    base = sheet.base_address or base_in(file, target.base)
    image = load_image(file, target.size_bytes, sheet.image.version, base, sheet.keeps_holes)
    if sheet.image.content_sha256 not in ("", image.sha256):
        raise ServerError(
            f"{sheet.no}: what {sheet.image.name} puts into a chip is not what the server says it does",
            f"{sheet.no}：程序 {sheet.image.name} 写入芯片的内容与服务器所述不符，请联系售后工程师",
        )
    image = replace(image, name=sheet.image.name)
    kept = [Stretch(row.address, row.length) for row in sheet.preserve]
    return kept_back(image, kept) if kept else image


def ordered_options(asked: SheetOptions) -> BurnOptions:
    """How the order has it burned. Raises OperatorError for settings of protection that are none."""
    return BurnOptions(
        has_backup=asked.backup,
        has_blank_check=asked.blank_check,
        has_final_read_back=asked.proof == "readback_final",
        is_said_blank=asked.erase == "none",
        erases_all_blocks=asked.erase == "all",
        needs_steady_contact=not asked.lower_clock,
        lifts_protection=asked.lifts_protection,
        protection=parse_settings(asked.protection),
    )


def image_ref(image: Image, sheet: OrderSheet) -> ImageRef:
    """How the record names what is burned; the file too, where it is not the same."""
    file_sha256 = "" if image.sha256 == sheet.image.sha256 else sheet.image.sha256
    return ImageRef(image.name, image.version, image.sha256, image.size_bytes, file_sha256)


class _Claim(msgspec.Struct, frozen=True):
    """What is still to be claimed once the programmer is ours."""

    told: ToldOrder

    def prepared(self, order: BurnOrder) -> BurnOrder:
        """``order`` with an IC claimed and its numbers in the image. Raises GateClosed, OperatorError, ServerError."""
        start, sheet = order.start, self.told.sheet
        try:
            self._claim(order)
        except GateClosed:  # unless some of those that hold the rest were killed
            release_killed(order, sheet.no)
            self._claim(order)
        spec = sheet.serialisation
        if spec is None:
            return order
        pools = tuple(dict.fromkeys(field.pool for field in spec.fields))
        numbers = self._numbers(order, pools)
        image = serialised(order.job.image, spec, {field.name: numbers[field.pool] for field in spec.fields})
        texts = tuple(numbers[pool].text for pool in pools)
        started = replace(start, image=image_ref(image, sheet), serial_numbers=texts)
        return replace(order, job=replace(order.job, image=image), start=started)

    def _claim(self, order: BurnOrder) -> None:
        no, burn_id = self.told.sheet.no, order.start.burn_id
        with outbox_transaction(order.settings.outbox) as database:
            release_own(database, order)
            self._require_left(account_of(database, self.told), claimed(database, no, burn_id))
            claim(database, no, burn_id, claimer(order))

    def _require_left(self, account: OrderAccount, beside: int) -> None:
        """The last IC of an order is not burned twice by two programmers."""
        sheet = self.told.sheet
        if account.burnable(sheet.kind) - beside <= 0:
            raise closed(
                ORDER,
                f"{sheet.no} needs no further IC as long as {beside} are being burned: wait until they have ended."
                " If none is, the station's log names the burn whose journal a person must look at.",
                f"{sheet.no} 正在烧录 {beside} 片，暂不需要更多芯片：请等待其完成。"
                "若没有正在烧录的芯片，请按工位日志人工检查未能读取的烧录记录。",
            )

    def _numbers(self, order: BurnOrder, pools: Sequence[str]) -> Mapping[str, SerialNumber]:
        """One number of each pool; what this station has not, the server leases."""
        found = dict(self._claimed(order, pools))
        for _ in range(MOST_ASKS):
            missing = [pool for pool in pools if pool not in found]
            if not missing:
                break
            refusals = [refusal for pool in missing if (refusal := self._leased(order, pool)) is not None]
            found |= self._claimed(order, missing)  # the server gave none, but another burn has just leased enough
            if refusals and not found.keys() >= set(missing):
                raise refusals[0]
        for pool in pools:
            if pool not in found:
                raise ServerError(
                    f"the numbers of {pool} that the server gave are used or have expired: scan again",
                    f"服务器分配的 {pool} 序列号已用完或过期：请重新扫描",
                )
        return found

    def _leased(self, order: BurnOrder, pool: str) -> OperatorError | None:
        """Have the server lease numbers, by the request that a kill or a broken line left without its answer, if any.

        Gives why it will not. Raises ServerError where it cannot be asked: the request then stands.
        """
        no = self.told.sheet.no
        with outbox_transaction(order.settings.outbox) as database:
            count = max(min(account_of(database, self.told).left, MOST_LEASED), 1)
            request = request_for(database, no, pool, KeptRequest(new_id(order.clock.utc()), count))
        lease, refusal = None, None
        try:
            lease = lease_numbers(order.settings, request.id, no, pool, request.count)
        except OperatorError as error:
            refusal = error
        with outbox_transaction(order.settings.outbox) as database:
            answered(database, request.id)
            if lease is not None:
                keep_numbers(database, no, pool, lease.numbers, lease.expires_at)
        return refusal

    def _claimed(self, order: BurnOrder, pools: Sequence[str]) -> Mapping[str, SerialNumber]:
        with outbox_transaction(order.settings.outbox) as database:
            return claim_numbers(database, self.told.sheet.no, order.start.burn_id, pools, order.clock.utc())

"""The clerk's page, its state and stream, and what a page may tell: which order, burn, stop, what became of ICs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sse_starlette import EventSourceResponse

from station.console.burn_desk import BurnDesk
from station.console.commands import Order, Refused, done, refusing
from station.console.page import answered, draw
from station.console.player import SlotIdle
from station.console.seat import Seat
from station.model.custody import CustodyEvent, ScrapReason
from station.model.errors import GateClosed, OperatorError, ServerError, StationError
from station.model.ids import canonical_serial


class Scan(Order):
    """What was scanned."""

    code: str = Field(max_length=500)


class Burn(Order):
    """Start; ``unit`` is the serial that was scanned where the order is for one, ``order`` what the page shows."""

    order: str = Field(default="", max_length=40)

    unit: str = Field(default="", max_length=500)


class AtSite(Order):
    """A programmer."""

    site: str = Field(max_length=100)


class Use(AtSite):
    """Whether the programmer takes part."""

    is_used: bool


class HandOver(Order):
    """ICs change hands for ``order``, which the page shows."""

    order: str = Field(default="", max_length=40)
    event: CustodyEvent
    quantity: int = Field(ge=1, le=1_000_000)
    reason: ScrapReason | None = None
    note: str = Field(default="", max_length=500)
    burn: str | None = Field(default=None, max_length=40)


def burn_routes(burns: BurnDesk, seat: Seat) -> APIRouter:
    """All of it under /burn."""
    router = APIRouter(prefix="/burn")

    @router.get("")
    async def page(request: Request, lang: str = "") -> Response:
        await burns.look()
        return answered(request, lang, lambda language: draw("/burn", burns.bench, burns.snapshot(), language))

    @router.get("/state")
    async def state() -> Response:
        return Response(burns.snapshot(), media_type="application/json", headers={"Cache-Control": "no-store"})

    @router.get("/events")
    async def events() -> Response:
        return EventSourceResponse(burns.feed.follow(), ping=10)

    _add_order_commands(router, burns, seat)
    _add_site_commands(router, burns)
    return router


def _add_order_commands(router: APIRouter, burns: BurnDesk, seat: Seat) -> None:
    """What concerns the order on the desk."""

    @router.post("/commands/scan")
    async def scan(said: Scan) -> Response:
        seat.touch()
        if burns.is_burning:
            raise Refused(409, "burn.busy")
        with telling():
            await burns.scan(said.code)
        return done()

    @router.post("/commands/put-away")
    async def put_away() -> Response:
        if burns.is_burning:
            raise Refused(409, "burn.busy")
        burns.put_away()
        return done()

    @router.post("/commands/start")
    async def start(said: Burn) -> Response:
        seat.touch()
        with telling():
            burns.require_shown(said.order)
        _require_startable(burns, said.unit)
        with telling(), refusing():
            if not await burns.start(said.unit):
                raise Refused(409, "burn.none_free")
        return done()

    @router.post("/commands/hand-over")
    async def hand_over(said: HandOver) -> Response:
        seat.touch()
        if burns.is_burning:
            raise Refused(409, "burn.busy")
        with telling():
            burns.require_shown(said.order)
            await burns.hand_over(said.event, said.quantity, said.reason, said.note, said.burn)
        return done()


def _add_site_commands(router: APIRouter, burns: BurnDesk) -> None:
    """What concerns one programmer, or stops all."""

    @router.post("/commands/use")
    async def use(said: Use) -> Response:
        if said.site not in burns.sites:
            raise Refused(422, "no_slot")
        burns.use(said.site, said.is_used)
        return done()

    @router.post("/commands/abort")
    async def abort(said: AtSite) -> Response:
        if said.site not in burns.sites:
            raise Refused(422, "no_slot")
        with refusing():
            await burns.sites[said.site].abort()
        return done()

    @router.post("/commands/abort-all")
    async def abort_all() -> Response:
        async def one(name: str) -> None:
            with suppress(SlotIdle):
                await burns.sites[name].abort()

        await asyncio.gather(*(one(name) for name in burns.sites))
        return done()


def _require_startable(burns: BurnDesk, unit: str) -> None:
    order = burns.order
    if order is None:
        raise Refused(409, "burn.no_order")
    if order.closed is not None:
        raise Refused(409, "burn.told", {"en": order.closed.en, "zh": order.closed.zh})
    if order.sheet.unit is None:
        return
    with telling():
        serial = canonical_serial(unit) if unit else ""
    if serial != order.sheet.unit.serial:
        raise Refused(409, "burn.other_unit", {"serial": order.sheet.unit.serial})


@contextmanager
def telling() -> Iterator[None]:
    """What stands in the way, in the words of the error."""
    try:
        yield
    except GateClosed as error:
        raise Refused(409, "burn.told", {"en": error.problem, "zh": error.zh}) from None
    except ServerError as error:
        raise Refused(409, "burn.told", {"en": str(error), "zh": error.zh}) from None
    except OperatorError as error:
        raise Refused(422, "burn.told", {"en": str(error), "zh": error.zh}) from None
    except StationError as error:
        raise Refused(500, "burn.told", {"en": str(error), "zh": ""}) from None

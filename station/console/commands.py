"""What a page may tell the console: who is there, which unit, what was ticked or answered, stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from station.console.desk import Desk
from station.console.player import SlotBusy, SlotIdle
from station.console.seat import Seat, ShiftRunning
from station.console.slot import RunOrder, Slot
from station.model.errors import OperatorError
from station.model.ids import canonical_serial


@dataclass(frozen=True, slots=True)
class Products:
    """Which plan a unit is tested by: ``of_serial`` gives the product of the matching rule, empty where none matches;
    ``names`` are those that can be tested in each slot, ``golden`` the serials of this bench's golden units as they
    are set at the moment."""

    of_serial: Callable[[str], str]
    names: Mapping[str, Sequence[str]]
    golden: Callable[[], Mapping[str, str]] = dict

    def purpose_of(self, serial: str, product: str) -> str:
        """A golden unit is tested for what it says of the bench, and never to be shipped."""
        return "golden" if self.golden().get(product) == serial else "outgoing"


class Order(BaseModel):
    """A command's body: exactly its fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


class InSlot(Order):
    """``slot`` may be left out where there is only one."""

    slot: str = Field(default="", max_length=100)


class Start(InSlot):
    """A serial as scanned; ``product`` only where no rule knows it."""

    serial: str = Field(max_length=500)
    product: str = Field(default="", max_length=100)


class ToPrompt(InSlot):
    """What answers the prompt of this id."""

    prompt_id: str = Field(max_length=100)


class Answer(ToPrompt):
    """The items that are there."""

    present: list[str] = Field(max_length=200)


class Confirm(ToPrompt):
    """It is so, or not."""

    is_so: bool


class Enter(ToPrompt):
    """What was typed where a number is asked for."""

    text: str = Field(max_length=40)


class Choose(ToPrompt):
    """The name of what was chosen."""

    option: str = Field(max_length=100)


@dataclass(eq=False)
class Refused(Exception):
    """A command that is not done; ``problem`` is a key of the page's words, ``facts`` fill them.

    The status is 200 where nothing is wrong and the page has to ask the operator for more.
    """

    status: int
    problem: str
    facts: Mapping[str, object] = field(default_factory=dict)


async def refusal(_: Request, refused: Exception) -> Response:
    """The answer to a refused command."""
    if not isinstance(refused, Refused):
        raise refused
    return JSONResponse({"problem": refused.problem, **refused.facts}, status_code=refused.status)


def command_routes(desk: Desk, products: Products, seat: Seat) -> APIRouter:
    """The commands; each answers 204, or 409 or 422 with what is in the way."""
    router = APIRouter(prefix="/commands")

    @router.post("/start")
    async def start(order: Start) -> Response:
        seat.touch()
        await _start(desk, products, seat, order)
        return done()

    async def pass_on(command: str, order: ToPrompt) -> Response:
        with refusing():
            await slot_of(desk, order).answer(command, order.model_dump(exclude={"slot"}))
        return done()

    @router.post("/answer")
    async def answer(order: Answer) -> Response:
        return await pass_on("answer", order)

    @router.post("/confirm")
    async def confirm(order: Confirm) -> Response:
        return await pass_on("confirm", order)

    @router.post("/enter")
    async def enter(order: Enter) -> Response:
        return await pass_on("enter", order)

    @router.post("/choose")
    async def choose(order: Choose) -> Response:
        return await pass_on("choose", order)

    @router.post("/abort")
    async def abort(order: InSlot | None = None) -> Response:
        with refusing():
            await slot_of(desk, order or InSlot()).abort()
        return done()

    @router.post("/abort-all")
    async def abort_all() -> Response:
        await asyncio.gather(*(_abort(slot) for slot in desk.slots.values()))
        return done()

    return router


async def _abort(slot: Slot) -> None:
    """Of all at once: one that does not listen holds up no other."""
    with suppress(SlotIdle):
        await slot.abort()


def slot_of(desk: Desk, order: InSlot) -> Slot:
    """The slot that is meant; raises Refused where none can be."""
    name = order.slot or (desk.bench.slots[0] if len(desk.bench.slots) == 1 else "")
    if name not in desk.slots:
        raise Refused(422, "no_slot")
    return desk.slots[name]


async def _start(desk: Desk, products: Products, seat: Seat, order: Start) -> None:
    """Start the run; where no rule knows the serial it may be the badge of whoever comes next."""
    try:
        serial = canonical_serial(order.serial)
    except OperatorError as error:
        raise Refused(422, "bad_serial", {"detail": str(error)}) from None
    slot = slot_of(desk, order)
    by_rule, names = products.of_serial(serial), products.names[slot.name]
    product = by_rule or order.product
    if not desk.operator:
        raise Refused(409, "no_operator")
    if slot.is_running:
        raise Refused(409, "busy")
    if not product:
        with refusing():
            is_badge = await seat.change(order.serial)
        if is_badge:
            return
        raise Refused(200, "unknown_serial", {"serial": serial, "products": list(names)})
    if product not in names:
        raise Refused(422, "unknown_product", {"product": product})
    with refusing():
        purpose = products.purpose_of(serial, product)
        await desk.start(slot, RunOrder(serial, product, desk.operator, not by_rule, purpose))


@contextmanager
def refusing() -> Iterator[None]:
    """What the slot cannot do becomes a refusal."""
    try:
        yield
    except (SlotBusy, ShiftRunning):
        raise Refused(409, "busy") from None
    except SlotIdle:
        raise Refused(409, "idle") from None


def done() -> Response:
    """The answer to a command that was done."""
    return Response(status_code=204)

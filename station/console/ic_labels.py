"""Has the label of an IC printed: by itself when its burn has passed, again when asked."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Response
from pydantic import Field

from station.console.burn_desk import BurnDesk
from station.console.burn_site import BurnSite, PlayedBurn
from station.console.commands import Order, Refused
from station.console.label_queue import LabelQueue


class IcLabels:
    """Of the last IC of each programmer."""

    def __init__(self, burns: BurnDesk, queue: LabelQueue) -> None:
        self._burns = burns
        self._queue = queue

    def passed(self, site: BurnSite, burn: PlayedBurn) -> None:
        """Print the first label; the burn's letter was in the outbox before its result was told."""
        self.ask(site, burn, 1)

    def ask(self, site: BurnSite, burn: PlayedBurn, number: int) -> None:
        """Begin print ``number`` of the IC's label; raises Refused where that one was asked for before."""
        self._queue.ask(burn.burn_id, number, partial(self._burns.add_entry, site, burn))


class PrintIcLabel(Order):
    """The label of which burn, of the last IC at ``site``; ``number`` as the page counts the prints."""

    site: str = Field(max_length=100)
    burn_id: str = Field(max_length=100)
    number: int = Field(ge=1, le=1000)


def ic_label_routes(burns: BurnDesk, labels: IcLabels) -> APIRouter:
    """The command that prints again."""
    router = APIRouter(prefix="/burn/commands")

    @router.post("/print-label")
    async def print_label(said: PrintIcLabel) -> Response:
        site = burns.sites.get(said.site)
        burn = site.burn if site is not None else None
        if site is None or burn is None or burn.burn_id != said.burn_id or burn.result != "PASS":
            raise Refused(409, "no_label")
        labels.ask(site, burn, said.number)
        return Response(status_code=204)

    return router

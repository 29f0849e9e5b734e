"""The home page of each role, and the page of the one search box."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import CurrentUser, InSettings, Now, Reading, require
from server.admin.queries import User
from server.db.span import day_of
from server.desk.figures import Desk
from server.desk.homes import homes
from server.desk.lists import LISTS
from server.desk.queries import MAX_TEXT, MOST_IN_A_LIST, find, listed_serials, look_up, the_only
from server.desk.tiles import TILES
from server.web.render import page

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@router.get("/")
def home_page(request: Request, user: CurrentUser, connection: Reading, settings: InSettings, at: Now) -> Response:
    """What waits for somebody of this role: numbers that lead to their ledgers, and the nearest lines of some."""
    today = at.astimezone(settings.zone).date()
    desk = Desk(connection, user, at, day_of(at, settings.zone), today)
    home = homes()[user.role]
    decisions = [name for name, tile in TILES.items() if tile.is_decision]
    tiles = [TILES[name] for name in dict.fromkeys((*decisions, *home.tiles))]
    counted = [(tile, tile.count(desk)) for tile in tiles if not tile.action or user.may(tile.action)]
    wanted = [(name, LISTS[name]) for name in home.lists]
    lists = [(name, one, one.context(desk)) for name, one in wanted if not one.action or user.may(one.action)]
    return page(
        request,
        "desk/home.html",
        user=user,
        today=today.isoformat(),
        tiles=[(tile, count) for tile, count in counted if count or not (tile.is_rare or tile.is_decision)],
        lists=[(name, one, context) for name, one, context in lists if context["rows"] or not one.is_rare],
    )


@router.get("/find")
def find_page(request: Request, user: Reader, connection: Reading, text: str = "") -> Response:
    """Whatever has a number like ``text``; a whole number opens its page at once, a list of serials is looked up."""
    text = text.strip()[:MAX_TEXT]
    serials = listed_serials(text)
    found = [] if serials else find(connection, text)
    only = the_only(found, text)
    if only is not None and "hx-request" not in request.headers:
        return RedirectResponse(only.path, status_code=303)
    return page(
        request,
        "desk/find.html",
        user=user,
        text="\n".join(serials) or text,
        found=found,
        listed=look_up(connection, serials[:MOST_IN_A_LIST]),
        left_out=len(serials[MOST_IN_A_LIST:]),
    )

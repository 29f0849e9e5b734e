"""Takes the photo that a run asks for: kept on the station's disk first, then named to the run."""

from __future__ import annotations

import asyncio
import base64
import binascii
from pathlib import Path

from fastapi import APIRouter, Response
from pydantic import Field

from station.console.commands import Refused, ToPrompt, done, refusing, slot_of
from station.console.desk import Desk
from station.model.errors import OperatorError, StorageError
from station.playing.photos import MAX_BYTES, keep_photo

MAX_PICTURE_CHARACTERS = 4 * (MAX_BYTES // 3 + 1)


class Photo(ToPrompt):
    """A picture as base64: a page tells a console nothing but JSON."""

    picture: str = Field(max_length=MAX_PICTURE_CHARACTERS)


def photo_routes(desk: Desk, photos: Path) -> APIRouter:
    """The command ``photo``; what is taken is kept in the folder ``photos``."""
    router = APIRouter(prefix="/commands")

    @router.post("/photo")
    async def photo(order: Photo) -> Response:
        slot = slot_of(desk, order)
        sha256 = await asyncio.to_thread(_kept, photos, order.picture)
        with refusing():
            await slot.answer("photo", {"prompt_id": order.prompt_id, "sha256": sha256})
        return done()

    return router


def _kept(photos: Path, picture: str) -> str:
    """The digest of the photo; raises Refused for what is no whole picture, or where the disk does not take it."""
    try:
        return keep_photo(photos, base64.b64decode(picture, validate=True)).sha256
    except (binascii.Error, OperatorError):
        raise Refused(422, "bad_photo") from None
    except StorageError:
        raise Refused(422, "photo_not_kept") from None

"""Takes the photo that a run asks for: kept on the station's disk first, then named to the run."""

from __future__ import annotations

import asyncio
import base64
import binascii
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from station.console.bench_camera import BenchCamera
from station.console.commands import InSlot, Refused, ToPrompt, done, refusing, slot_of
from station.console.desk import Desk
from station.model.errors import OperatorError, StationError, StorageError
from station.playing.photos import MAX_BYTES, keep_photo

MAX_PICTURE_CHARACTERS = 4 * (MAX_BYTES // 3 + 1)


class Photo(ToPrompt):
    """A picture as base64: a page tells a console nothing but JSON."""

    picture: str = Field(max_length=MAX_PICTURE_CHARACTERS)


def photo_routes(desk: Desk, photos: Path, camera: BenchCamera | None = None) -> APIRouter:
    """The command ``photo``; what is taken is kept in the folder ``photos``.

    ``bench-photo`` has ``camera`` look, and keeps nothing: the page shows the picture, and a person takes it over.
    """
    router = APIRouter(prefix="/commands")
    looking = asyncio.Lock()

    @router.post("/photo")
    async def photo(order: Photo) -> Response:
        slot = slot_of(desk, order)
        sha256 = await asyncio.to_thread(_kept, photos, order.picture)
        with refusing():
            await slot.answer("photo", {"prompt_id": order.prompt_id, "sha256": sha256})
        return done()

    @router.post("/bench-photo")
    async def bench_photo(order: InSlot) -> Response:
        slot = slot_of(desk, order)
        if camera is None or slot.name not in camera.slots:
            raise Refused(422, "no_camera")
        try:
            async with looking:
                picture = await asyncio.to_thread(camera.take, slot.name)
        except StationError as error:
            raise Refused(409, "camera", {"detail": str(error)}) from None
        return JSONResponse({"problem": "", "picture": base64.b64encode(picture).decode("ascii")})

    return router


def _kept(photos: Path, picture: str) -> str:
    """The digest of the photo; raises Refused for what is no whole picture, or where the disk does not take it."""
    try:
        return keep_photo(photos, base64.b64decode(picture, validate=True)).sha256
    except (binascii.Error, OperatorError):
        raise Refused(422, "bad_photo") from None
    except StorageError:
        raise Refused(422, "photo_not_kept") from None

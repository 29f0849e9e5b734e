"""The pictures that a run's page shows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import FileResponse

from server.admin.access import InSettings, Reading, require
from server.admin.queries import User
from server.attachments.photo_file import attachment_store
from server.attachments.queries import attachment_of
from server.errors import NotFound, StorageError

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@router.get("/attachments/{sha256}")
def attachment_picture(
    user: Reader, connection: Reading, settings: InSettings, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
) -> FileResponse:
    """The picture as the station sent it."""
    found = attachment_of(connection, sha256)
    if found is None:
        raise NotFound("no such photo was sent yet")
    path = attachment_store(settings.data_dir).path(sha256)
    if not path.is_file():
        raise StorageError(f"{path} is missing: restore it from a backup")
    return FileResponse(path, media_type=found.media_type, headers={"Cache-Control": "private, max-age=86400"})

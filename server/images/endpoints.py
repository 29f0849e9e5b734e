"""The bytes of an image, for stations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse

from server.admin.access import CurrentStation, InDatabase, InSettings
from server.errors import NotFound, NotInForce, StorageError
from server.images.queries import APPROVED, image_by_sha256
from server.images.store import store_of

router = APIRouter(prefix="/v1", tags=["stations"])


@router.get(
    "/images/{sha256}",
    response_class=FileResponse,
    responses={409: {"description": "Not approved, or withdrawn; ``state`` says which"}},
)
def get_image(
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    station: CurrentStation,
    database: InDatabase,
    settings: InSettings,
) -> FileResponse:
    """The file as it was uploaded; ranges are answered, so that a broken transfer goes on where it ended."""
    with database.reading() as connection:  # a slow station must not keep one of the few connections
        found = image_by_sha256(connection, sha256)
    if found is None:
        raise NotFound(f"no image {sha256}")
    if found.state != APPROVED:
        raise NotInForce(f"the image {found.name} is {found.state}", found.state)
    path = store_of(settings.data_dir).path(sha256)
    if not path.is_file():
        raise StorageError(f"{path} is missing: restore it from a backup")
    return FileResponse(path, media_type="application/octet-stream", headers={"ETag": f'"{sha256}"'})

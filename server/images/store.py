"""Where images are kept: the folder in the server's data folder, and how long a file may be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server.db.content_store import ContentStore, Incoming

MAX_IMAGE_BYTES = 256 * 1024 * 1024
"""More than the largest chip that stations know, 64 MiB, as hexadecimal text."""

__all__ = ["MAX_IMAGE_BYTES", "ImageStore", "Incoming", "store_of"]


@dataclass(frozen=True, slots=True)
class ImageStore(ContentStore):
    """The store of images."""

    most_bytes: int = MAX_IMAGE_BYTES


def store_of(data_dir: Path) -> ImageStore:
    """The store in the server's data folder."""
    return ImageStore(data_dir / "images", MAX_IMAGE_BYTES)

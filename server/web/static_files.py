"""Our own static files under URLs that change with their content."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static"


def static_files() -> StaticFiles:
    """The application to mount at ``/static``."""
    return StaticFiles(directory=FOLDER)


@lru_cache(maxsize=256)
def static_url(name: str) -> str:
    """``/static/base.css?v=1f3a9c20``; raises FileNotFoundError for a file that the build hook has not put there."""
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
    return f"{PREFIX}/{name}?v={digest[:8]}"

"""``fanji-station console``: serves the operator's page."""

from __future__ import annotations

import sys
from pathlib import Path

from station.cli.exits import Exit
from station.console.app import serve
from station.model.errors import StationError


def serve_console(bench: Path, slot: str, host: str, port: int) -> Exit:
    """Serve until a signal ends it."""
    try:
        serve(bench, slot, host, port)
    except StationError as error:
        sys.stderr.write(f"{error}\n")
        return Exit.USAGE
    except OSError as error:
        sys.stderr.write(f"{host}:{port} cannot be had: {error.strerror}\n")
        return Exit.USAGE
    return Exit.PASS

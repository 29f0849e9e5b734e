"""What can be said of a link at a moment."""

from __future__ import annotations

from enum import Enum


class LinkState(Enum):
    """Only an OPEN link answers queries; SUSPECT may still hold bytes of an exchange that went wrong."""

    CLOSED = "closed"
    OPEN = "open"
    SUSPECT = "suspect"

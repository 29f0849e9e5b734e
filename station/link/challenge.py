"""What proves that a peer answers what was asked last."""

from __future__ import annotations

import re

import msgspec


class Challenge(msgspec.Struct, frozen=True):
    """Messages whose answer nobody else could have asked for; ``answer`` matches it with its terminator."""

    messages: tuple[bytes, ...]
    answer: re.Pattern[bytes]

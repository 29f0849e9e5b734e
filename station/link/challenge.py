"""What proves that a peer answers what was asked last."""

from __future__ import annotations

import re

import msgspec


class Challenge(msgspec.Struct, frozen=True):
    """Messages whose answer nobody else could have asked for; ``answer`` matches it with its terminator.

    Where ``says`` is given, that is what the first group of ``answer`` must have: one form then does for every number
    that can be drawn, because to compile an expression takes longer than to ask.
    """

    messages: tuple[bytes, ...]
    answer: re.Pattern[bytes]
    says: bytes | None = None

    def is_all_of(self, received: bytes | bytearray) -> bool:
        """Whether ``received`` is the answer and nothing else."""
        match = self.answer.fullmatch(received)
        return match is not None and self._is_said_in(match)

    def is_end_of(self, received: bytes | bytearray) -> bool:
        """Whether ``received`` ends with the answer, whatever came before."""
        found = self.answer.finditer(received)
        return any(match.end() == len(received) and self._is_said_in(match) for match in found)

    def _is_said_in(self, match: re.Match[bytes]) -> bool:
        return self.says is None or match[1] == self.says

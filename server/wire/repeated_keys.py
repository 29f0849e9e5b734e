"""Refuses a letter that says something twice: whoever reads it again might believe the other."""

from __future__ import annotations

import json

import msgspec

from server.errors import LetterError


def refuse_repeated_keys(body: bytes, letter: msgspec.Struct) -> None:
    """Raise LetterError for a key that an object of ``body`` has twice; ``letter`` is what was decoded from it.

    A letter has every field once and no other, so a key too many is a colon too many, unless a text writes
    its colons as escapes: only then, and to name the key, is the body read a second time.
    """
    if b"\\u003" in body or body.count(b":") != msgspec.json.encode(letter).count(b":"):
        json.loads(body, object_pairs_hook=_refuse_repeated)


def _refuse_repeated(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise LetterError(key, "is there twice")
        seen.add(key)

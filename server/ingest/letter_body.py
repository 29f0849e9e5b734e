"""The bytes of a letter from a request: bounded, and its content encoding undone."""

from __future__ import annotations

import zlib

from fastapi import Request

from server.errors import TooLarge, WrongEncoding

MAX_LETTER_BYTES = 16 * 1024 * 1024
"""More than the largest letter that its schema allows in practice: 50 curves of 2000 points and 10 000 measurements."""

LETTER_PATHS = ("/v1/runs/", "/v1/burns/", "/v1/custody/")
GZIP_WINDOW = 16 + zlib.MAX_WBITS


async def letter_body(request: Request) -> bytes:
    """The letter; raises TooLarge beyond MAX_LETTER_BYTES, sent or unpacked, and WrongEncoding for another encoding."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise WrongEncoding(f"content encoding {encoding!r} is not taken: identity or gzip")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_LETTER_BYTES:
            raise TooLarge(f"a letter has at most {MAX_LETTER_BYTES} bytes")
    return _unpacked(bytes(body)) if encoding == "gzip" else bytes(body)


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        body = unpacker.decompress(packed, MAX_LETTER_BYTES + 1)
    except zlib.error as error:
        raise WrongEncoding(f"the body is no gzip: {error}") from None
    if len(body) > MAX_LETTER_BYTES:
        raise TooLarge(f"a letter has at most {MAX_LETTER_BYTES} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise WrongEncoding("the body is no whole gzip")
    return body

"""What a photo is by its bytes, how large it may be, and where photos are."""

from __future__ import annotations

from pathlib import Path

from server.db.content_store import ContentStore

MAX_PHOTO_BYTES = 5_000_000
"""What stations keep at most; the contract's bound."""


def attachment_store(data_dir: Path) -> ContentStore:
    """The store in the server's data folder."""
    return ContentStore(data_dir / "attachments", MAX_PHOTO_BYTES)


def media_type_of(content: bytes) -> str:
    """JPEG or PNG by the first and last bytes, empty for anything else.

    Source: ITU-T T.81, B.1 (SOI and EOI); ISO/IEC 15948, 5.2 and 11.2 (signature, IHDR and IEND).
    """
    if content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in content[3:]:
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and b"IEND" in content[-12:]:
        return "image/png"
    return ""

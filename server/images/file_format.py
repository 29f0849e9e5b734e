"""Which kind of file an image is, whether it looks like one, and what it puts into a chip."""

from __future__ import annotations

import hashlib
from pathlib import Path

from server.errors import BadInput

SUFFIXES = {
    ".bin": "bin",
    ".rom": "bin",
    ".hex": "intel_hex",
    ".ihex": "intel_hex",
    ".srec": "srec",
    ".s19": "srec",
    ".s28": "srec",
    ".s37": "srec",
    ".mot": "srec",
    ".elf": "elf",
    ".dfu": "dfuse",
}
"""As stations read them."""

BEGINNINGS = {"intel_hex": (b":",), "srec": (b"S",), "elf": (b"\x7fELF",), "dfuse": (b"DfuSe", b"")}
DFU_SIGNATURE = b"UFD"
DFU_SUFFIX_BYTES = 16
"""Source: USB Device Firmware Upgrade Specification 1.1, appendix B."""


def format_of(name: str) -> str:
    """The format by the name's suffix; raises BadInput."""
    found = SUFFIXES.get(Path(name).suffix.lower())
    if found is None:
        raise BadInput(f"has no suffix of {', '.join(SUFFIXES)}", "file")
    return found


def content_sha256(path: Path, kind: str, sha256: str) -> str:
    """The digest of what the file puts into a chip, its segments joined in the order of their addresses.

    The file's own for bin, empty for elf and dfuse, where it depends on how a station reads them. Raises BadInput for
    a file that is none of its kind. Takes about a second for each MiB of hexadecimal text.
    """
    if kind == "bin":
        return sha256
    with path.open("rb") as file:
        start = file.read(8)
        file.seek(max(0, path.stat().st_size - DFU_SUFFIX_BYTES))
        end = file.read()
    looks_right = start.startswith(BEGINNINGS[kind]) and (kind != "dfuse" or end[8:11] == DFU_SIGNATURE)
    if not looks_right:
        raise BadInput(f"is no {kind} file", "file")
    return _text_content_sha256(path, kind) if kind in ("intel_hex", "srec") else ""


def _text_content_sha256(path: Path, kind: str) -> str:
    import bincopy  # loaded when such a file comes

    file = bincopy.BinFile()
    try:
        text = path.read_text(encoding="ascii")
        file.add_ihex(text) if kind == "intel_hex" else file.add_srec(text)
    except (bincopy.Error, ValueError) as error:
        raise BadInput(f"is no {kind} file: {str(error)[:200]}", "file") from None
    digest, count = hashlib.sha256(), 0
    for segment in file.segments:
        digest.update(segment.data)
        count += len(segment.data)
    if not count:
        raise BadInput("puts nothing into a chip", "file")
    return digest.hexdigest()

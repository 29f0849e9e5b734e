"""ELF: what a loader would put into memory, at its physical addresses; parsed by bincopy and pyelftools.

Source: Tool Interface Standard, ELF Specification 1.2: program header (PT_LOAD, p_paddr, p_filesz).
"""

from __future__ import annotations

import struct

import bincopy
from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError

from station.ic_programmer.files.segment import BadFile, Segment, joined

MAGIC = b"\x7fELF"


def read_elf(content: bytes) -> tuple[Segment, ...]:
    """The allocated sections of every segment that is loaded; raises BadFile."""
    if not content.startswith(MAGIC):
        raise BadFile("does not begin as an ELF file")
    file = bincopy.BinFile()
    try:
        file.add_elf(content, overwrite=False)
    except (bincopy.Error, ELFError, ConstructError, ValueError, KeyError, IndexError, struct.error) as error:
        raise BadFile(f"is damaged: {error}") from None
    return joined(Segment(segment.address, bytes(segment.data)) for segment in file.segments)

"""What is read with one burn only: stages, regions, serial numbers and the failure."""

from __future__ import annotations

import zlib

import msgspec

from server.wire.burn import BurnLetter, BurnStage, Region
from server.wire.parts import Failure


class BurnSheet(msgspec.Struct, frozen=True):
    """The details of a burn, as its letter gave them."""

    software_version: str
    bench_sha256: str
    sfdp_sha256: str
    failure: Failure | None
    stages: tuple[BurnStage, ...]
    regions: tuple[Region, ...]
    serial_numbers: tuple[str, ...]


def pack_sheet(letter: BurnLetter) -> bytes:
    sheet = BurnSheet(
        letter.software_version,
        letter.bench_sha256,
        letter.identity.sfdp_sha256,
        letter.failure,
        letter.stages,
        letter.regions,
        letter.serial_numbers,
    )
    return zlib.compress(msgspec.json.encode(sheet), 1)


def unpack_sheet(packed: bytes) -> BurnSheet:
    return msgspec.json.decode(zlib.decompress(packed), type=BurnSheet)

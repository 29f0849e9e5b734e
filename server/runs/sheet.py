"""What is read with one run only: steps, make-safe, accessories, traces and how each value was taken."""

from __future__ import annotations

import zlib

import msgspec

from server.wire.parts import Failure
from server.wire.run import Accessory, Attempt, Gate, RunLetter, SafeAction, Step, Trace


class Taking(msgspec.Struct, frozen=True, array_like=True):
    """How one value was taken."""

    retries: int
    instrument: str
    cal_due: str | None
    taken_at: str
    is_marginal: bool = False


class RunSheet(msgspec.Struct, frozen=True):
    """The details of a run, as its letter gave them."""

    software_version: str
    bench_sha256: str
    cached_state_version: int | None
    failure: Failure | None
    make_safe: tuple[SafeAction, ...]
    steps: tuple[Step, ...]
    accessories: tuple[Accessory, ...]
    traces: tuple[Trace, ...]
    takings: tuple[Taking, ...]
    attempts: tuple[Attempt, ...] = ()
    gates: tuple[Gate, ...] = ()


def pack_sheet(letter: RunLetter) -> bytes:
    sheet = RunSheet(
        letter.software_version,
        letter.bench_sha256,
        letter.cached_state_version,
        letter.failure,
        letter.make_safe,
        letter.steps,
        letter.accessories,
        letter.traces,
        tuple(
            [
                Taking(row.retries, row.instrument, row.cal_due, row.taken_at, row.is_marginal)
                for row in letter.measurements
            ]
        ),
        letter.attempts,
        letter.gates,
    )
    return zlib.compress(msgspec.json.encode(sheet), 1)


def unpack_sheet(packed: bytes) -> RunSheet:
    return msgspec.json.decode(zlib.decompress(packed), type=RunSheet)

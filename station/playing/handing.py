"""How a run is handed to a process that was forked before: a share of the slot's lock, then how the run starts."""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec

from station.model.roles import ChecklistItem
from station.runner.entries import PlannedMeasurement, PlannedStep, RunStarted
from station.runner.plan import Plan
from station.system import pass_file, read_some, take_file, write_all

PROCESS_ID = struct.Struct("<q")
QUESTION, YES, NO = b"?", b"+", b"-"
_LENGTH = struct.Struct("<q")
_start: msgspec.json.Decoder[RunStarted] = msgspec.json.Decoder(RunStarted)


def brief(start: RunStarted) -> bytes:
    """``start`` without what its plan says: who does not read it must not keep the supervisor waiting."""
    return msgspec.json.encode(msgspec.structs.replace(start, steps=(), measurements=(), accessories=()))


class Outline(msgspec.Struct, frozen=True):
    """What ``brief`` leaves out: it is the same for each run of a plan, and made before one comes."""

    steps: tuple[PlannedStep, ...]
    measurements: tuple[PlannedMeasurement, ...]
    accessories: tuple[ChecklistItem, ...]

    @classmethod
    def of(cls, plan: Plan) -> Outline:
        """The outline of ``plan``."""
        return cls(plan.planned_steps(), plan.planned_measurements(), plan.shipping_list().items)

    def put_into(self, start: RunStarted) -> RunStarted:
        """``start`` as it was before it was made brief."""
        return msgspec.structs.replace(
            start, steps=self.steps, measurements=self.measurements, accessories=self.accessories
        )


def hand_over(writing: int, body: bytes, lock: int) -> bool:
    """Give a run, as ``brief`` has it; False where nobody takes it."""
    return pass_file(writing, lock) and write_all(writing, _LENGTH.pack(len(body)) + body)


def take_over(reading: int, asked: Callable[[], None] | None = None) -> tuple[RunStarted, int] | None:
    """Wait for the run and a share of the lock, which lasts until this process ends; None where it never comes.

    ``asked`` answers a QUESTION that comes before.
    """
    content, lock = take_file(reading)
    while content == QUESTION and asked is not None:
        asked()
        content, lock = take_file(reading)
    head = read_exactly(reading, _LENGTH.size) if lock is not None else None
    body = read_exactly(reading, _LENGTH.unpack(head)[0]) if head is not None else None
    return (_start.decode(body), lock) if body is not None and lock is not None else None


def read_exactly(reading: int, size: int) -> bytes | None:
    """So many bytes, and none of what follows; None where it ends before."""
    said = b""
    while len(said) < size:
        chunk = read_some(reading, size - len(said))
        if not chunk:
            return None
        said += chunk
    return said

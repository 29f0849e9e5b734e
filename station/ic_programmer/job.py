"""What is to be burned, what is said while it is, and what came of it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from station.ic_programmer.chip_types import ChipType
from station.ic_programmer.image import Image
from station.ic_programmer.setting import Setting
from station.model.burn_record import BurnStage, ChipIdentity, Region
from station.model.errors import Failure

STAGES = ("contact", "identify", "backup", "plan", "erase", "blank_check", "program", "read_back")
"""In this order; the first that fails is the last. ``stages_of`` has those that a job's options add."""
UNPROTECT, PROTECT = "unprotect", "protect"


class BurnOptions(msgspec.Struct, frozen=True):
    """What a burn does besides erasing, programming and proving; each takes the time of a pass over the wire.

    ``has_backup``: what is there is read and kept first, and only what differs is burned. Without it the image must
    fill its erase blocks, which are all erased, unless the chip ``is_said_blank``. ``has_blank_check``: what was
    erased, or is said to be blank, is read before it is programmed. ``has_final_read_back``: all is read once more when
    all is programmed; without it a chip whose pages are read behind the programming is proved by that.
    ``erases_all_blocks``: every erase block that holds a byte of the image is erased and written, whatever is in it.
    ``needs_steady_contact``: a chip that reads steadily at a lower clock, or the second time, only is refused.

    ``lifts_protection``: write protection that is set is taken away first, which is a stage on record; without it a
    protected chip is refused. ``erases_all_to_unlock``: readout protection too, which erases all that is in the chip,
    so that nothing of it can be kept. ``protection`` is what is set at the end, and read back.

    ``accepts_no_proof``: a device that gives nothing back is burned all the same, and its PASS is marginal, its proof
    none; without it such a device is refused.
    """

    has_backup: bool = True
    has_blank_check: bool = True
    has_final_read_back: bool = True
    is_said_blank: bool = False
    erases_all_blocks: bool = False
    needs_steady_contact: bool = False
    lifts_protection: bool = False
    erases_all_to_unlock: bool = False
    protection: tuple[Setting, ...] = ()
    accepts_no_proof: bool = False

    @property
    def is_unprotecting(self) -> bool:
        """Whether anything is taken away."""
        return self.lifts_protection or self.erases_all_to_unlock


class BurnJob(msgspec.Struct, frozen=True):
    """One image for one chip."""

    image: Image
    target: ChipType
    options: BurnOptions = BurnOptions()


def stages_of(options: BurnOptions) -> tuple[str, ...]:
    """Those of one burn, in their order: what is taken away comes before the chip is asked all that it can tell."""
    first, *others = STAGES
    before = (UNPROTECT,) if options.is_unprotecting else ()
    behind = (PROTECT,) if options.protection else ()
    return (first, *before, *others, *behind)


class StageStarted(msgspec.Struct, frozen=True):
    """``total`` is the number of bytes the stage moves or erases, 0 where it has none to count."""

    stage: str
    at: datetime
    total: int


class StageProgress(msgspec.Struct, frozen=True):
    """``done`` of ``total`` bytes."""

    stage: str
    done: int
    total: int


class StageFinished(msgspec.Struct, frozen=True):
    """The stage as it will be on record."""

    record: BurnStage


class Backup(msgspec.Struct, frozen=True):
    """What was in the chip from ``start`` on, before anything was changed."""

    start: int
    content: bytes
    sha256: str


class BackupRead(msgspec.Struct, frozen=True):
    """The backup; whoever hears of it keeps it before the first erase, or raises, which ends the burn."""

    backup: Backup


BurnEvent = StageStarted | StageProgress | StageFinished | BackupRead


class BurnOutcome(msgspec.Struct, frozen=True):
    """All that a BurnRecord says of the burning itself.

    ``before_sha256`` and ``after_sha256`` are over the image's region; ``backup`` is None where it was not reached.
    """

    result: str
    failure: Failure | None
    programmer_model: str
    identity: ChipIdentity
    backup: Backup | None
    before_sha256: str
    after_sha256: str
    regions: tuple[Region, ...]
    proof: str
    stages: tuple[BurnStage, ...]
    retries: int
    is_marginal: bool
    started_at: datetime
    finished_at: datetime

"""A burn in modelled time at a site of its own, with something that happens on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from fixtures.sim.chip_kind import ChipKind
from fixtures.sim.chip_socket import set_chip_fault
from fixtures.sim.modelled_wire import ModelledWire
from fixtures.sim.serprog import SerprogTraits
from station.ic_programmer.burn import burn
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import (
    BackupRead,
    BurnEvent,
    BurnJob,
    BurnOptions,
    BurnOutcome,
    StageProgress,
    StageStarted,
)
from station.ic_programmer.nor_chip import NorChip
from station.ic_programmer.programmers.serprog import Serprog
from station.ic_programmer.target import read_targets
from station.link.link import Link
from tests.modelled_site import KINDS, Site, kind_of, site

TRAITS = SerprogTraits(baud=2_000_000, latency_s=0.001)
TARGET = read_targets()[KINDS[1]]
PRODUCTION = BurnOptions()
ALL_NEW = BurnOptions(has_backup=False, has_blank_check=False, has_final_read_back=False)
SAID_BLANK = BurnOptions(has_backup=False, has_blank_check=False, has_final_read_back=False, is_said_blank=True)
CHECKED_BLANK = BurnOptions(has_backup=False, has_final_read_back=False, is_said_blank=True)
DIFFERENCE = BurnOptions(has_blank_check=False, has_final_read_back=False)

Act = Callable[["Bench"], None]


def content(length: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(length)


def image_of(data: bytes, start: int = 0) -> Image:
    return Image("a.bin", "1", hashlib.sha256(data).hexdigest(), (Segment(start, data),))


@dataclass
class Bench:
    """``at`` acts once: when that stage begins, or when it has moved so many bytes."""

    old: bytes = b""
    traits: SerprogTraits = TRAITS
    kind: ChipKind = field(default_factory=lambda: kind_of(1))
    at: dict[tuple[str, int], Act] = field(default_factory=dict)
    kept: list[bytes] = field(default_factory=list)
    site: Site = field(init=False)
    wire: ModelledWire = field(init=False)

    def __post_init__(self) -> None:
        self.site = site(self.kind, self.traits)
        self.site.chip.cells.load(0, self.old)
        self.connect()

    def connect(self) -> None:
        """A cable of its own for the next burn."""
        self.wire = ModelledWire(self.site.programmer.connect(), self.site.clock)

    def burn(self, image: Image, options: BurnOptions = PRODUCTION) -> BurnOutcome:
        """One burn; the pins are let go of at its end where the cable is there."""
        clock = self.site.clock
        link = Link("prog", lambda _: self.wire, clock)
        link.open(1.0)
        serprog = Serprog(link, clock)
        serprog.begin()
        try:
            return burn(BurnJob(image, TARGET, options), NorChip(serprog, TARGET, clock), clock, self._note)
        finally:
            serprog.end()

    def fault(self, name: str, is_on: bool = True, **parameters: int) -> None:
        """A fault of the silicon or its contact."""
        set_chip_fault(self.site.chip, name, is_on, parameters)

    def holds(self, length: int) -> bytes:
        """What is in the chip, whatever can be read."""
        return bytes(self.site.chip.cells.content[:length])

    def _note(self, event: BurnEvent) -> None:
        match event:
            case StageStarted():
                self._act(event.stage, 0)
            case StageProgress():
                self._act(event.stage, event.done)
            case BackupRead(backup=backup):
                self.kept.append(backup.content)

    def _act(self, stage: str, done: int) -> None:
        due = [key for key in self.at if key[0] == stage and key[1] <= done]
        for key in due:
            self.at.pop(key)(self)

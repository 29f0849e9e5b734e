"""A look at a chip that changes nothing: what it is, what it holds, whether that is an image, whether it is blank."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import msgspec

from station.bench import ChipFound, identify_chip, open_chip
from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.ic_programmer.chip import Chip, Progress
from station.ic_programmer.chip_types import ChipType
from station.ic_programmer.image import Image
from station.model.clock import Clock
from station.model.errors import OperatorError, TargetError, VerifyError
from station.playing.order import slot_lock
from station.system import take_lock


class Dump(msgspec.Struct, frozen=True):
    """``content`` from ``start`` on."""

    start: int
    content: bytes
    sha256: str


class Visit:
    """One chip while its programmer is open and nobody else's."""

    def __init__(self, chip: Chip, erased: int) -> None:
        self._chip = chip
        self._erased = erased

    def read(self, start: int, length: int, progress: Progress) -> Dump:
        """What is there; raises ContactError where the chip does not answer as itself before and after."""
        content = self._chip.read(start, length, progress)
        return Dump(start, content, hashlib.sha256(content).hexdigest())

    def verify(self, image: Image, progress: Progress) -> None:
        """Raise VerifyError at the first byte that is not the image's."""
        done = 0
        for segment in image.segments:
            found = self.read(segment.start, len(segment.content), partial(_further, progress, done)).content
            done += len(segment.content)
            if found != segment.content:
                at = next(index for index, byte in enumerate(segment.content) if found[index] != byte)
                raise VerifyError(segment.start + at, segment.content[at], found[at])

    def require_blank(self, start: int, length: int, progress: Progress) -> None:
        """Raise VerifyError at the first byte that is not erased."""
        content = self.read(start, length, progress).content
        rest = content.lstrip(bytes((self._erased,)))
        if rest:
            raise VerifyError(start + length - len(rest), self._erased, rest[0])


@contextmanager
def visit(settings: Settings, bench: BenchFile, programmer: str, target: ChipType, clock: Clock) -> Iterator[Visit]:
    """The chip of type ``target`` at ``programmer``.

    Raises OperatorError while the programmer is in use, WrongChip where another type answers, ContactError where it
    reads differently the second time, and what ``open_chip`` raises.
    """
    _reserve(settings, bench, programmer)
    with open_chip(bench, programmer, clock, target) as chip:
        chip.contact()
        chip.identify()
        chip.require_readable()
        yield Visit(chip, target.erased)


def identify(
    settings: Settings, bench: BenchFile, programmer: str, targets: Mapping[str, ChipType], clock: Clock
) -> ChipFound:
    """Ask the chip who it is; raises ContactError where none answers, or not the same three times.

    Raises WrongChip for one that no row of ``targets`` has.
    """
    _reserve(settings, bench, programmer)
    return identify_chip(bench, programmer, clock, targets.values())


def region_of(text: str, target: ChipType) -> tuple[int, int]:
    """``START:LENGTH`` as people write it, empty for all of the chip; raises OperatorError for what it has not."""
    if not text:
        return 0, target.size_bytes
    start_text, _, length_text = text.partition(":")
    try:
        start, length = int(start_text, 0), int(length_text, 0)
    except ValueError:
        raise OperatorError(f"the region {text!r} is no START:LENGTH, as 0x10000:4096") from None
    if start < 0 or length < 1 or start + length > target.size_bytes:
        raise OperatorError(f"the region {text} is not within the {target.size_bytes} bytes of a {target.name}")
    return start, length


def target_of(name: str, targets: Mapping[str, ChipType]) -> ChipType:
    """The IC type of that name; raises OperatorError with those that begin alike."""
    if name in targets:
        return targets[name]
    like = [known for known in targets if known[:4].upper() == name[:4].upper()] or list(targets)[:8]
    raise OperatorError(f"no target {name!r}; there are, among {len(targets)}: {', '.join(like)}")


def is_of_the_chip(error: Exception) -> bool:
    """Whether it is the chip that is not as it should be, not the station, the programmer or the contact."""
    return isinstance(error, TargetError | VerifyError)


def _further(progress: Progress, before: int, so_far: int) -> None:
    progress(before + so_far)


def _reserve(settings: Settings, bench: BenchFile, programmer: str) -> None:
    """Keep everybody else off the programmer for as long as this process lives."""
    if take_lock(slot_lock(settings, bench.station_id, f"programmer {programmer}")) is None:
        raise OperatorError(f"{programmer} is in use: wait until it has ended")

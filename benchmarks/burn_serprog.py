"""serprog in modelled time: a NOR is written, changed and read by us and by flashrom over the same simulated wire.

The wire has 10 bits a byte in both directions at once. What both sides compute takes no time; flashrom is given the
1.0 s that it sleeps when it synchronises. Source of that: flashrom 1.3, serprog.c, sp_synchronize.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.result import Result
from fixtures.sim.serprog import SerprogTraits
from station.ic_programmer.burn import burn
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import BurnJob, BurnOptions, BurnOutcome
from station.ic_programmer.nor_chip import NorChip
from station.ic_programmer.target import read_targets
from tests.modelled_site import KINDS, MEBIBYTE, Site, kind_of, served, site

FLASHROM_SLEEP_S = 1.0
FLASHROM_NAMES = {"W25Q80DV": "W25Q80.V", "W25Q32JV": "W25Q32.V", "W25X05": "W25X05"}

PROGRAMMER = SerprogTraits(baud=2_000_000, latency_s=0.001, max_write_bytes=4096, max_read_bytes=65536)
FTDI = replace(PROGRAMMER, latency_s=0.016)
"""An adapter that keeps answers back for 16 ms, as Linux sets those of FTDI."""
SLOW = replace(PROGRAMMER, baud=115_200)
BUFFERS = (256, 512, 1024, 2048, 4096, 16384)

BLANK = BurnOptions(has_backup=False, has_blank_check=False, has_final_read_back=False, is_said_blank=True)
REWRITE = BurnOptions(has_backup=False, has_blank_check=False, has_final_read_back=False)
CHANGE = BurnOptions(has_blank_check=False, has_final_read_back=False)
"""A small change: what is there is read, so that only the block that differs is burned and read again."""
PRODUCTION = BurnOptions()


@dataclass(frozen=True)
class Work:
    """One thing to do; ``least_gain`` is how many times as long as ours flashrom's may at least take."""

    name: str
    traits: SerprogTraits
    options: BurnOptions
    old: bytes
    least_gain: float


def measure() -> list[Result]:
    """Rows of the area ``burn`` for serprog."""
    rows: list[Result] = []
    for mebibytes in KINDS:
        rows += _beside_flashrom(mebibytes)
        rows += _reading(mebibytes)
        rows += _passes(mebibytes)
    return rows + _lesser_programmers()


def content(length: int, seed: int) -> bytes:
    """Bytes without any pattern."""
    return hashlib.shake_128(b"%d" % seed).digest(length)


def wire_s(mebibytes: int, traits: SerprogTraits) -> float:
    """What the wire needs for as many bytes in one direction."""
    return mebibytes * MEBIBYTE * 10 / traits.baud


def image_of(mebibytes: int) -> Image:
    """``content(.., 1)`` as what is to be burned."""
    data = content(mebibytes * MEBIBYTE, 1)
    return Image("bench.bin", "", hashlib.sha256(data).hexdigest(), (Segment(0, data),))


def burned(at: Site, mebibytes: int, options: BurnOptions) -> BurnOutcome:
    """Our burn of ``image_of``, every byte of it read back; the site's clock tells how long it took."""
    target, image = read_targets()[KINDS[mebibytes]], image_of(mebibytes)
    with at.opened() as bus:
        outcome = burn(BurnJob(image, target, options), NorChip(bus, target, at.clock), at.clock, lambda _: None)
    assert outcome.result == "PASS", outcome.failure
    assert outcome.after_sha256 == image.sha256 == at.chip.cells.sha256(), "the chip does not hold the image"
    return outcome


def flashrom(address: str, chip: str, *arguments: str) -> list[str]:
    """Its command for ``chip`` behind a programmer at host:port."""
    program = next(str(path) for path in map(Path, ("/usr/sbin/flashrom", "/usr/bin/flashrom")) if path.exists())
    return [program, "-p", f"serprog:ip={address.removeprefix('tcp://')}", "-c", FLASHROM_NAMES[chip], *arguments]


def flashrom_s(at: Site, chip: str, *arguments: str) -> float:
    """How long flashrom takes, in modelled time."""
    with served(at) as address:
        subprocess.run(flashrom(address, chip, *arguments), check=True, capture_output=True)
    return at.clock.now_s + FLASHROM_SLEEP_S


def filled(mebibytes: int, traits: SerprogTraits, old: bytes) -> Site:
    """A site whose chip holds ``old``, and is blank behind it."""
    at = site(kind_of(mebibytes), traits)
    at.chip.cells.load(0, old)
    return at


def _beside_flashrom(mebibytes: int) -> list[Result]:
    new, rows = content(mebibytes * MEBIBYTE, 1), []
    place = random.Random(mebibytes).randrange(len(new) - 64)
    changed = new[:place] + content(64, 2) + new[place + 64 :]
    works = (
        Work("blank, write", PROGRAMMER, BLANK, b"", 4.5),
        Work("rewrite all", PROGRAMMER, REWRITE, content(len(new), 3), 5.0),
        Work("64 bytes changed", PROGRAMMER, CHANGE, changed, 1.9),
        Work("blank, write, 16 ms latency", FTDI, BLANK, b"", 30.0),
        Work("rewrite all, 16 ms latency", FTDI, REWRITE, content(len(new), 3), 0.0),
        Work("blank, write, 115200 baud", SLOW, BLANK, b"", 2.7),
        Work("rewrite all, 115200 baud", SLOW, REWRITE, content(len(new), 3), 2.7),
    )
    with tempfile.NamedTemporaryFile(suffix=".bin") as image:
        image.write(new)
        image.flush()
        for work in works:
            ours = filled(mebibytes, work.traits, work.old)
            outcome = burned(ours, mebibytes, work.options)
            assert outcome.proof == "readback_interleaved"
            theirs = flashrom_s(filled(mebibytes, work.traits, work.old), KINDS[mebibytes], "-w", image.name)
            bar = theirs / work.least_gain if work.least_gain else None
            rows.append(_row(mebibytes, work.name, ours.clock.now_s, bar, "flashrom write and verify", theirs))
            if work.name == "blank, write":
                limit = wire_s(mebibytes, work.traits)
                rows.append(_row(mebibytes, work.name, ours.clock.now_s, limit / 0.85, "the wire, both ways", limit))
    return rows


def _reading(mebibytes: int) -> list[Result]:
    old, at = content(mebibytes * MEBIBYTE, 3), site(kind_of(mebibytes), PROGRAMMER)
    at.chip.cells.load(0, old)
    target = read_targets()[KINDS[mebibytes]]
    with at.opened() as bus:
        chip = NorChip(bus, target, at.clock)
        chip.contact()
        chip.identify()
        assert chip.read(0, len(old), lambda _: None) == old
    limit = wire_s(mebibytes, PROGRAMMER)
    theirs = flashrom_s(filled(mebibytes, PROGRAMMER, old), KINDS[mebibytes], "-r", "/dev/null")
    return [
        _row(mebibytes, "read", at.clock.now_s, limit / 0.95, "the wire", limit),
        _row(mebibytes, "read", at.clock.now_s, None, "flashrom read", theirs),
    ]


def _passes(mebibytes: int) -> list[Result]:
    """What the options of a recipe cost that are on in production, each beside what the wire needs for its pass."""
    at = filled(mebibytes, PROGRAMMER, content(mebibytes * MEBIBYTE, 3))
    outcome, limit = burned(at, mebibytes, PRODUCTION), wire_s(mebibytes, PROGRAMMER)
    assert outcome.proof == "readback_final"
    took = {stage.name: (stage.finished_at - stage.started_at).total_seconds() for stage in outcome.stages}
    names = {"backup": "backup", "blank_check": "blank check", "read_back": "final read-back"}
    rows = [
        _row(mebibytes, f"option: {name}", took[stage], limit / 0.95, "the wire", limit)
        for stage, name in names.items()
    ]
    return [
        *rows,
        _row(mebibytes, "rewrite all with all options", at.clock.now_s, None, "the wire, four passes", 4 * limit),
    ]


def _lesser_programmers() -> list[Result]:
    limit, rows = wire_s(1, PROGRAMMER), []
    for size in BUFFERS:
        at = site(
            kind_of(1), replace(PROGRAMMER, serial_buffer_bytes=size, max_write_bytes=261, has_flow_control=False)
        )
        burned(at, 1, BLANK)
        rows.append(
            _row(1, f"blank, write, buffer of {size} bytes", at.clock.now_s, None, "the wire, both ways", limit)
        )
    at = site(kind_of(1), replace(PROGRAMMER, has_delays=False))
    burned(at, 1, BLANK)
    return [*rows, _row(1, "blank, write, without O_DELAY", at.clock.now_s, None, "the wire, both ways", limit)]


def _row(mebibytes: int, name: str, value_s: float, bar_s: float | None, peer: str, peer_s: float) -> Result:
    return Result("burn", f"serprog {mebibytes} MiB, modelled: {name}", value_s, "s", bar_s, peer, peer_s)

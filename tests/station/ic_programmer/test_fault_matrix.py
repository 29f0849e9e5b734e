"""The faults of flashes, one row each, for microcontrollers and EEPROMs too: why and where, never a PASS, nothing lost.

SPI NOR: test_burn_faults.py. USB bootloaders: test_dfuse.py, test_dfu_plain.py. Kills: tests/station/playing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pytest

from station.ic_programmer.image import Image
from station.ic_programmer.job import STAGES, BurnEvent, BurnOutcome, StageStarted
from tests.station.ic_programmer import eeproms, microcontrollers
from tests.station.ic_programmer.microcontrollers import Mcu, content, image_of

SIZE = 600
OLD, NEW = content(SIZE, 2), content(SIZE)
LONGEST_S = 60.0

Act = Callable[[], object]


class Bed(Protocol):
    """One chip in modelled time; ``at`` acts once when a stage begins."""

    def burn(self, image: Image, at: dict[str, Act]) -> BurnOutcome: ...

    def holds(self) -> bytes: ...

    def now(self) -> float: ...


@dataclass
class McuBed:
    """A microcontroller at its serial bootloader."""

    mcu: Mcu

    def burn(self, image: Image, at: dict[str, Act]) -> BurnOutcome:
        return self.mcu.burned(image, watching(at))

    def holds(self) -> bytes:
        return bytes(self.mcu.flash.cells[:SIZE])

    def now(self) -> float:
        return self.mcu.clock.now()


@dataclass
class EepromBed:
    """A 24C64 at a CH341A."""

    place: eeproms.Place

    def burn(self, image: Image, at: dict[str, Act]) -> BurnOutcome:
        (segment,) = image.segments
        return self.place.burned("24C64", segment.content, segment.start, watching(at))

    def holds(self) -> bytes:
        return bytes(self.place.i2c.cells[:SIZE])

    def now(self) -> float:
        return self.place.clock.now()


def watching(at: dict[str, Act]) -> Callable[[BurnEvent], None]:
    due = dict(at)

    def watch(event: BurnEvent) -> None:
        if isinstance(event, StageStarted) and event.stage in due:
            due.pop(event.stage)()

    return watch


def mcu_bed() -> McuBed:
    mcu = microcontrollers.microcontroller("STM32F103x8")
    mcu.flash.cells[:SIZE] = OLD
    return McuBed(mcu)


def eeprom_bed() -> EepromBed:
    bed = EepromBed(eeproms.place("24C64"))
    bed.place.i2c.cells[:SIZE] = OLD
    return bed


@dataclass(frozen=True)
class Fault:
    """Switched on when ``stage`` begins; what it ends in, and the words with the address."""

    stage: str
    on: Callable[[object], object]
    off: Callable[[object], object]
    result: str
    said: str


STUCK = next(at for at in range(0x100, SIZE) if NEW[at] & 0x20)

MCU: dict[str, Fault] = {
    "stuck bit": Fault(
        "erase",
        lambda bed: bed.mcu.flash.stuck.update({STUCK: 0x20}),
        lambda bed: bed.mcu.flash.stuck.clear(),
        "FAIL",
        f"address 0x{STUCK:06X}",
    ),
    "sector that does not erase": Fault(
        "erase",
        lambda bed: bed.mcu.flash.lost_sectors.add(0),
        lambda bed: bed.mcu.flash.lost_sectors.clear(),
        "FAIL",
        "address 0x000000: expected 0xFF",
    ),
    "silent drop of what is written": Fault(
        "program",
        lambda bed: setattr(bed.mcu.flash, "drops_writes", True),
        lambda bed: setattr(bed.mcu.flash, "drops_writes", False),
        "FAIL",
        "address 0x000000",
    ),
    "busy for ever": Fault(
        "erase",
        lambda bed: setattr(bed.mcu.rom, "is_running_application", True),
        lambda bed: bed.mcu.rom.reset(),
        "ERROR",
        "no bootloader answers",
    ),
    "two of one kind": Fault(
        "program",
        lambda bed: setattr(bed.mcu.rom, "has_twin", True),
        lambda bed: setattr(bed.mcu.rom, "has_twin", False),
        "ERROR",
        "two microcontrollers answer",
    ),
}
EEPROM: dict[str, Fault] = {
    "stuck bit": Fault(
        "program",
        lambda bed: bed.place.i2c.stuck.update({STUCK: 0x20}),
        lambda bed: bed.place.i2c.stuck.clear(),
        "FAIL",
        f"address 0x{STUCK:06X}",
    ),
    "WP high": Fault(
        "program",
        lambda bed: setattr(bed.place.i2c, "is_wp_high", True),
        lambda bed: setattr(bed.place.i2c, "is_wp_high", False),
        "FAIL",
        "page 0x00000 and kept what it had: is its pin WP (7) high?",
    ),
    "busy for ever": Fault(
        "program",
        lambda bed: setattr(bed.place.i2c, "never_ready", True),
        lambda bed: setattr(bed.place.i2c, "never_ready", False),
        "FAIL",
        "still busy with",
    ),
}


def met(bed: Bed, fault: Fault) -> None:
    outcome = bed.burn(image_of(NEW), {fault.stage: lambda: fault.on(bed)})
    assert outcome.failure is not None, outcome
    assert (outcome.result, fault.said in outcome.failure.message) == (fault.result, True), outcome.failure
    assert bed.now() < LONGEST_S
    assert outcome.backup is not None and outcome.backup.content[:SIZE] == OLD
    fault.off(bed)
    restored = bed.burn(image_of(outcome.backup.content[:SIZE]), {})
    assert (restored.result, bed.holds()) == ("PASS", OLD), restored.failure


@pytest.mark.parametrize("name", MCU)
def test_a_microcontroller_that_fails_says_where_and_takes_back_what_it_held(name: str) -> None:
    met(mcu_bed(), MCU[name])


@pytest.mark.parametrize("name", EEPROM)
def test_an_eeprom_that_fails_says_where_and_takes_back_what_it_held(name: str) -> None:
    met(eeprom_bed(), EEPROM[name])


def test_a_byte_that_an_eeprom_does_not_acknowledge_is_never_a_pass_with_other_content() -> None:
    results = []
    for nth in [*range(1, 40, 4), *range(40, 1400, 97)]:
        bed = eeprom_bed()
        bed.place.i2c.nack_in = nth
        outcome = bed.burn(image_of(NEW), {})
        results.append(outcome.result)
        assert bed.now() < LONGEST_S
        if outcome.result == "PASS":
            assert bed.holds() == NEW
        else:
            assert outcome.failure is not None and outcome.failure.message, nth
    assert "PASS" in results and "ERROR" in results, results


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("contact", "identify", "plan")])
def test_another_microcontroller_at_the_cable_is_never_a_pass(stage: str) -> None:
    """It holds the image already; the one that was there is gone, and it waits for the first 7Fh."""
    bed = mcu_bed()

    def swap() -> None:
        bed.mcu.flash.unique_id = bytes(range(21, 33))
        bed.mcu.flash.cells[:SIZE] = NEW
        bed.mcu.rom.reset()

    outcome = bed.burn(image_of(NEW), {stage: swap})
    assert outcome.failure is not None, outcome
    assert (outcome.result, "another microcontroller answers now" in outcome.failure.message) == ("ERROR", True)

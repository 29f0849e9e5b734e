"""The table of microcontrollers: every row whole, with a source, and laid out as its size says."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.sim.stm32_flash import stm32_kinds
from station.ic_programmer.chip_types import read_chip_types
from station.ic_programmer.stm32_target import BUILT_IN, KIB, read_stm32
from station.model.errors import ConfigError

FAMILIES = ("F0", "F1", "F2", "F3", "F4", "F7", "G0", "G4", "H7", "L0", "L1", "L4")


def test_every_family_is_there_with_a_type_that_is_burned() -> None:
    burned = {name[5:7] for name, target in read_stm32().items() if not target.not_burned}
    assert set(FAMILIES) <= burned


@pytest.mark.parametrize("name", sorted(read_stm32()))
def test_every_memory_is_whole(name: str) -> None:
    target = read_stm32()[name]
    memory = target.memory()
    assert target.name == name and target.size_bytes % KIB == 0
    assert memory.levels[0][0].start == 0 and memory.levels[0][-1].end == memory.size_bytes == target.size_bytes
    assert all(before.end == after.start for before, after in zip(memory.levels[0], memory.levels[0][1:], strict=False))
    assert all(zone.kind.size_bytes % memory.page_bytes == 0 for zone in memory.levels[0])
    assert "AN2606" in target.source and target.evidence
    assert target.write_max_s >= memory.program_typical_s > 0
    assert memory.erased == (0 if target.family.erased == 0 else 0xFF)


def test_what_is_called_simulated_is_simulated() -> None:
    simulated = {target.product for target in read_stm32().values() if target.evidence == "simulated"}
    assert simulated == {kind.product for kind in stm32_kinds().values()}


@pytest.mark.parametrize("name", sorted(stm32_kinds()))
def test_a_simulated_one_has_the_sectors_that_the_table_says(name: str) -> None:
    zones = read_stm32()[name].memory().levels[0]
    wanted = [
        (zone.start + at * zone.kind.size_bytes, zone.kind.size_bytes) for zone in zones for at in range(zone.count)
    ]
    assert wanted == [(start, size) for start, size, _ in stm32_kinds()[name].sector_spans()]


def test_no_name_is_in_two_tables() -> None:
    assert len(read_chip_types()) == len({*read_chip_types()}) > len(read_stm32())


@pytest.mark.parametrize(
    ("wrong", "right", "problem"),
    [
        ("[products.0x440]", "[products.0x44]", "must be a product id as 0x410"),
        ('family = "F0"\nnames = { STM32F030x8 = 64', 'family = "F9"\nnames = { STM32F030x8 = 64', "must be one of F0"),
        ("STM32F030x8 = 64, ", "STM32F030x8 = 63.5, ", "expected int"),
        ("STM32F030x8 = 64, ", "STM32F030x8 = 65, ", "STM32F030x8: no sector ends at 65 KiB"),
        ("STM32F030x8 = 64, ", "STM32F103xB = 64, ", "STM32F103xB is there already"),
        ("sectors = [[64, 1024]]", "sectors = [[64, 1000]]", "must be counts of sizes whose times the family has"),
        ("erased = 0x00", "erased = 0x55", "must be 0x00 or 0xFF"),
        ("program_us = [52.5, 70.0]", "program_us = [70.0, 52.5]", "typical and maximum must be above 0"),
        ('evidence = "listed"', 'evidence = "heard"', "must be one of listed"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_by_name(wrong: str, right: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "stm32.toml"
    text = BUILT_IN.read_text(encoding="utf-8")
    assert wrong in text
    file.write_text(text.replace(wrong, right, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"stm32\.toml:") as raised:
        read_stm32(file)
    assert problem in str(raised.value)

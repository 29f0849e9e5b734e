"""Rows of a target table are right, or refused with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.ic_programmer.target import BUILT_IN, EraseKind, read_targets
from station.model.errors import ConfigError

ROW = """# mine
[X25]
jedec = "C22017"
size_bytes = 8388608
page_bytes = 256
page_program_typical_ms = 0.5
page_program_max_ms = 1.5
erase = [{ opcode = 0x20, size_bytes = 4096, typical_ms = 30.0, max_ms = 240.0 }]
protection = [0x3C, 0x00, 0x00]
unique_id_bytes = 0
supply_v = [2.7, 3.6]
evidence = "datasheet"
source = "X25 data sheet, table 8"
"""


def test_a_row_is_read_in_seconds_and_bytes(tmp_path: Path) -> None:
    file = tmp_path / "targets.toml"
    file.write_text(ROW)
    target = read_targets(file)["X25"]
    assert target.erases == (EraseKind(0x20, 4096, 0.03, 0.24),)
    assert (target.program_typical_s, target.program_max_s) == (0.0005, 0.0015)


def test_the_built_in_table_is_sound() -> None:
    targets = read_targets(BUILT_IN)
    assert {"W25Q64JV", "W25Q128JV", "W25Q80DV"} <= set(targets)
    assert len({target.jedec for target in targets.values()}) >= 60
    low = {name for name, target in targets.items() if target.supply_v[1] <= 2.0}
    assert len(low) >= 20 and len(targets) - len(low) >= 60


@pytest.mark.parametrize("maker", ["W25", "MX", "GD25", "MT25", "IS25", "XM25", "EN25", "SST2"])
def test_every_usual_maker_is_in_the_table(maker: str) -> None:
    sizes = {target.size_bytes for name, target in read_targets().items() if name.startswith(maker)}
    assert len(sizes) >= 2


def test_names_that_answer_with_one_identity_say_so_and_are_of_one_size() -> None:
    targets = read_targets()
    assert "W25Q128FV" in targets["W25Q128JV"].same_jedec and "W25Q128JV" in targets["W25Q128FV"].same_jedec
    for target in targets.values():
        assert all(targets[other].jedec == target.jedec for other in target.same_jedec)
        assert {targets[other].size_bytes for other in target.same_jedec} <= {target.size_bytes}
        assert not any(
            other not in target.same_jedec
            for other, twin in targets.items()
            if other != target.name and twin.jedec == target.jedec
        )


def test_only_makers_whose_35h_reads_a_register_are_asked_by_it() -> None:
    """On Macronix, Micron and ISSI parts 35h enters quad mode: a chip that hears it hears nothing more."""
    asked = {name[:2] for name, target in read_targets().items() if target.protection[1]}
    assert asked <= {"W2", "GD", "XM"}


def test_a_chip_above_16_mib_takes_only_instructions_with_four_address_bytes() -> None:
    large = [target for target in read_targets().values() if target.address_bytes == 4]
    assert len(large) >= 10
    assert {erase.opcode for target in large for erase in target.erases} <= {0x21, 0x5C, 0xDC}
    small = [target for target in read_targets().values() if target.address_bytes == 3]
    assert {erase.opcode for target in small for erase in target.erases} <= {0x20, 0x52, 0xD8}


def test_a_row_may_leave_figures_to_the_chips_own_table(tmp_path: Path) -> None:
    file = tmp_path / "targets.toml"
    figures = ["page_bytes", "page_program_typical_ms", "page_program_max_ms"]
    lines = [line for line in ROW.splitlines() if not line.startswith(tuple(figures))]
    file.write_text("\n".join(lines).replace(", typical_ms = 30.0, max_ms = 240.0", "") + "\nsfdp = true\n")
    target = read_targets(file)["X25"]
    assert target.erases == (EraseKind(0x20, 4096, 0.0, 0.0),)
    assert not target.is_complete


def test_a_name_is_there_once(tmp_path: Path) -> None:
    file = tmp_path / "targets.toml"
    file.write_text(ROW + ROW.replace("[X25]", '[X26]\nalso = ["X25"]'))
    with pytest.raises(ConfigError, match="X25 is there already"):
        read_targets(file)


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ('"C22017"', '"c22017"', 3, "X25.jedec"),
        ("size_bytes = 8388608", "size_bytes = 8388607", 4, "X25.size_bytes"),
        ("size_bytes = 8388608", "size_bytes = 8589934592", 4, "X25.size_bytes"),
        ("page_bytes = 256", "page_bytes = 0", 5, "X25.page_bytes"),
        ("page_bytes = 256\n", "", 2, "X25.page_bytes"),
        ("page_program_max_ms = 1.5\n", "", 2, "X25.page_program_max_ms"),
        ("page_program_max_ms = 1.5", "page_program_max_ms = 0.1", 7, "X25.page_program_max_ms"),
        ("max_ms = 240.0 }", "max_ms = 3.0 }", 8, "X25.erase"),
        ("size_bytes = 4096, t", "size_bytes = 4000, t", 8, "X25.erase"),
        ("max_ms = 240.0 }", 'max_ms = "x" }', 8, "X25.erase[0].max_ms"),
        ("[0x3C, 0x00", "[0x13C, 0x00", 9, "X25.protection"),
        ("[2.7, 3.6]", "[3.6, 2.7]", 11, "X25.supply_v"),
        ('"datasheet"', '"trust me"', 12, "X25.evidence"),
        ('"X25 data sheet, table 8"', '""', 13, "X25.source"),
        ("unique_id_bytes = 0\n", "", 2, "X25.unique_id_bytes"),
    ],
)
def test_a_mistake_in_a_target_names_line_and_field(tmp_path: Path, old: str, new: str, line: int, field: str) -> None:
    assert old in ROW
    file = tmp_path / "targets.toml"
    file.write_text(ROW.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        read_targets(file)
    assert (caught.value.line, caught.value.field) == (line, field)

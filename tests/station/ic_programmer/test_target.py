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
protection1 = 0x3C
protection2 = 0x00
protection3 = 0x00
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
    assert len({target.jedec for target in targets.values()}) == len(targets)


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ('"C22017"', '"c22017"', 3, "X25.jedec"),
        ("size_bytes = 8388608", "size_bytes = 8388607", 4, "X25.size_bytes"),
        ("size_bytes = 8388608", "size_bytes = 33554432", 4, "X25.size_bytes"),
        ("page_bytes = 256", "page_bytes = 0", 5, "X25.page_bytes"),
        ("page_program_max_ms = 1.5", "page_program_max_ms = 0.1", 7, "X25.page_program_max_ms"),
        ("max_ms = 240.0 }", "max_ms = 3.0 }", 8, "X25.erase"),
        ("size_bytes = 4096, t", "size_bytes = 4000, t", 8, "X25.erase"),
        ("max_ms = 240.0 }", 'max_ms = "x" }', 8, "X25.erase[0].max_ms"),
        ("[2.7, 3.6]", "[3.6, 2.7]", 13, "X25.supply_v"),
        ('"datasheet"', '"trust me"', 14, "X25.evidence"),
        ('"X25 data sheet, table 8"', '""', 15, "X25.source"),
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

"""The page of ICs is the one that the table makes, and says of each IC what a clerk must know."""

from __future__ import annotations

from station.ic_programmer.eeprom_target import read_eeproms
from station.ic_programmer.stm32_target import read_stm32
from station.ic_programmer.target import read_targets
from tests.conftest import ROOT
from tests.house.ics_page import maker_of, page


def test_the_page_is_the_one_that_the_table_makes() -> None:
    assert (ROOT / "docs/ics.md").read_text(encoding="utf-8") == page(), "make pages"


def test_every_ic_is_on_it_once_under_its_maker() -> None:
    tables, _, rest = page().partition("## STM32 microcontrollers")
    cells = [line.split(" | ") for line in tables.splitlines() if line.startswith("| ")]
    names = [name for cell in cells for name in cell[0].removeprefix("| ").split(", ") if name != "names"]
    assert sorted(names) == sorted(read_targets())
    for target in read_targets().values():
        assert f"## {maker_of(target)}\n" in tables
    told = rest.partition("## Protection")[0].replace("|", ",").replace("(", ",").split(",")
    names = [name.strip() for name in told if name.strip().startswith("STM32")]
    assert sorted(name for name in names if " " not in name) == sorted(read_stm32())
    eeproms = rest.partition("## Serial EEPROMs")[2].partition("## Where the figures")[0]
    assert all(eeproms.count(f"| {name} | ") == 1 for name in read_eeproms())

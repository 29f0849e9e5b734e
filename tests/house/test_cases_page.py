"""The drawing of the return case is the one that its table makes, and names what can shut each gate."""

from __future__ import annotations

import re
from pathlib import Path

from server.gates import firmware, judgement
from server.returns.machine import machine
from server.web.case_words import GATE_REASONS
from tests.conftest import ROOT
from tests.house.cases_page import SHUT_BY, page


def test_the_page_is_the_one_that_the_table_makes() -> None:
    assert (ROOT / "docs/return-case.md").read_text(encoding="utf-8") == page(), "make pages"


def test_every_state_and_every_move_is_drawn() -> None:
    drawn = page()
    arrows = re.findall(r"^    (\S+) --> (\S+?)(?::|$)", drawn, re.MULTILINE)
    for move in machine().moves.values():
        for source in move.sources:
            assert not move.target or (source or "[*]", move.target) in arrows
    assert {name for pair in arrows for name in pair} - {"[*]"} == set(machine().states)


def test_every_reason_that_the_code_gives_has_its_sentence_and_its_gate() -> None:
    given: set[str] = set()
    for module in (judgement, firmware):
        given |= set(re.findall(r'"([a-z_]+)"', Path(str(module.__file__)).read_text(encoding="utf-8")))
    told = {code for codes in SHUT_BY.values() for code in codes}
    assert told == set(GATE_REASONS)
    assert told <= given

"""Every driver has its row on the page, its evidence, its sources and a transcript that specifies it."""

from __future__ import annotations

import ast

import pytest

from station.drivers.catalogue import DRIVERS
from station.model.evidence import EVIDENCE
from tests.conftest import ROOT
from tests.house.drivers_page import module_of, page

TRANSCRIPTS = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/station/drivers").glob("test_*.py"))
)


def test_the_page_is_the_one_that_the_code_makes() -> None:
    assert (ROOT / "docs/drivers.md").read_text(encoding="utf-8") == page(), "make pages"


@pytest.mark.parametrize("name", DRIVERS)
def test_every_driver_says_how_far_it_is_proven_and_where_its_commands_come_from(name: str) -> None:
    assert DRIVERS[name].evidence in EVIDENCE
    said = ast.get_docstring(ast.parse(module_of(name).read_text(encoding="utf-8"))) or ""
    assert "Source" in said, f"{module_of(name).name} names no source"


WITHOUT_AN_EXCHANGE = {"pcm_stream": "it sends nothing and hears samples: tests/station/bench/test_audio_faults.py"}


@pytest.mark.parametrize("family", sorted({module_of(name).stem for name in DRIVERS} - WITHOUT_AN_EXCHANGE.keys()))
def test_every_driver_is_specified_by_a_transcript(family: str) -> None:
    models = [name for name in DRIVERS if module_of(name).stem == family]
    assert any(name in TRANSCRIPTS for name in (family, *models))

"""A fiftieth of the soak of links: whatever the line does, a number that is given is the one that was asked for."""

from __future__ import annotations

import pytest

from tests.soak.finding import Finding
from tests.soak.links import QUERIES, storm_over
from tests.station.link.link_kinds import EVERY_LINK

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
"""Where a connection breaks while it is made, pyvisa-py and asyncio leave its socket to the garbage collector."""


@pytest.mark.parametrize("kind", EVERY_LINK)
def test_threads_under_random_faults_get_errors_and_never_a_wrong_number(kind: str) -> None:
    finding, struck = storm_over(kind, QUERIES // 50, seed=7)
    assert finding.holds, finding.note
    assert finding.tried == QUERIES // 50
    assert struck.total() > 0


def test_a_line_on_which_nothing_is_answered_is_no_proof() -> None:
    assert not Finding("links", "dead", tried=200, wrong=0, seconds=1.0, right=0, least_right=60).holds

"""Drivers over other links than their usual ones, with every fault; `make soak AREA=drivers` crosses all with all."""

from __future__ import annotations

import pytest

from tests.instrument_benches import BY_DRIVER
from tests.soak.drivers import PAIRS, tried

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
"""pyvisa-py leaves the socket of an instrument that it could not reach to the garbage collector."""

SOME = (
    ("hmp4040", "usbtmc"),
    ("e36312a", "hislip"),
    ("34461a", "vxi11"),
    ("dm3058e", "rfc2217"),
    ("smb100a", "socket"),
    ("gpd3303s", "usb"),
)


def test_every_driver_of_the_table_has_several_links() -> None:
    assert len(PAIRS) >= 4 * len(BY_DRIVER)
    assert {(BY_DRIVER[driver], link) for driver, link in SOME} <= set(PAIRS)


@pytest.mark.parametrize(("driver", "link"), SOME)
def test_no_fault_of_the_line_makes_a_driver_lie_hang_or_keep_its_trouble(driver: str, link: str) -> None:
    assert tried(BY_DRIVER[driver], link) == []

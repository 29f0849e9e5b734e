"""The tables of drivers and programmers are whole, and loading a bench loads nothing it does not need."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from station.bench import open_programmer
from station.config.address import TcpAddress
from station.config.bench_file import read_bench_file
from station.drivers.catalogue import DRIVERS, DriverEntry
from station.drivers.safe_output import ACTIONS
from station.ic_programmer.programmers.catalogue import PROGRAMMERS
from station.ic_programmer.target import read_targets
from station.link.clock import SystemClock
from station.link.opening import link_to
from station.model.errors import ConfigError, OperatorError
from station.model.evidence import EVIDENCE
from tests.conftest import Bench

CLOCK = SystemClock()


def test_every_row_says_how_far_it_has_been_tried() -> None:
    rows = [*DRIVERS.values(), *PROGRAMMERS.values(), *read_targets().values()]
    assert {row.evidence for row in rows} <= set(EVIDENCE)
    assert all(DRIVERS[name].name == name for name in DRIVERS)


def test_every_driver_of_a_kind_that_can_be_made_safe_says_how() -> None:
    for entry in DRIVERS.values():
        is_kind = bool(ACTIONS.keys() & set(entry.kinds.values()))
        can_be = (is_kind and not entry.is_stream) or entry.has_generator  # a stream's sine is somebody else's
        if isinstance(entry, DriverEntry):
            opened = entry.opened(link_to("nowhere", TcpAddress("127.0.0.1", 1), CLOCK), CLOCK, 1.0)
            assert (opened.safe is not None) == can_be, entry.name
        else:
            assert not can_be, entry.name


def test_importing_the_bench_loads_no_library_of_the_wire_and_no_driver() -> None:
    code = "import json, sys, station.bench; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    heavy = {"serial", "pyvisa", "usb", "can", "pydantic", "fastapi", "httpx", "asyncio", "station.drivers.hmp4040"}
    assert heavy & set(loaded) == set()


def test_a_programmer_that_is_not_there_is_named(bench: Callable[..., Bench]) -> None:
    bench_file = read_bench_file(bench().bench_file)
    with (
        pytest.raises(OperatorError, match=r"no programmer 'prog2' at this bench \(there are: prog\)"),
        open_programmer(bench_file, "prog2", CLOCK),
    ):
        pass


def test_a_programmer_at_a_level_the_chip_does_not_bear_is_refused(bench: Callable[..., Bench]) -> None:
    bench_file = read_bench_file(bench().bench_file)
    low = replace(read_targets()["W25Q64JV"], supply_v=(1.65, 1.95))
    with (
        pytest.raises(ConfigError, match=r"programmers\.prog\.level_v: 3\.3 V, but a W25Q64JV bears 1\.65 to 1\.95 V"),
        open_programmer(bench_file, "prog", CLOCK, low),
    ):
        pass

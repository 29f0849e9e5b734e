"""Looking at an IC: who it is, what it holds, whether that is the image; nothing is changed and nothing overwritten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.images import make_image
from tests.conftest import Bench
from tests.station.playing.run_process import StationRun, start_station

OpenBench = Callable[..., Bench]
Look = Callable[..., tuple[int, dict[str, Any]]]
UNIT, DEAD = "FJR126110003", "FJR126110001"
TARGET = ("--target", "W25Q64JV")


@pytest.fixture
def box(bench: OpenBench) -> Bench:
    """Its socket is empty."""
    return bench()


@pytest.fixture
def chip(box: Bench) -> None:
    """A unit's chip is in the socket."""
    box.control("socket", programmer="prog", unit=UNIT)


@pytest.fixture
def look(box: Bench, tmp_path: Path) -> Iterator[Look]:
    runs: list[StationRun] = []

    def start(command: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The exit code and what was said as JSON."""
        where = ["--programmer", "prog", "--bench", str(box.bench_file), "--json"]
        runs.append(start_station(tmp_path / "state", [command, *arguments, *where]))
        code = runs[-1].end()
        return code, json.loads(json.dumps(runs[-1].events[-1]))

    yield start
    for run in runs:
        run.close()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "fj-r1-1.4.2.bin"
    path.write_bytes(make_image("1.4.2"))
    return path


@pytest.mark.usefixtures("chip")
def test_a_chip_is_identified_with_the_types_that_say_so(look: Look) -> None:
    code, told = look("identify")
    assert (code, told["jedec"]) == (0, "EF4017")
    assert "W25Q64JV" in told["targets"] and told["supply_v"]["W25Q64JV"] == "2.7 to 3.6"
    assert len(told["unique_id"]) == 16


def test_no_chip_says_what_to_reseat(look: Look) -> None:
    code, told = look("identify")
    assert code == 3 and "reseat the chip" in told["problem"]


@pytest.mark.usefixtures("chip")
def test_a_chip_that_no_row_has_is_another(look: Look, box: Bench) -> None:
    box.control("fault", device="prog", fault="other_id", on=True, jedec=0xABCDEF)
    code, told = look("identify")
    assert code == 1 and "the chip says ABCDEF, which is no target" in told["problem"]


def test_a_twin_that_does_not_know_4_byte_reads_for_certain_is_neither_read_nor_compared(
    look: Look, box: Bench, tmp_path: Path, image: Path
) -> None:
    box.control("socket", programmer="prog", chip="W25Q256FV")
    for command, argument in (("read", str(tmp_path / "dump.bin")), ("verify", str(image))):
        code, told = look(command, argument, "--target", "W25Q256JV")
        assert code == 1 and "it may be an older type" in told["problem"]
    assert not (tmp_path / "dump.bin").exists()


@pytest.mark.usefixtures("chip")
def test_a_chip_is_read_into_a_new_file_and_into_no_other(look: Look, tmp_path: Path) -> None:
    out = tmp_path / "dump.bin"
    code, told = look("read", str(out), *TARGET)
    assert (code, told["bytes"], out.stat().st_size) == (0, 8388608, 8388608)
    assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    before = out.read_bytes()
    code, told = look("read", str(out), *TARGET)
    assert code == 2 and "is there already" in told["problem"]
    assert out.read_bytes() == before
    part = tmp_path / "part.bin"
    assert look("read", str(part), *TARGET, "--region", "0x100:0x40")[0] == 0
    assert part.read_bytes() == before[0x100:0x140]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".new"] == []


@pytest.mark.usefixtures("chip")
def test_a_chip_is_compared_with_an_image(look: Look, box: Bench, image: Path) -> None:
    code, told = look("verify", str(image), *TARGET)
    assert (code, told.get("is_same")) == (0, True), told
    box.control("socket", programmer="prog", unit=DEAD)
    code, told = look("verify", str(image), *TARGET)
    assert code == 1 and "address 0x" in told["problem"]


@pytest.mark.usefixtures("chip")
def test_a_chip_that_is_not_blank_says_where(look: Look) -> None:
    code, told = look("blank-check", *TARGET)
    assert code == 1 and "expected 0xFF" in told["problem"]
    code, told = look("blank-check", *TARGET, "--region", "0x7FF000:4096")
    assert (code, told["is_blank"]) == (0, True)


@pytest.mark.usefixtures("chip")
@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("--target", "W25Q80DV"), 1, "the chip says EF4017, a W25Q80DV says EF4014"),
        (("--target", "W25Q64XX"), 2, "no target 'W25Q64XX'; there are, among"),
        ((*TARGET, "--region", "8388600:9"), 2, "is not within the 8388608 bytes"),
        ((*TARGET, "--region", "all"), 2, "is no START:LENGTH"),
    ],
)
def test_what_cannot_be_looked_at_is_said(look: Look, arguments: tuple[str, ...], code: int, problem: str) -> None:
    found, told = look("blank-check", *arguments)
    assert found == code and problem in told["problem"]

"""The latency timer of a USB serial adapter: told and lowered where that is allowed, else left and said."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.system.adapter_latency import lower_latency


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """As /sys of a PC with one adapter, and a link to its port as udev makes it."""
    device = tmp_path / "sys/bus/usb-serial/devices/ttyUSB0"
    device.mkdir(parents=True)
    (device / "latency_timer").write_text("16\n")
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
    return tmp_path / "sys"


def timer_of(system: Path) -> Path:
    return system / "bus/usb-serial/devices/ttyUSB0/latency_timer"


def test_a_long_timer_is_lowered_to_one_millisecond_by_the_ports_lasting_name(system: Path, tmp_path: Path) -> None:
    latency = lower_latency(str(tmp_path / "by-id"), system)
    assert latency is not None
    assert (latency.found_ms, latency.now_ms, latency.problem) == (16, 1, "")
    assert timer_of(system).read_text() == "1\n"


def test_a_short_timer_is_left(system: Path) -> None:
    timer_of(system).write_text("1\n")
    before = timer_of(system).stat().st_mtime_ns
    latency = lower_latency("/dev/ttyUSB0", system)
    assert latency is not None and (latency.found_ms, latency.now_ms) == (1, 1)
    assert timer_of(system).stat().st_mtime_ns == before


def test_a_timer_that_may_not_be_set_is_said_and_left(system: Path) -> None:
    timer_of(system).unlink()
    timer_of(system).symlink_to("/proc/sys/kernel/random/entropy_avail")  # a number that nobody may write, root neither
    latency = lower_latency("/dev/ttyUSB0", system)
    assert latency is not None and latency.now_ms == latency.found_ms > 1 and "Permission denied" in latency.problem


@pytest.mark.parametrize("port", ["/dev/ttyACM0", "/dev/pts/3"])
def test_a_port_without_such_a_timer_has_none(system: Path, port: str) -> None:
    assert lower_latency(port, system) is None


def test_a_timer_that_reads_as_nonsense_is_none(system: Path) -> None:
    timer_of(system).write_text("often\n")
    assert lower_latency("/dev/ttyUSB0", system) is None

"""The streamed camera against a simulated one: a picture of what the screen shows after the question, or an error."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from station.analysis.pictures import Area, colour
from station.bench import examine
from station.config.bench_file import read_bench_file
from station.drivers.ppm_camera import PpmCamera
from station.link.clock import SystemClock
from station.link.opening import link_to
from station.model.clock import wait_until
from station.model.errors import InstrumentError, LinkError, LinkRefused
from station.model.roles import HeadUnit
from tests.camera_benches import CAMERA, booted, camera_box
from tests.conftest import Bench

CLOCK = SystemClock()
PATIENT_S, HASTY_S = 4.0, 1.5
"""A busy machine takes its time; where no picture can be right nobody need wait for it."""
SCREEN = Area(0, 0, 800, 480)
FAULTS: Mapping[str, Mapping[str, float]] = {"drop": {}, "delay": {"seconds": 0.4}, "garbage": {}}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    running = camera_box(tmp_path_factory.mktemp("camera"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def dut(box: Bench) -> Iterator[HeadUnit]:
    with booted(box) as unit:
        yield unit


@contextmanager
def connected(box: Bench, timeout_s: float) -> Iterator[PpmCamera]:
    link = link_to(CAMERA, read_bench_file(box.bench_file).instruments[CAMERA].address, CLOCK)
    link.open(PATIENT_S)
    try:
        made = PpmCamera(link, CLOCK, timeout_s)
        made.begin()
        made.prepare()
        yield made
    finally:
        link.close()


@pytest.fixture
def camera(box: Bench, dut: HeadUnit) -> Iterator[PpmCamera]:
    with connected(box, PATIENT_S) as made:
        yield made


def right_pictures(camera: PpmCamera, dut: HeadUnit, count: int, pause_s: float = 0.0) -> int:
    """Change the screen ``count`` times; each picture shows it or is an error that names the camera; how many did."""
    right = 0
    for index in range(count):
        name = ("red", "white", "green", "black", "blue")[index % 5]
        time.sleep(pause_s)
        dut.write("screen", name)
        asked = time.monotonic()
        try:
            picture = camera.take()
        except (LinkError, InstrumentError) as error:
            assert str(error).startswith(f"{CAMERA}: ")
            assert time.monotonic() - asked < PATIENT_S + 1.0
            continue
        assert colour(picture, SCREEN) == name
        right += 1
    return right


def recovers(camera: PpmCamera, dut: HeadUnit) -> bool:
    return wait_until(CLOCK, lambda: right_pictures(camera, dut, 1) == 1, CLOCK.now() + 15.0, 0.05)


@pytest.mark.parametrize("pause_s", [0.0, 0.03, 0.5])
def test_a_picture_shows_what_the_screen_shows_after_the_question(
    camera: PpmCamera, dut: HeadUnit, pause_s: float
) -> None:
    assert right_pictures(camera, dut, 4, pause_s) == 4


@pytest.mark.parametrize("fault", FAULTS)
def test_what_spoils_every_picture_is_an_error_and_is_over_when_the_fault_is(
    box: Bench, dut: HeadUnit, fault: str
) -> None:
    with connected(box, HASTY_S) as camera:
        box.control("fault", device=CAMERA, fault=fault, on=True, **FAULTS[fault])
        try:
            assert right_pictures(camera, dut, 1) == 0
        finally:
            box.control("fault", device=CAMERA, fault=fault, on=False)
        assert recovers(camera, dut)


@pytest.mark.parametrize("fault", [*FAULTS, "stale"])
def test_what_spoils_some_pictures_never_makes_a_wrong_one(
    box: Bench, dut: HeadUnit, camera: PpmCamera, fault: str
) -> None:
    box.control("fault", device=CAMERA, fault=fault, on=True, probability=0.15, **FAULTS.get(fault, {}))
    try:
        right_pictures(camera, dut, 5)
    finally:
        box.control("fault", device=CAMERA, fault=fault, on=False)
    assert recovers(camera, dut)


def test_pictures_that_are_all_one_late_are_right_nevertheless(box: Bench, dut: HeadUnit, camera: PpmCamera) -> None:
    box.control("fault", device=CAMERA, fault="stale", on=True)
    try:
        right_pictures(camera, dut, 5)
    finally:
        box.control("fault", device=CAMERA, fault="stale", on=False)
    assert recovers(camera, dut)


def test_a_picture_in_pieces_is_a_whole_picture(box: Bench, dut: HeadUnit, camera: PpmCamera) -> None:
    box.control("fault", device=CAMERA, fault="split", on=True, parts=3, seconds=0.002)
    try:
        assert right_pictures(camera, dut, 2) == 2
    finally:
        box.control("fault", device=CAMERA, fault="split", on=False)


@pytest.mark.parametrize("fault", ["close", "refuse"])
def test_a_camera_that_is_cut_off_is_an_error_by_name_until_it_is_back(
    box: Bench, dut: HeadUnit, camera: PpmCamera, fault: str
) -> None:
    box.control("fault", device=CAMERA, fault=fault, on=True)
    if fault == "refuse":
        box.control("fault", device=CAMERA, fault="close", on=True, count=1)
    assert right_pictures(camera, dut, 2) == 0
    for name in ("close", fault):
        box.control("fault", device=CAMERA, fault=name, on=False)
    assert recovers(camera, dut)


def test_a_bench_is_examined_with_its_camera(box: Bench) -> None:
    reports = {report.name: report for report in examine(read_bench_file(box.bench_file), CLOCK)}
    assert (reports[CAMERA].problem, reports[CAMERA].driver) == ("", "ppm_camera")
    box.control("fault", device=CAMERA, fault="garbage", on=True)
    try:
        reports = {report.name: report for report in examine(read_bench_file(box.bench_file), CLOCK)}
    finally:
        box.control("fault", device=CAMERA, fault="garbage", on=False)
    assert reports[CAMERA].problem.startswith(f"{CAMERA}: no stream of pictures")


def test_a_port_where_nobody_is_is_refused_by_name(box: Bench) -> None:
    link = link_to(CAMERA, read_bench_file(box.bench_file).instruments[CAMERA].address, CLOCK)
    box.control("fault", device=CAMERA, fault="refuse", on=True)
    try:
        with pytest.raises(LinkRefused, match=f"{CAMERA}: cannot be opened"):
            link.open(PATIENT_S)
    finally:
        box.control("fault", device=CAMERA, fault="refuse", on=False)

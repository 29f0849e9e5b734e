"""The simulated camera: pictures as the format says, in proportion to luminance, and in nobody's way."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures.sim.camera_traits import CameraTraits
from fixtures.sim.device import Reply, SimClock
from fixtures.sim.ppm_camera import HEADER, PpmCamera, seen_in
from fixtures.sim.surroundings import ILLUMINATION
from fixtures.sim.unit.screen import OFF, Look
from fixtures.sim.world_file import WorldFileError, read_world
from tests.camera_benches import CAMERA, booted, camera_box
from tests.sim.awake_unit import Jig, awake_unit
from tests.sim.bench_wiring import dice

PICTURE_BYTES = len(HEADER) + 3 * 800 * 480
WHITE = Look("white", 420.0)


def camera(sees: Callable[[], Look], **traits: float) -> PpmCamera:
    return PpmCamera(sees, CameraTraits(**traits), SimClock(), dice())


def counts(picture: bytes) -> NDArray[np.float64]:
    assert picture[: len(HEADER)] == b"P6\n800 480\n255\n"
    return np.frombuffer(picture[len(HEADER) :], np.uint8).reshape(480, 800, 3).astype(np.float64)


def seen(jig: Jig) -> NDArray[np.float64]:
    return counts(camera(seen_in(jig.world)).expose())


def test_a_picture_is_a_binary_ppm_of_the_whole_screen() -> None:
    picture = camera(lambda: WHITE).expose()
    assert len(picture) == PICTURE_BYTES
    assert counts(picture).mean() == pytest.approx(420 / 500 * 255, abs=0.1)


def test_counts_are_in_proportion_to_luminance() -> None:
    jig = awake_unit()
    jig.ask("SET screen white")
    bright = seen(jig)[230:250, 390:410].mean()
    jig.close(ILLUMINATION)
    dimmed = seen(jig)[230:250, 390:410].mean()
    assert dimmed / bright == pytest.approx(jig.unit.traits.dimmed, abs=0.003)


def test_noise_has_its_size_and_is_new_with_each_picture_that_is_computed() -> None:
    looks = [WHITE, Look("white", 420.001)]
    made = camera(lambda: looks[0], noise=2.0)
    first = counts(made.expose())
    looks.pop(0)
    second = counts(made.expose())
    assert first.std() == pytest.approx(2.0, rel=0.03)
    assert (first - second).std() > 2.0


def test_a_picture_of_what_has_not_changed_is_not_computed_again() -> None:
    made = camera(lambda: WHITE)
    assert made.expose() is made.expose()


def test_without_a_unit_or_a_screen_it_sees_nothing() -> None:
    jig = awake_unit("FJ-R5")
    assert seen_in(jig.world)() == Look(OFF)
    jig.world.insert(None)
    assert seen(jig).max() <= 6.0


def test_a_picture_shows_the_beginning_of_its_exposure_and_leaves_at_its_end() -> None:
    looks, spoken = [WHITE], list[Reply]()

    def speak(replies: list[Reply]) -> None:
        spoken.extend(replies)
        looks[0] = Look("black", 420.0)

    async def one_second() -> None:
        session = camera(lambda: looks[0], rate_hz=5.0, exposure_s=0.1).connect()
        session.stream(speak, lambda: True)
        await asyncio.sleep(0.5)
        session.close()
        count = len(spoken)
        await asyncio.sleep(0.3)
        assert len(spoken) == count

    asyncio.run(one_second())
    assert [reply.delay_s for reply in spoken] == [0.1] * len(spoken)
    assert counts(spoken[0].data).mean() > 200
    assert counts(spoken[1].data).mean() < 5


def test_pictures_are_dropped_while_the_last_one_has_not_left() -> None:
    spoken = list[Reply]()

    async def run() -> None:
        session = camera(lambda: WHITE, rate_hz=100.0).connect()
        session.stream(spoken.extend, lambda: not spoken)
        await asyncio.sleep(0.2)
        session.close()

    asyncio.run(run())
    assert len(spoken) == 1


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("rate_hz = 0.1", "rate_hz: must be from 0.5"),
        ("rate_hz = 1000", "rate_hz: must be from 0.5"),
        ("exposure_s = 0.1", "exposure_s: must be shorter"),
        ("full_scale_cdm2 = 0", "full_scale_cdm2: must be above 0"),
    ],
)
def test_an_option_it_cannot_have_is_told(tmp_path: Path, option: str, problem: str) -> None:
    world = tmp_path / "x.world.toml"
    world.write_text(f'[world]\n[devices.cam]\nkind = "ppm_camera"\n{option}\n', encoding="utf-8")
    with pytest.raises(WorldFileError, match=problem):
        read_world(world)


def test_a_client_that_does_not_read_is_in_nobodys_way(tmp_path: Path) -> None:
    box = camera_box(tmp_path)
    try:
        with booted(box) as dut, socket.create_connection(box.endpoint(CAMERA)) as lazy:
            time.sleep(1.0)
            started = time.monotonic()
            for _ in range(10):
                dut.read("key")
            assert time.monotonic() - started < 2.0
            lazy.setblocking(False)
            waiting = 0
            while chunk := _read(lazy):
                waiting += chunk
            assert waiting < 15 * PICTURE_BYTES
    finally:
        box.stop()


def _read(client: socket.socket) -> int:
    try:
        return len(client.recv(1 << 20))
    except BlockingIOError:
        return 0

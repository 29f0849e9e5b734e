"""What is typed of an IC's protection is refused before anything is begun where it cannot be meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Bench
from tests.station.playing.run_process import start_station

OpenBench = Callable[..., Bench]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--order", "BO-2026-000123", "--protect", "BP=7"), "an order names its image, its target and its protection"),
        (("--order", "BO-2026-000123", "--accept-no-proof"), "leave them out"),
        (("{image}", "--target", "W25Q80DV", "--protect", "LB=1"), "there is BP, TB, SEC, SRP, CMP"),
        (("{image}", "--target", "STM32F407xG", "--protect", "RDP=2"), "can never be undone"),
    ],
)
def test_it_is_refused_in_words(bench: OpenBench, tmp_path: Path, words: tuple[str, ...], problem: str) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(b"firmware" * 40)
    where = ["--programmer", "prog", "--bench", str(bench().bench_file), "--operator", "李雷", "--events"]
    typed = [word.replace("{image}", str(image)) for word in words]
    played = start_station(tmp_path / "state", ["burn", *typed, *where])
    try:
        assert played.end() == 2
        assert problem in json.dumps(played.events[-1], ensure_ascii=False)
    finally:
        played.close()
    assert not (tmp_path / "state/burns").exists(), "nothing was begun"

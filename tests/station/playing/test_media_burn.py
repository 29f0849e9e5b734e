"""File sets on cards: written once, read back from the medium, on record however it ends."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.station.cli.test_sockets_command import BENCH
from tests.station.playing.run_process import Event, StationRun, letters, start_station

Media = Callable[..., StationRun]
NAMES = ("MAP/EU.dat", "MAP/中国.dat", "update.ini")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    for number, name in enumerate(NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes((number,)) * 100_000)
    return folder


@pytest.fixture
def card(tmp_path: Path) -> Path:
    (tmp_path / "card").mkdir()
    return tmp_path / "card"


@pytest.fixture
def media(tmp_path: Path, state_dir: Path, source: Path, card: Path) -> Iterator[Media]:
    bench, manifest = tmp_path / "burn.toml", tmp_path / "set.toml"
    bench.write_text(BENCH)
    started = []

    def start(verb: str, *more: str, folder: Path = card) -> StationRun:
        words = ["media", verb]
        if verb == "list":
            words += [str(source), "--name=map", "--set-version=2026.2", "--product=FJ-N7"]
        else:
            words += [str(manifest), str(folder)]
        if verb == "write":
            words += [f"--source={source}", "--operator=李雷", "--events", f"--bench={bench}"]
        started.append(start_station(state_dir, [*words, *more]))
        return started[-1]

    listed, _ = start("list").process.communicate()
    manifest.write_text(listed, encoding="utf-8")
    yield start
    for run in started:
        run.close()


def written(media: Media, code: int = 0) -> Event:
    played = media("write", "--any-folder")
    assert played.end() == code, (played.events[-1:], played.complaint())
    return played.last


def verified(media: Media) -> tuple[int, list[str]]:
    process = media("verify").process
    told, _ = process.communicate()
    return process.returncode, told.splitlines()


def test_a_set_is_written_read_back_and_on_record(media: Media, source: Path, card: Path, state_dir: Path) -> None:
    (card / "photo.jpg").write_bytes(b"theirs")
    assert verified(media) == (
        1,
        [*(f"missing {name}" for name in NAMES), "0 of 3 files as they should be, 1 others on the card"],
    )
    assert written(media)["result"] == "PASS"
    assert [(card / name).read_bytes() == (source / name).read_bytes() for name in NAMES] == [True] * 3
    assert (card / "photo.jpg").read_bytes() == b"theirs"
    (letter,) = letters(state_dir)
    assert (letter["target"], letter["programmer"]["name"], letter["proof"]) == ("SD/USB", "media", "readback_final")
    assert (letter["image"]["name"], letter["image"]["version"], letter["image"]["size_bytes"]) == (
        "map",
        "2026.2",
        300_000,
    )
    assert letter["after_sha256"] == letter["image"]["sha256"] != letter["before_sha256"]
    assert verified(media)[0] == 0


def test_only_what_differs_is_written_again(media: Media, card: Path, state_dir: Path) -> None:
    written(media)
    (card / NAMES[1]).write_bytes(b"old")
    kept = (card / NAMES[0]).stat().st_mtime_ns
    written(media)
    moved = [{stage["name"]: stage["bytes_moved"] for stage in letter["stages"]} for letter in letters(state_dir)]
    assert [each["program"] for each in moved] == [300_000, 100_000]
    assert (card / NAMES[0]).stat().st_mtime_ns == kept
    assert not list(card.rglob("*.fanji-part"))


def test_a_source_that_is_not_what_the_manifest_says_replaces_nothing(
    media: Media, source: Path, card: Path, state_dir: Path
) -> None:
    written(media)
    (card / NAMES[0]).write_bytes(b"old")
    (source / NAMES[0]).write_bytes(b"damaged")
    refused = written(media, code=3)
    assert "not what the manifest says" in refused["failure"]["message"]
    assert (card / NAMES[0]).read_bytes() == b"old"
    assert [letter["result"] for letter in letters(state_dir)] == ["PASS", "ERROR"]


def test_a_folder_that_is_no_card_is_an_error_and_nothing_is_written(media: Media, card: Path) -> None:
    played = media("write")
    assert played.end() == 3
    assert "is no card" in played.last["failure"]["message"]
    assert list(card.iterdir()) == []


def test_a_killed_upgrade_leaves_no_half_file_under_its_name_and_is_recorded(
    media: Media, source: Path, card: Path, state_dir: Path
) -> None:
    (source / NAMES[2]).unlink()
    os.mkfifo(source / NAMES[2])  # its reader waits until it is killed
    played = media("write", "--any-folder")
    played.until_event("stage_started", stage="program")
    while not (card / NAMES[1]).exists():
        pass
    os.kill(played.process.pid, signal.SIGKILL)
    played.process.wait()
    assert not (card / NAMES[2]).exists()
    (source / NAMES[2]).unlink()
    (source / NAMES[2]).write_bytes(b"\x02" * 100_000)
    written(media)
    cut, done = letters(state_dir)
    assert (cut["result"], done["result"]) == ("ABORTED", "PASS")
    assert json.dumps(cut["stages"][-1]["name"]) == '"program"'


def test_two_cards_are_written_at_once_and_a_killed_ones_record_waits_for_no_card(
    media: Media, source: Path, card: Path, tmp_path: Path, state_dir: Path
) -> None:
    (source / NAMES[2]).unlink()
    os.mkfifo(source / NAMES[2])  # its readers wait
    other = tmp_path / "other card"
    other.mkdir()
    first = media("write", "--any-folder")
    first.until_event("stage_started", stage="program")
    second = media("write", "--any-folder")
    assert (second.end(), "is being written" in second.last["message"]) == (3, True)
    beside = media("write", "--any-folder", folder=other)
    beside.until_event("stage_started", stage="program")
    assert letters(state_dir) == []
    for played in (first, beside):
        os.kill(played.process.pid, signal.SIGKILL)
        played.process.wait()
    (source / NAMES[2]).unlink()
    (source / NAMES[2]).write_bytes(b"\x02" * 100_000)
    written(media)
    assert [each["result"] for each in letters(state_dir)] == ["ABORTED", "ABORTED", "PASS"]

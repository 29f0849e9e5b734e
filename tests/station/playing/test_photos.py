"""Photos that a run asks for: whole pictures, kept by content before they are evidence; without one no PASS."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from station.model.errors import OperatorError, StorageError
from station.playing.photos import MAX_BYTES, check_photo, keep_photo, kept_photo
from tests.conftest import Bench
from tests.station.playing.pictures import add_pictured, chunk, jpeg, png
from tests.station.playing.run_process import StationRun, letters, start_station

OpenBench = Callable[..., Bench]
Picture = Callable[..., StationRun]
PHOTO = png()
DIGEST = hashlib.sha256(PHOTO).hexdigest()
OTHER = "ab" * 32


@pytest.fixture
def picture(bench: OpenBench, state_dir: Path) -> Iterator[Picture]:
    """A run that asks for a photo."""
    runs = []
    arguments = add_pictured(bench())

    def start(*more: str) -> StationRun:
        runs.append(start_station(state_dir, [*arguments, *(more or ("--events",))]))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


def asked(run: StationRun) -> str:
    """The id of its prompt."""
    return str(run.until_event("photo_asked")["prompt_id"])


def test_the_photo_that_was_taken_is_evidence_with_its_digest_and_size(picture: Picture, state_dir: Path) -> None:
    run = picture()
    prompt_id = asked(run)
    keep_photo(state_dir / "attachments", PHOTO)
    run.tell({"command": "photo", "prompt_id": prompt_id, "sha256": DIGEST})
    assert run.end() == 0
    (letter,) = letters(state_dir)
    (taken,) = letter["measurements"]
    assert (taken["value"], taken["instrument"], taken["outcome"]) == (f"{DIGEST}/{len(PHOTO)}", "operator", "PASS")
    assert (state_dir / f"attachments/{DIGEST}.png").read_bytes() == PHOTO


@pytest.mark.parametrize("sha256", [OTHER, "", "../../outbox.sqlite3", DIGEST.upper()])
def test_a_photo_that_is_not_on_the_disk_is_asked_for_again(picture: Picture, state_dir: Path, sha256: str) -> None:
    run = picture()
    prompt_id = asked(run)
    keep_photo(state_dir / "attachments", PHOTO)
    run.tell({"command": "photo", "prompt_id": prompt_id, "sha256": sha256})
    assert asked(run) == prompt_id
    assert run.of("answered") == []


def test_a_photo_that_was_changed_on_the_disk_is_none(picture: Picture, state_dir: Path) -> None:
    run = picture()
    prompt_id = asked(run)
    keep_photo(state_dir / "attachments", PHOTO)
    (state_dir / f"attachments/{DIGEST}.png").write_bytes(png(shade=0))
    run.tell({"command": "photo", "prompt_id": prompt_id, "sha256": DIGEST})
    assert asked(run) == prompt_id


@pytest.mark.parametrize("command", ["confirm", "abort", "end"])
def test_without_a_photo_no_unit_passes(picture: Picture, state_dir: Path, command: str) -> None:
    run = picture()
    prompt_id = asked(run)
    if command == "confirm":
        run.tell({"command": "confirm", "prompt_id": prompt_id, "is_so": True})
        run.tell({"command": "abort"})
    elif command == "abort":
        run.tell({"command": "abort"})
    else:
        assert run.process.stdin is not None
        run.process.stdin.close()
    assert run.end() == 4
    (letter,) = letters(state_dir)
    assert (letter["verdict"], letter["measurements"]) == ("ABORTED", [])


@pytest.mark.parametrize("tick", ["all", "none"])
def test_tick_takes_no_photo(picture: Picture, state_dir: Path, tick: str) -> None:
    run = picture("--events", "--tick", tick)
    asked(run)
    assert run.process.stdin is not None
    run.process.stdin.close()
    assert run.end() == 4
    assert "answers lists and yes or no, not this: Photograph" in letters(state_dir)[0]["failure"]["message"]


def test_at_a_terminal_the_path_of_the_photo_is_typed(picture: Picture, state_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "packed.png").write_bytes(PHOTO)
    run = picture("--slot", "slot-1")
    assert run.process.stdin is not None and run.process.stdout is not None
    for name in ("nothing.png", "packed.png"):
        assert any("type the path of the photo" in line for line in run.process.stdout)
        run.process.stdin.write(f"{tmp_path / name}\n")
        run.process.stdin.flush()
    said = run.process.stdout.read()
    assert run.process.wait() == 0, said
    assert letters(state_dir)[0]["measurements"][0]["value"] == f"{DIGEST}/{len(PHOTO)}"


@pytest.mark.parametrize(("content", "suffix"), [(png(), ".png"), (jpeg(), ".jpeg")])
def test_a_whole_picture_is_known_by_what_it_holds(content: bytes, suffix: str) -> None:
    assert check_photo(content) == suffix


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        png()[:-20],
        png().replace(b"IDAT", b"IDAX"),
        png(rows=3),
        png(rows=5),
        png(width=20_000, height=1),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
        jpeg()[:-2],
        jpeg()[:30],
        jpeg(width=0),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x02",
    ],
)
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    with pytest.raises(OperatorError, match="take"):
        check_photo(content)


def test_a_picture_that_is_too_large_is_refused() -> None:
    with pytest.raises(OperatorError, match="at most"):
        check_photo(jpeg() + bytes(MAX_BYTES))


@pytest.mark.parametrize("content", [png(3, 3), jpeg(3, 3)])
def test_whatever_is_cut_off_of_a_picture_it_is_none_or_still_whole(content: bytes) -> None:
    for length in range(len(content) - 1):
        with pytest.raises(OperatorError):
            check_photo(content[:length])


def test_a_small_file_that_unpacks_to_a_huge_picture_is_not_held_whole() -> None:
    picture = png(width=10_000, height=9_999)
    assert len(picture) < MAX_BYTES // 10
    tracemalloc.start()
    try:
        assert check_photo(picture) == ".png"
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
        with pytest.raises(OperatorError, match="no whole JPEG or PNG"):
            check_photo(png(width=10_000, height=2, rows=9_999))
    finally:
        tracemalloc.stop()


def test_the_same_photo_is_kept_once_and_found_again(tmp_path: Path) -> None:
    assert keep_photo(tmp_path, PHOTO) == keep_photo(tmp_path, PHOTO) == kept_photo(tmp_path, DIGEST)
    assert [path.name for path in tmp_path.iterdir()] == [f"{DIGEST}.png"]


def test_a_disk_that_takes_no_photo_is_said_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        keep_photo(tmp_path / "file", PHOTO)

"""Manifests of file sets: what is listed is read again, and what no card could hold is refused by name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from station.ic_programmer.media.card import Card
from station.ic_programmer.media.manifest import MediaFile, manifest_of, read_manifest
from station.model.errors import ConfigError, ContactError, OperatorError

SHA = hashlib.sha256(b"map").hexdigest()


def manifest(folder: Path, *files: str) -> Path:
    path = folder / "set.toml"
    rows = "".join(f'\n[[files]]\npath = "{file}"\nsize_bytes = 3\nsha256 = "{SHA}"\n' for file in files)
    path.write_text(f'name = "map"\nversion = "2026.2"\nproduct = "FJ-N7"\n{rows}', encoding="utf-8")
    return path


def test_what_is_listed_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for name in ("MAP/EU.dat", "MAP/中国.dat", "update.ini"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"map")
    path = tmp_path / "set.toml"
    path.write_text(manifest_of(folder, "map", "2026.2", "FJ-N7"), encoding="utf-8")
    told = read_manifest(path)
    assert [file.path for file in told.files] == ["MAP/EU.dat", "MAP/中国.dat", "update.ini"]
    assert {(file.size_bytes, file.sha256) for file in told.files} == {(3, SHA)}
    assert told.sha256 == read_manifest(manifest(tmp_path, "update.ini", "MAP/中国.dat", "MAP/EU.dat")).sha256


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ((), "missing required field `files`"),
        (("../etc/passwd",), "no path inside the card"),
        (("/etc/passwd",), "no path inside the card"),
        (("a//b",), "no path inside the card"),
        (("a\\\\b",), "does not take"),
        (("a:b",), "does not take"),
        (("ends.",), "does not take"),
        (("x" * 256,), "does not take"),
        (("Map.dat", "MAP.DAT"), "is there twice"),
        (("map", "map/a.dat"), "lies in a folder that is a file"),
    ],
)
def test_a_set_that_no_card_could_hold_is_refused(tmp_path: Path, files: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read_manifest(manifest(tmp_path, *files))


@pytest.mark.parametrize("text", ["name = 1", "name = ", "\xff", 'name = "a"\nversion = "1"\nproduct = "p"\nmore = 1'])
def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "set.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"set\.toml"):
        read_manifest(path)


def test_a_folder_that_is_no_mount_is_no_card(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="is no card"):
        Card(tmp_path).require_there()
    with pytest.raises(OperatorError, match="is no card"):
        Card(Path("/")).require_there()
    with pytest.raises(ContactError, match="no card is mounted"):
        Card(tmp_path / "gone").require_there()


def test_a_set_that_does_not_fit_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="take a larger one"):
        Card(tmp_path, is_any_folder=True).require_room((MediaFile("a", 1 << 60, SHA),))

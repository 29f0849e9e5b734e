"""The manifest of a file set: which files with which content, gated before a card is touched."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from station.model.errors import ConfigError

_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*\\]')
"""What no file system of a card takes in a name. Source: Microsoft, Naming Files, Paths, and Namespaces."""
MOST_NAME_LENGTH = 255
PIECE_BYTES = 1 << 20


class MediaFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file; ``path`` is relative, with slashes."""

    path: str
    size_bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file set with the name and the version that the record and the product know it by."""

    name: str
    version: str
    product: str
    files: tuple[MediaFile, ...]

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(file.size_bytes for file in self.files)

    @property
    def sha256(self) -> str:
        """Over the set: a line for each file in the order of their paths, whatever the manifest looks like."""
        return set_sha256({file.path: (file.size_bytes, file.sha256) for file in self.files})


def set_sha256(found: dict[str, tuple[int, str]]) -> str:
    """The digest of a file set, by path the size in bytes and the digest of each."""
    lines = (f"{sha256}  {size_bytes}  {path}\n" for path, (size_bytes, sha256) in sorted(found.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read_manifest(path: Path) -> Manifest:
    """The manifest in ``path``; raises ConfigError for one that cannot be meant."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        manifest = msgspec.convert(told, Manifest)
    except OSError as error:
        raise ConfigError(str(path), 0, "", f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(str(path), 0, "", str(error)) from None
    if not manifest.files:
        raise ConfigError(str(path), 0, "files", "names no file")
    for file in manifest.files:
        problem = _problem_of(file)
        if problem:
            raise ConfigError(str(path), 0, file.path, problem)
    folded = Counter(file.path.casefold() for file in manifest.files)
    twice = next((file.path for file in manifest.files if folded[file.path.casefold()] > 1), "")
    if twice:
        raise ConfigError(str(path), 0, twice, "is there twice: cards do not tell capitals from small letters")
    for file in manifest.files:
        if any(str(parent).casefold() in folded for parent in PurePosixPath(file.path).parents):
            raise ConfigError(str(path), 0, file.path, "lies in a folder that is a file of the set")
    return manifest


def manifest_of(folder: Path, name: str, version: str, product: str) -> str:
    """The text of the manifest of every file under ``folder``. Raises ConfigError."""
    lines = [f"{key} = {_quoted(text)}\n" for key, text in (("name", name), ("version", version), ("product", product))]
    for path in sorted(file for file in folder.rglob("*") if file.is_file()):
        try:
            digest, size_bytes = hashlib.sha256(), 0
            for piece in pieces_of(path):
                digest.update(piece)
                size_bytes += len(piece)
        except OSError as error:
            raise ConfigError(str(path), 0, "", f"cannot be read: {error.strerror}") from None
        inside = _quoted(path.relative_to(folder).as_posix())
        lines.append(f"\n[[files]]\npath = {inside}\nsize_bytes = {size_bytes}\n")
        lines.append(f'sha256 = "{digest.hexdigest()}"\n')
    return "".join(lines)


def pieces_of(path: Path) -> Iterator[bytes]:
    """The content of a file, a MiB at a time. Raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _problem_of(file: MediaFile) -> str:
    parts = file.path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "is no path inside the card"
    if any(_FORBIDDEN.search(part) or part[-1] in " ." or len(part) > MOST_NAME_LENGTH for part in parts):
        return "has a name that a card's file system does not take"
    if file.size_bytes < 0 or not re.fullmatch(r"[0-9a-f]{64}", file.sha256):
        return "needs its size in bytes and its sha256 as 64 small hexadecimal digits"
    return ""


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()

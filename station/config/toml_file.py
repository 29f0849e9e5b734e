"""A TOML file that people write, read into typed objects; every mistake is a ConfigError with file, line and field."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from types import UnionType
from typing import TypeVar, Union, get_args, get_origin

import msgspec

from station.config.toml_lines import KeyPath, key_lines
from station.model.errors import ConfigError

T = TypeVar("T")

_AT_LINE = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)")
_AT_PATH = re.compile(r"^(.*?)(?: - at `(key in )?\$(.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"Object (contains unknown|missing required) field `([^`]*)`")
_PART = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[(\.\.\.)\]")


class TomlFile(msgspec.Struct, frozen=True):
    """A parsed file; ``sha256`` is over its bytes as they are on disk, and over its base's where it has one.

    ``moved`` are pairs of keys: what an error names by the first is written at the second.
    """

    file: str
    sha256: str
    text: str
    content: dict[str, object]
    base: TomlFile | None = None
    moved: tuple[tuple[KeyPath, KeyPath], ...] = ()

    def error(self, path: KeyPath, problem: str) -> ConfigError:
        """The error that says ``problem`` of the key at ``path``; the line is that of the nearest key that exists.

        Where only the base has the row, it is the base's mistake.
        """
        for named, written in self.moved:
            if path[: len(named)] == named:
                path = (*written, *path[len(named) :])
        lines = key_lines(self.text)
        if self.base is not None and len(path) > 1 and path[:2] not in lines and self.base.has(path[:2]):
            return self.base.error(path, problem)
        known = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in lines), ())
        return ConfigError(self.file, lines.get(known, 0), _dotted(path), problem)

    def has(self, path: KeyPath) -> bool:
        """Whether this file, or one it is based on, writes the key at ``path``."""
        return path in key_lines(self.text) or (self.base is not None and self.base.has(path))

    def convert(self, kind: type[T]) -> T:
        """The content as ``kind``, a msgspec Struct that forbids unknown fields; nothing is coerced."""
        return self.convert_part((), kind)

    def convert_part(self, path: KeyPath, kind: type[T]) -> T:
        """The table at ``path`` as ``kind``, likewise."""
        part: object = self.content
        for key in path:
            part = _child(part, key)
        try:
            return msgspec.convert(part, kind, strict=True)
        except msgspec.ValidationError as error:
            raise self._translated(str(error), path, part, kind) from None

    def _translated(self, message: str, root: KeyPath, part: object, kind: type[object]) -> ConfigError:
        match = _AT_PATH.match(message)
        said, key_in, where = (match[1], match[2], match[3] or "") if match else (message, None, "")
        path = (*root, *_named_path(part, kind, where))
        if field := _FIELD.match(said):
            problem = "unknown key" if field[1] == "contains unknown" else "this key is missing"
            return self.error((*path, field[2]), problem)
        problem = said.replace("`", "")
        return self.error(path, f"bad key: {problem}" if key_in else problem[:1].lower() + problem[1:])


def read_toml(path: Path) -> TomlFile:
    """Read and parse ``path``; raises ConfigError for a missing file, bad UTF-8 or bad syntax."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), 0, "", f"cannot be read: {error.strerror}") from None
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(str(path), line, "", f"byte 0x{raw[error.start]:02X} is not UTF-8") from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, str(error)) from None
    return TomlFile(str(path), hashlib.sha256(raw).hexdigest(), text, content)


def _syntax_error(path: Path, text: str, message: str) -> ConfigError:
    match = _AT_LINE.search(message)
    line = int(match[1]) if match and match[1] else len(text.rstrip("\n").split("\n"))
    return ConfigError(str(path), line, "", f"not TOML: {_AT_LINE.sub('', message)}")


def _named_path(content: object, kind: object, where: str) -> KeyPath:
    """``where`` as msgspec prints it, with the names of the table keys that it prints as ``[...]``."""
    path: KeyPath = ()
    for name, index, is_any_key in _PART.findall(where):
        if is_any_key:
            kind = _element_kind(kind)
            key: str | int = _culprit(content, kind)
        elif index:
            key, kind = int(index), _element_kind(kind)
        else:
            key, kind = name, _field_kind(kind, name)
        path = (*path, key)
        content = _child(content, key)
    return path


def _child(content: object, key: str | int) -> object:
    if isinstance(content, dict):
        return content.get(key)
    return content[key] if isinstance(content, list) and isinstance(key, int) and key < len(content) else None


def _culprit(content: object, kind: object) -> str:
    """The first key of the table whose value is no ``kind``."""
    for key, value in content.items() if isinstance(content, dict) else ():
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError:
            return str(key)
    return "?"


def _field_kind(kind: object, name: str) -> object:
    for candidate in _alternatives(kind):
        if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct):
            for field in msgspec.structs.fields(candidate):
                if field.encode_name == name:
                    return field.type
    return object


def _element_kind(kind: object) -> object:
    for candidate in _alternatives(kind):
        arguments = [argument for argument in get_args(candidate) if argument is not Ellipsis]
        if arguments and get_origin(candidate) not in (Union, UnionType):
            return arguments[-1]
    return object


def _alternatives(kind: object) -> tuple[object, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _dotted(path: KeyPath) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")

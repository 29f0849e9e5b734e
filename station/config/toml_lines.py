"""On which line of a TOML document each key stands, which tomllib does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""Keys from the top; a number is the index in an array."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")' r"|'''.*?'{3,5}(?!')" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]+")


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """The 1-based line of every table, key and array element of ``text``, which tomllib must have accepted."""
    return _Scanner(text).scan()


class _Scanner:
    """Walks the document once; values are stepped over, not read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._lines: dict[KeyPath, int] = {}
        self._array_lengths: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self._skip_blank()
        while self._position < len(self._text):
            if self._text.startswith("[[", self._position):
                table = self._array_table()
            elif self._text[self._position] == "[":
                table = self._table()
            else:
                self._key_and_value(table)
            self._skip_blank()
        return self._lines

    def _skip_blank(self) -> None:
        match = _BLANK.match(self._text, self._position)
        self._position = match.end() if match else self._position

    def _line(self) -> int:
        return self._text.count("\n", 0, self._position) + 1

    def _note(self, path: KeyPath, line: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], line)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while match := _KEY.match(self._text, self._position):
            self._position = match.end()
            keys.append(_plain(match[1]))
            if not self._text.startswith(".", self._position):
                break
            self._position += 1
        return keys

    def _resolved(self, keys: list[str]) -> KeyPath:
        """``keys`` with the index of the last element wherever an array of tables is passed through."""
        path: KeyPath = ()
        for key in keys:
            path = (*path, key)
            if path in self._array_lengths:
                path = (*path, self._array_lengths[path] - 1)
        return path

    def _table(self) -> KeyPath:
        line = self._line()
        self._position += 1
        path = self._resolved(self._keys())
        self._position += 1
        self._note(path, line)
        self._lines[path] = line
        return path

    def _array_table(self) -> KeyPath:
        line = self._line()
        self._position += 2
        keys = self._keys()
        self._position += 2
        array = (*self._resolved(keys[:-1]), keys[-1])
        index = self._array_lengths.get(array, 0)
        self._array_lengths[array] = index + 1
        path = (*array, index)
        self._note(path, line)
        return path

    def _key_and_value(self, table: KeyPath) -> None:
        line = self._line()
        path = (*table, *self._keys())
        self._note(path, line)
        self._position += 1  # the equals sign
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._skip_blank()
        self._note(path, self._line())
        start = self._text[self._position]
        if start == "[":
            self._array(path)
        elif start == "{":
            self._inline_table(path)
        else:
            pattern = _STRING if start in "\"'" else _SCALAR
            match = pattern.match(self._text, self._position)
            self._position = match.end() if match else self._position + 1

    def _array(self, path: KeyPath) -> None:
        self._position += 1
        index = 0
        while self._next_before("]"):
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._position += 1
        while self._next_before("}"):
            self._key_and_value(path)

    def _next_before(self, end: str) -> bool:
        """Step over blanks and a comma; False when ``end`` is reached and stepped over."""
        self._skip_blank()
        if self._text.startswith(",", self._position):
            self._position += 1
            self._skip_blank()
        if self._text.startswith(end, self._position):
            self._position += 1
            return False
        return True


def _plain(key: str) -> str:
    if key[0] not in "\"'":
        return key
    return str(tomllib.loads(f"key = {key}")["key"])

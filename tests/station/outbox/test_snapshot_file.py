"""A snapshot that is as it was is parsed once, and one that is not is seen whatever else is the same."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from station.outbox.snapshot_file import JUST_WRITTEN_NS, parsed

SETTLED_S = 3 * JUST_WRITTEN_NS / 1e9


class Parser:
    """Says what it was given, and how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, body: bytes) -> bytes:
        self.times += 1
        if body == b"no good":
            raise ValueError(body)
        return body


def settled(path: Path, body: bytes = b"one") -> Path:
    path.write_bytes(body)
    time.sleep(SETTLED_S)
    return path


def written_over(path: Path) -> None:
    """As long as it was, and with the times that it had."""
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def renamed_onto(path: Path) -> None:
    before, other = path.stat(), path.with_name("other")
    other.write_bytes(b"two")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def test_what_has_not_changed_is_parsed_once_and_by_each_parser_for_itself(tmp_path: Path) -> None:
    path, parse, other = settled(tmp_path / "state.json"), Parser(), Parser()
    assert [parsed(path, parse), parsed(path, parse), parsed(path, other)] == [b"one"] * 3
    assert (parse.times, other.times) == (1, 1)


@pytest.mark.parametrize("change", [written_over, renamed_onto])
def test_what_has_changed_is_seen_though_its_length_and_times_are_the_same(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path, parse = settled(tmp_path / "state.json"), Parser()
    assert parsed(path, parse) == b"one"
    change(path)
    assert parsed(path, parse) == b"two"


def test_what_was_only_just_written_is_read_again_for_it_may_be_written_again_unseen(tmp_path: Path) -> None:
    path, parse = tmp_path / "state.json", Parser()
    path.write_bytes(b"one")
    soon = time.time() + 60
    os.utime(path, (soon, soon))  # however slow this machine is
    assert parsed(path, parse) == parsed(path, parse) == b"one"
    assert parse.times == 2


def test_what_is_gone_or_no_good_is_told_each_time_and_nothing_of_before_is_given(tmp_path: Path) -> None:
    path, parse = settled(tmp_path / "state.json"), Parser()
    assert parsed(path, parse) == b"one"
    path.unlink()
    with pytest.raises(FileNotFoundError):
        parsed(path, parse)
    settled(path, b"no good")
    for _ in range(2):
        with pytest.raises(ValueError, match="no good"):
            parsed(path, parse)
    assert parse.times == 3

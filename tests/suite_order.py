"""The order of the suite's files: what takes long is spread among the rest; none of it runs alone at the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

LONG = ("tests/browser/", "tests/thread/", "tests/house/")
"""Browsers, whole threads from bench to page, wheels and examples: few tests, of seconds to minutes each."""

SPREAD_OVER = 0.8
"""The share of the files in which they are all begun; the rest fills the processes to the end."""


def spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """The same tests, those of a file together and as they were, with a long file after every so many others."""
    files = [list(group) for _, group in itertools.groupby(items, key=_file)]
    long = [file for file in files if _file(file[0]).startswith(LONG)]
    others = iter([file for file in files if not _file(file[0]).startswith(LONG)])
    between = int(SPREAD_OVER * (len(files) - len(long)) / max(1, len(long)))
    return list(itertools.chain.from_iterable(_woven(long, others, between)))


def _woven(
    long: list[list[pytest.Item]], others: Iterator[list[pytest.Item]], between: int
) -> Iterator[list[pytest.Item]]:
    for file in long:
        yield file
        yield from itertools.islice(others, between)
    yield from others


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]

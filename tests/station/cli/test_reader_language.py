"""A terminal that is set to Chinese is spoken to in Chinese, where there are the words."""

from __future__ import annotations

import locale

import pytest

from station.cli.reader_language import spoken
from station.model.errors import GateClosed, LinkError, OperatorError, ServerError, StationError, chinese_of


@pytest.mark.parametrize(
    ("setting", "chinese", "said"),
    [
        ("zh_CN.UTF-8", "\u672a\u5f00\u59cb", "\u672a\u5f00\u59cb"),
        ("zh_CN.UTF-8", "", "nothing was begun"),
        ("en_US.UTF-8", "\u672a\u5f00\u59cb", "nothing was begun"),
        ("C", "\u672a\u5f00\u59cb", "nothing was begun"),
    ],
)
def test_who_reads_chinese_is_told_so_where_there_are_words(
    monkeypatch: pytest.MonkeyPatch, setting: str, chinese: str, said: str
) -> None:
    monkeypatch.setattr(locale, "setlocale", lambda category: setting)
    assert spoken("nothing was begun", chinese) == said


@pytest.mark.parametrize(
    ("error", "chinese"),
    [
        (OperatorError("no", "\u4e0d"), "\u4e0d"),
        (OperatorError("no"), ""),
        (ServerError("no", "\u4e0d"), "\u4e0d"),
        (GateClosed("hold", "no", "no", "\u4e0d"), "\u4e0d"),
        (LinkError("dmm", "no"), ""),
    ],
)
def test_an_error_says_in_chinese_what_it_has(error: StationError, chinese: str) -> None:
    assert chinese_of(error) == chinese

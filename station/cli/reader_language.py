"""Which language the person at a terminal reads, by the terminal's own setting."""

from __future__ import annotations

import locale


def is_chinese() -> bool:
    """Whether LC_CTYPE names Chinese."""
    return (locale.setlocale(locale.LC_CTYPE) or "").lower().startswith("zh")


def spoken(english: str, chinese: str) -> str:
    """What is said in the reader's language; English where there is no Chinese."""
    return chinese if chinese and is_chinese() else english

"""The word for a code in a language of the pages."""

from __future__ import annotations

from server.web.language import CHINESE, ENGLISH, Language, catalogue
from server.web.plan_terms import plan_term
from server.web.words import word_of


def spoken(language: Language, table: str, code: str) -> str:
    """The word of ``table`` for ``code``; what a plan names reads as the plan says."""
    term = plan_term(code, language) if table == "term" else None
    word: str = term or catalogue(language).ugettext(word_of(table, code))
    return word


def in_both(table: str, code: str) -> tuple[str, str]:
    """The word in Chinese and in English."""
    return (spoken(CHINESE, table, code), spoken(ENGLISH, table, code))

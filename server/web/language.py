"""Which language a reader gets, and the catalogue of its texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.support import Translations

FOLDER = Path(__file__).parent / "translations"
COOKIE = "fanji_lang"


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the pages: its BCP 47 tag, its catalogue's folder and its own name."""

    tag: str
    catalogue: str
    name: str

    @property
    def locale(self) -> Locale:
        return Locale.parse(self.catalogue)


CHINESE = Language("zh-CN", "zh_CN", "中文")
ENGLISH = Language("en", "en", "English")
LANGUAGES = (CHINESE, ENGLISH)


def language_of(tag: str) -> Language | None:
    """The language of a BCP 47 tag by its first subtag (``zh-Hans``, ``zh_CN``, ``en-GB``), or None."""
    first = tag.strip().lower().replace("_", "-").partition("-")[0]
    return next((language for language in LANGUAGES if language.tag.partition("-")[0] == first), None)


def choose_language(cookie: str | None, accept_language: str | None) -> Language:
    """What the reader chose, else what the browser prefers most, else Chinese."""
    chosen = language_of(cookie or "")
    if chosen:
        return chosen
    for tag in _tags_by_preference(accept_language or ""):
        preferred = language_of(tag)
        if preferred:
            return preferred
    return CHINESE


def _tags_by_preference(accept_language: str) -> list[str]:
    weighted: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        tag, _, parameter = part.strip().partition(";")
        name, _, text = parameter.strip().partition("=")
        try:
            weight = float(text) if name.strip() == "q" else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighted.append((weight, tag))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: Language) -> Translations:
    """The compiled texts of a language; raises FileNotFoundError where the build hook has not compiled them."""
    path = FOLDER / language.catalogue / "LC_MESSAGES" / "messages.mo"
    with path.open("rb") as file:
        return Translations(file)

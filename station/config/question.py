"""What an operator is asked where a measurement is taken by eye, ear or display: ``[questions.NAME]`` of a plan."""

from __future__ import annotations

import msgspec

from station.config.toml_file import TomlFile
from station.model.limit import NUMERIC, Comparator, Limit
from station.model.roles import MAX_CHOICES, Choice

MAX_TEXT, MAX_OPTION = 500, 100
PHOTO_PATTERN = "[0-9a-f]{64}/[0-9]+"
"""What is measured of a photo: sha256 and size in bytes."""


class Question(msgspec.Struct, frozen=True):
    """The question for one measurement; ``options`` only where a text is measured.

    ``is_photo``: a photo is asked for, and its digest and size are the text that is measured.
    """

    zh: str
    en: str
    options: tuple[Choice, ...]
    is_photo: bool = False


class OptionRow(msgspec.Struct, forbid_unknown_fields=True):
    """An answer as the file gives it, its name being the value that is measured."""

    zh: str
    en: str


class QuestionRow(msgspec.Struct, forbid_unknown_fields=True):
    """A question as the file gives it."""

    zh: str
    en: str
    options: dict[str, OptionRow] = {}
    photo: bool = False


def question_of(toml: TomlFile, name: str, row: QuestionRow, limit: Limit | None) -> Question:
    """The checked question for the measurement ``name`` of this ``limit``; raises ConfigError for the first mistake."""
    path = ("questions", name)
    if limit is None:
        raise toml.error(path, "there is no measurement of this name")
    _check_texts(toml, path, row.zh, row.en)
    for option, shown in row.options.items():
        if not 0 < len(option) <= MAX_OPTION:
            raise toml.error((*path, "options"), f"an option's name has 1 to {MAX_OPTION} characters")
        _check_texts(toml, (*path, "options", option), shown.zh, shown.en)
    if row.photo:
        _check_photo(toml, path, row, limit)
    else:
        _check_options(toml, (*path, "options"), row, limit)
    options = tuple(Choice(option, it.zh, it.en) for option, it in row.options.items())
    return Question(row.zh, row.en, options, row.photo)


def _check_texts(toml: TomlFile, path: tuple[str, ...], zh: str, en: str) -> None:
    for field, text in (("zh", zh), ("en", en)):
        if not 0 < len(text.strip()) <= MAX_TEXT:
            raise toml.error((*path, field), f"1 to {MAX_TEXT} characters are needed")


def _check_photo(toml: TomlFile, path: tuple[str, ...], row: QuestionRow, limit: Limit) -> None:
    """What is measured is a digest: the pattern must let every photo pass, and nothing that is none."""
    if row.options:
        raise toml.error((*path, "options"), "a photo is not chosen from options")
    if limit.comparator is not Comparator.MATCHES or limit.expected != (PHOTO_PATTERN,):
        raise toml.error((*path, "photo"), f'its measurement has comparator "matches", expected ["{PHOTO_PATTERN}"]')


def _check_options(toml: TomlFile, path: tuple[str, ...], row: QuestionRow, limit: Limit) -> None:
    """A number is typed and a statement confirmed; a text is chosen, and one of the options must be able to pass."""
    if limit.comparator in NUMERIC or limit.comparator is Comparator.IS_TRUE:
        if row.options:
            raise toml.error(path, f"{limit.comparator} is not chosen from options")
        return
    if limit.comparator is Comparator.SAME_AS:
        raise toml.error(path[:2], "what is compared with another text is scanned, not asked")
    if not 2 <= len(row.options) <= MAX_CHOICES:
        raise toml.error(path[:2], f"a text is chosen from 2 to {MAX_CHOICES} options, {len(row.options)} are given")
    if limit.comparator is not Comparator.MATCHES and not set(limit.expected) <= row.options.keys():
        raise toml.error(path, f"{', '.join(limit.expected)} must be among them")

"""Every text of the console is there in Chinese and in English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from station.console.burn_words import clerk_words
from station.console.words import FOLDER, LANGUAGES, language_of, words

CONSOLE = FOLDER.parent
METHODS = [
    ("words.py", "python"),
    ("bench_words.py", "python"),
    ("burn_words.py", "python"),
    ("templates/**.html", "jinja2"),
]
SCRIPTS = Path(__file__).parents[3] / "assets"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_exactly_the_texts_of_the_console(language: str) -> None:
    extracted = {text for _, _, text, _, _ in extract_from_dir(str(CONSOLE), METHODS)}
    with (FOLDER / language / "LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    translated = {message.id: message.string for message in catalogue if message.id}
    assert set(translated) == extracted
    assert [text for text, string in translated.items() if not string] == []
    assert not any(message.fuzzy for message in catalogue if message.id)


def test_a_translation_fills_in_what_the_text_fills_in() -> None:
    for language in LANGUAGES:
        with (FOLDER / language / "LC_MESSAGES/messages.po").open("rb") as file:
            for message in read_po(file):
                assert str(message.id).count("{") == str(message.string).count("{"), message.id


def test_chinese_texts_are_chinese() -> None:
    with (FOLDER / "zh_CN/LC_MESSAGES/messages.po").open("rb") as file:
        strings = [str(message.string) for message in read_po(file) if re.search("[A-Za-z]{3}", str(message.id))]
    assert [string for string in strings if not re.search("[\u4e00-\u9fff]", string)] == []
    assert [string for string in strings if re.search("[\u4e00-\u9fff][,;?!]", string)] == []


def test_the_scripts_ask_for_no_word_that_there_is_not() -> None:
    known = {**words(str), **clerk_words(str)}
    for script in SCRIPTS.glob("console*.js"):
        for key in re.findall(r'\btext\("([^"]+)"', script.read_text(encoding="utf-8")):
            assert key in known, f"{script.name}: {key}"


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        ("", "", "zh_CN"),
        ("en", "zh-CN", "en"),
        ("xx", "en-GB,en;q=0.9", "en"),
        ("", "zh-TW,en", "zh_CN"),
        ("", "de,en;q=0.5", "en"),
        ("", "de", "zh_CN"),
    ],
)
def test_the_language_is_the_reader_s_own_or_chinese(cookie: str, accepted: str, language: str) -> None:
    assert language_of(cookie, accepted) == language

"""The language of a page is the reader's, and no text lacks its translation."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from server.web.language import CHINESE, ENGLISH, FOLDER, LANGUAGES, Language, choose_language
from server.web.plan_terms import plan_terms
from server.web.render import environment, local_path
from server.web.words import ROLES, TERMS

PLANS = Path(__file__).parents[2] / "station/sequences"
PERMISSIONS = Path(__file__).parents[2] / "server/admin/permissions.toml"
SERVER = Path(__file__).parents[2] / "server"
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None}


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, None, CHINESE),
        (None, "en-GB,en;q=0.9,zh;q=0.5", ENGLISH),
        (None, "de, zh-TW;q=0.3, en;q=0.2", CHINESE),
        (None, "en;q=0, fr", CHINESE),
        ("en", "zh-CN", ENGLISH),
        ("zh-CN", "en", CHINESE),
        ("nonsense", "en;q=what, en", ENGLISH),
    ],
)
def test_the_cookie_chooses_then_the_browser_then_chinese(
    cookie: str | None, accepted: str | None, language: Language
) -> None:
    assert choose_language(cookie, accepted) is language


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "", "/a\r\nb"])
def test_a_link_back_never_leads_off_the_site(target: str) -> None:
    assert local_path(target) == "/"
    assert local_path("/runs?verdict=FAIL") == "/runs?verdict=FAIL"


@pytest.fixture(scope="module")
def msgids() -> set[str | tuple[str, str]]:
    options = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
    found = extract_from_dir(SERVER, METHODS, options, keywords=KEYWORDS)
    return {_as_key(message) for _, _, message, _, _ in found}


def _as_key(message: str | tuple[str, ...]) -> str | tuple[str, str]:
    return message if isinstance(message, str) else (message[0], message[1])


@pytest.mark.parametrize("language", LANGUAGES, ids=[language.tag for language in LANGUAGES])
def test_every_text_has_a_translation_and_no_translation_is_left_over(
    language: Language, msgids: set[str | tuple[str, str]]
) -> None:
    with (FOLDER / language.catalogue / "LC_MESSAGES/messages.po").open("rb") as file:
        catalogue: Catalog = read_po(file, locale=language.catalogue)
    messages = {message.id: message for message in catalogue if message.id}
    assert not msgids - set(messages), "missing"
    assert not set(messages) - msgids, "left over"
    assert not catalogue.obsolete
    for key, message in messages.items():
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(strings), f"{key} is not translated"
        assert not message.fuzzy, key
        assert not list(message.check(catalogue)), key


def test_every_measurement_and_accessory_of_a_shipped_plan_reads_in_words() -> None:
    for file in PLANS.glob("*.toml"):
        plan = tomllib.loads(file.read_text(encoding="utf-8"))
        named = set(plan.get("measurements", {})) | set(plan.get("accessories", {}))
        assert not named - TERMS.keys() - plan_terms().keys(), file.name


def test_a_plans_words_are_complete_in_both_languages_and_shown_in_the_readers() -> None:
    assert all(zh.strip() and en.strip() for zh, en in plan_terms().values())
    assert environment(CHINESE).globals["word"]("term", "pilot_suppression") == "导频抑制"
    assert environment(ENGLISH).globals["word"]("term", "pilot_suppression") == "pilot suppression"
    assert environment(ENGLISH).globals["word"]("term", "of_another_shop") == "of another shop"


def test_every_role_reads_in_words() -> None:
    assert set(ROLES) == set(tomllib.loads(PERMISSIONS.read_text(encoding="utf-8"))["roles"])

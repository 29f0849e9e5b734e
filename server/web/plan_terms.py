"""What plans call their steps, measurements and accessories, in the languages of the pages."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from server.web.language import CHINESE, Language


@cache
def plan_terms() -> dict[str, tuple[str, str]]:
    """Chinese and English by the name that letters carry."""
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {name: (row["zh"], row["en"]) for name, row in rows.items()}


def plan_term(name: str, language: Language) -> str | None:
    """The word for ``name``; None where no plan that is known has it."""
    found = plan_terms().get(name)
    return None if found is None else found[0 if language is CHINESE else 1]

"""Why a gate is shut, as codes for programs and as sentences for people."""

from __future__ import annotations

from dataclasses import dataclass

from server.web.case_words import GATE_REASONS
from server.web.language import CHINESE, Language, catalogue

UNWAIVABLE = frozenset(
    {
        "held",
        "no_waybill",
        "no_grade",
        "accessories_unchecked",
        "no_replacement",
        "replacement_unknown",
        "replacement_busy",
        "replacement_held",
        "replacement_unproved",
    }
)
"""What is mended by doing it, or ended elsewhere: no override opens a gate past it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that shuts a gate; ``subject`` in Chinese and English is what it is about, ``detail`` the rest."""

    code: str
    subject: tuple[str, str] = ("", "")
    detail: str = ""

    @property
    def is_waivable(self) -> bool:
        return self.code not in UNWAIVABLE

    def text(self, language: Language) -> str:
        """The sentence in a language of the pages."""
        subject = self.subject[0 if language is CHINESE else 1]
        sentence: str = catalogue(language).ugettext(GATE_REASONS[self.code])
        return sentence % {"subject": subject, "detail": self.detail}


def about(name: str) -> tuple[str, str]:
    """A subject that has no word of its own in either language."""
    return (name, name)

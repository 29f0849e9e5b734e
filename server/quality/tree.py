"""The tree of fault codes: which causes a symptom may have, and which actions answer a cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

SYMPTOM, CAUSE, ACTION = "symptom", "cause", "action"
KINDS = (SYMPTOM, CAUSE, ACTION)
KIND_ABOVE = {SYMPTOM: "", CAUSE: SYMPTOM, ACTION: CAUSE}


@dataclass(frozen=True, slots=True)
class FaultCode:
    """A code as it stands; offered under ``parents``, or under every code of the kind above where there are none."""

    code: str
    version: int
    kind: str
    parents: tuple[str, ...]
    zh: str
    en: str
    is_retired: bool
    changed_at: datetime
    changed_by: str

    def is_under(self, parent: str) -> bool:
        return not self.parents or parent in self.parents

    def name(self, language_tag: str) -> str:
        """In the reader's language: Chinese for ``zh-CN``, else English."""
        return self.zh if language_tag.startswith("zh") else self.en


class FaultTree:
    """The codes by themselves, in the order of their codes; those retired stay readable and are not offered."""

    def __init__(self, codes: Iterable[FaultCode]) -> None:
        self.codes = {code.code: code for code in sorted(codes, key=lambda code: code.code)}

    def get(self, code: str) -> FaultCode | None:
        return self.codes.get(code)

    def offered(self, kind: str, parent: str = "") -> list[FaultCode]:
        """The codes of ``kind`` that may be chosen: all, or those under ``parent``; they name it before the rest."""
        found = [code for code in self.codes.values() if code.kind == kind and not code.is_retired]
        if parent:
            found = [code for code in found if code.is_under(parent)]
        return sorted(found, key=lambda code: (bool(parent) and parent not in code.parents, code.code))

    def offers(self, kind: str, code: str, parent: str = "") -> bool:
        """Whether ``code`` may be chosen as ``kind`` under ``parent``."""
        found = self.codes.get(code)
        return (
            found is not None and found.kind == kind and not found.is_retired and (not parent or found.is_under(parent))
        )

    def name(self, code: str, language_tag: str) -> str:
        """The words of ``code``; the code itself where nothing is on record of it."""
        found = self.codes.get(code)
        return found.name(language_tag) if found else code

    def both(self, code: str) -> str:
        """The words in both languages, for a reader whose language is not known."""
        found = self.codes.get(code)
        return code if found is None else found.zh if found.zh == found.en else f"{found.zh} / {found.en}"

"""Which answer fits which prompt: what does not is none, whoever sent it."""

from __future__ import annotations

import re
from pathlib import Path

from station.model.errors import OperatorError
from station.playing.events import Answer, AnyAnswer, Choose, Confirm, Enter, PhotoTaken
from station.playing.photos import kept_photo
from station.runner.entries import ChooseAsked, ConfirmAsked, EnterAsked, PhotoAsked, Prompt, Prompted

MAX_DIGITS = 9
"""More than any display shows, fewer than the shortest number that is usually scanned (EAN-13)."""

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)", re.ASCII)
_FULL_WIDTH = {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)}
_AS_TYPED = str.maketrans({**_FULL_WIDTH, "。": ".", "−": "-", "\u3000": " "})
"""Not NFKC as a whole: it would make 52 of 5²."""


def number_of(text: str) -> float:
    """The number that a person typed, with a point or a comma before its decimals, in digits of any width.

    Raises OperatorError for anything else, and for more than ``MAX_DIGITS`` digits: that was a scanner.
    """
    plain = text.translate(_AS_TYPED).strip()
    if not _NUMBER.fullmatch(plain) or sum(character.isdigit() for character in plain) > MAX_DIGITS:
        raise OperatorError(f"{text[:40]!r} is no number: type digits, with a point or a comma before the decimals")
    return float(plain.replace(",", "."))


def fitting(prompt: Prompt, answer: AnyAnswer, photos: Path) -> AnyAnswer | None:
    """``answer`` as far as it answers ``prompt``; None for another prompt's, and for one of another kind.

    Raises OperatorError where a number is asked for and none was typed, or a photo that is not in ``photos``.
    """
    if answer.prompt_id != prompt.prompt_id:
        return None
    match prompt, answer:
        case Prompted(), Answer():
            present = tuple(item.name for item in prompt.items if item.name in answer.present)
            return Answer(prompt.prompt_id, present)
        case ConfirmAsked(), Confirm():
            return answer
        case EnterAsked(), Enter():
            number_of(answer.text)
            return answer
        case PhotoAsked(), PhotoTaken():
            kept_photo(photos, answer.sha256)
            return answer
        case ChooseAsked(), Choose() if any(option.name == answer.option for option in prompt.options):
            return answer
        case _:
            return None

"""Who answers a run's prompts."""

from __future__ import annotations

from enum import StrEnum

from station.playing.events import Answer, AnyAnswer, Confirm
from station.runner.entries import ConfirmAsked, Prompt, Prompted


class Tick(StrEnum):
    """The operator, or nobody: then everything counts as there and so, or nothing does."""

    ASK = "ask"
    ALL = "all"
    NONE = "none"


def unasked(prompt: Prompt, tick: Tick) -> AnyAnswer | None:
    """What ``tick`` answers for the operator; None where a person, or a program, has to know."""
    match prompt, tick:
        case Prompted(), Tick.ALL:
            return Answer(prompt.prompt_id, tuple(item.name for item in prompt.items))
        case Prompted(), Tick.NONE:
            return Answer(prompt.prompt_id, ())
        case ConfirmAsked(), Tick.ALL | Tick.NONE:
            return Confirm(prompt.prompt_id, tick is Tick.ALL)
        case _:
            return None

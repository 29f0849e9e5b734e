"""Items that a person takes: by eye and ear, or because the unit has no command channel.

The questions are data: ``[questions.NAME]`` of the limits file, beside the limit of the same name. What kind of answer
is wanted follows from the limit: a statement is confirmed, a text chosen from options, a number typed in its unit.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from station.runner.measure import Measure
from station.runner.questions import Questions
from station.runner.step import Mode, Step, step

ANSWER_S = 5.0
"""Estimate: how long a person takes to look, or listen, and answer."""


def asked(name: str, zh: str, en: str, measures: Mapping[str, str], deadline_s: float, mode: Mode = "awake") -> Step:
    """The step ``name`` that asks for each of ``measures`` (name and unit, "" for texts and statements) in turn.

    ``deadline_s`` is for all its questions together; a step that was not answered by then is an ERROR. Nothing else is
    done with the unit meanwhile, unless it takes no part (``mode="any"``).
    """

    def ask(questions: Questions, measure: Measure) -> None:
        for measurement in measures:
            measure(measurement, questions.ask(measurement))

    ask.__name__ = name
    declaration = step(
        zh=zh,
        en=en,
        deadline_s=deadline_s,
        measures=measures,
        asks=tuple(measures),
        mode=mode,
        is_alone=mode != "any",
        takes_s=min(deadline_s, ANSWER_S * max(len(measures), 1)),
    )
    return declaration(ask)


def confirmed(name: str, zh: str, en: str, deadline_s: float) -> Step:
    """A step that has one statement confirmed, its measurement being of the same name."""
    return asked(name, zh, en, {name: ""}, deadline_s)


def entered(name: str, zh: str, en: str, unit: str, deadline_s: float) -> Step:
    """A step that has one number typed in ``unit``, its measurement being of the same name."""
    return asked(name, zh, en, {name: unit}, deadline_s)


def operator_form(automatic: Step, deadline_s: float) -> Step:
    """``automatic`` for a unit that takes no commands: the same item with the same limits, asked of the operator."""
    declared = automatic.declaration
    form = asked(automatic.name, declared.zh, declared.en, declared.measures, deadline_s)
    kept = replace(form.declaration, after=declared.after, stops_on_fail=declared.stops_on_fail)
    return replace(form, declaration=kept)

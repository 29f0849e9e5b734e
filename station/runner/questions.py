"""The operator's form of a measurement: the question of the plan's file, put to the person at the bench."""

from __future__ import annotations

from collections.abc import Mapping

from station.config.question import Question
from station.model.errors import PlanError
from station.model.limit import Comparator, Limit
from station.model.roles import Operator
from station.runner.measure import AnyReading
from station.runner.rounds import numbered


class Questions:
    """The questions that one step said it asks."""

    def __init__(
        self,
        step: str,
        questions: Mapping[str, Question],
        limits: Mapping[str, Limit],
        operator: Operator,
        round_number: int,
    ) -> None:
        self._step = step
        self._questions = questions
        self._limits = limits
        self._operator = operator
        self._round = round_number

    def ask(self, name: str) -> AnyReading:
        """Have ``name`` photographed, confirmed, chosen, or typed in its unit, as question and limit want it.

        Raises PlanError for one the step did not declare, OperatorError where nobody can answer any more.
        """
        name = numbered(name, self._round)
        question = self._questions.get(name)
        if question is None:
            raise PlanError(f"step {self._step} asks for {name} without declaring it")
        limit = self._limits[name]
        if question.is_photo:
            return self._operator.photograph(question.zh, question.en)
        if question.options:
            return self._operator.choose(question.zh, question.en, question.options)
        if limit.comparator is Comparator.IS_TRUE:
            return self._operator.confirm(question.zh, question.en)
        return self._operator.enter(question.zh, question.en, limit.unit)

"""A group of steps that is played several times: power-cycle and read again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from station.config.limits_file import LimitRow, LimitsFile
from station.model.errors import PlanError
from station.model.limit import Comparator
from station.runner.measure import Measure
from station.runner.round_values import ROUND_AGGREGATES, RoundValues
from station.runner.rounds import numbered, plain
from station.runner.step import Declaration, Step

SUM_UP_S = 5.0
"""The deadline of a step that only computes."""


def repeated(times: int, *steps: Step) -> tuple[Step, ...]:
    """``steps`` played ``times`` times, one round after the other: boot and read become boot_1, read_1, boot_2, read_2.

    What they measure is numbered likewise; a row of the plan's file that has no number is for all rounds. Inside a
    round the steps keep their order; what comes ``after`` the group comes after all that is returned here.
    """
    if times < 1 or not steps:
        raise PlanError(f"a group of {len(steps)} steps cannot be repeated {times} times")
    rounds: list[Step] = []
    before: tuple[Step, ...] = ()
    for number in range(1, times + 1):
        made: dict[str, Step] = {}
        for step in steps:
            inside = [made[other.name] for other in step.declaration.after if other.name in made]
            outside = [other for other in step.declaration.after if other.name not in made]
            made[step.name] = _numbered_step(step, number, steps).following(*inside, *outside, *before)
        before = tuple(made.values())
        rounds += before
    return tuple(rounds)


def over_rounds(name: str, zh: str, en: str, group: Sequence[Step], sums_up: Mapping[str, tuple[str, str]]) -> Step:
    """A step that measures minimum, maximum, mean or spread of what each round of ``group`` has measured.

    ``sums_up`` has for each measurement the one it is of, as it is called without its round, and the aggregate. It
    comes after the group. What a round did not measure is missing, and so is what would sum it up.
    """

    def sum_up(rounds: RoundValues, measure: Measure) -> None:
        for measured, (of, aggregate) in sums_up.items():
            if rounds.are_all_there(of):
                measure(measured, ROUND_AGGREGATES[aggregate](rounds.series(of)))

    units = {plain(of, step.round): unit for step in group for of, unit in step.declaration.measures.items()}
    for measured, (of, aggregate) in sums_up.items():
        if aggregate not in ROUND_AGGREGATES:
            raise PlanError(f"step {name}: {measured} is one of {', '.join(ROUND_AGGREGATES)}, not {aggregate!r}")
        if of not in units:
            raise PlanError(f"step {name}: {measured} is of {of}, which no step of the group measures")
    declared = Declaration(
        zh=zh,
        en=en,
        deadline_s=SUM_UP_S,
        takes_s=0.1,
        after=tuple(group),
        measures={measured: units[of] for measured, (of, _) in sums_up.items()},
        mode="any",
        sums_up=sums_up,
    )
    return replace(declared(sum_up), name=name)


def with_rounds(limits_file: LimitsFile, steps: Sequence[Step]) -> LimitsFile:
    """``limits_file`` with a row for each round of what is measured repeatedly, where it has one for all rounds."""
    rows, questions = dict(limits_file.measurements), dict(limits_file.questions)
    measured = {name for step in steps for name in step.declaration.measures}
    for step in steps:
        for name in step.plain_measures():
            plain = limits_file.measurements.get(name)
            if plain is not None and step.round and numbered(name, step.round) not in limits_file.measurements:
                rows.pop(name, None)
                rows[numbered(name, step.round)] = _row_of_round(plain, step.round, measured)
        for name in step.plain_asks():
            question = limits_file.questions.get(name)
            if question is not None and step.round:
                questions.pop(name, None)
                questions[numbered(name, step.round)] = question
    return replace(limits_file, measurements=rows, questions=questions)


def rounds_of(name: str, steps: Sequence[Step]) -> int:
    """How many rounds of ``steps`` measure ``name``."""
    return max((step.round for step in steps if numbered(name, step.round) in step.declaration.measures), default=0)


def _numbered_step(step: Step, number: int, group: Sequence[Step]) -> Step:
    if step.round:
        raise PlanError(f"step {step.name} is repeated already")
    if step.declaration.sums_up:
        raise PlanError(f"step {step.name} sums up rounds: it comes after them and is played once")
    declared = step.declaration
    measured = {name for each in group for name in each.declaration.measures}

    def of_round(names: Mapping[str, str | bool]) -> dict[str, str | bool]:
        return {numbered(name, number) if name in measured else name: value for name, value in names.items()}

    declaration = replace(
        declared,
        zh=f"{declared.zh} {number}",
        en=f"{declared.en} {number}",
        measures={numbered(name, number): unit for name, unit in declared.measures.items()},
        asks=tuple(numbered(name, number) for name in declared.asks),
        only_if=of_round(declared.only_if),
    )
    return replace(step, name=numbered(step.name, number), declaration=declaration, round=number)


def _row_of_round(row: LimitRow, number: int, measured: Collection[str]) -> LimitRow:
    """``row`` for one round; what it is compared with is that of the same round where there is one."""
    limit = row.limit
    expected = limit.expected
    if limit.comparator is Comparator.SAME_AS and numbered(expected[0], number) in measured:
        expected = (numbered(expected[0], number),)
    limit = replace(limit, name=numbered(limit.name, number), expected=expected)
    return replace(row, limit=limit, zh=f"{row.zh} {number}", en=f"{row.en} {number}")

"""Products of ten and of a thousand steps that take one statement each, for measurements of what a step costs."""

from __future__ import annotations

from pathlib import Path

FEW, MANY = 10, 1000
CODE = '''"""{count} steps that take one statement each."""

from __future__ import annotations

from station.model.clock import Clock
from station.model.reading import Statement
from station.runner.measure import Measure
from station.runner.step import Step, step


def made(number: int, before: list[Step]) -> Step:
    def work(clock: Clock, measure: Measure) -> None:
        measure(f"m{{number}}", Statement(True, "benchmark", clock.utc()))

    work.__name__ = f"s{{number}}"
    return step(zh="步", en="Step", deadline_s=10, measures={{f"m{{number}}": ""}}, after=before[-1:])(work)


steps: list[Step] = []
for number in range({count}):
    steps.append(made(number, steps))
STEPS = tuple(steps)
'''
HEAD = '[plan]\nname = "Steps"\nproduct = "{product}"\nversion = "1"\n'
ROW = '[measurements.m{number}]\nzh = "值"\nen = "Value"\ncomparator = "is_true"\nsource = "this benchmark"\n'


def product(count: int) -> str:
    return f"STEPS-{count}"


def write_product(folder: Path, count: int) -> None:
    """Write sequence and limits into ``folder``."""
    (folder / f"steps_{count}.py").write_text(CODE.format(count=count), encoding="utf-8")
    rows = "".join(ROW.format(number=number) for number in range(count))
    (folder / f"steps_{count}.toml").write_text(HEAD.format(product=product(count)) + rows, encoding="utf-8")

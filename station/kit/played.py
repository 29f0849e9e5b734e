"""What came of a run that was played in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from station.model.limit import Value
from station.model.run_record import RunRecord
from station.runner.entries import Entry, RunStarted


@dataclass(frozen=True, slots=True)
class Played:
    """The record of a run, and everything that was written down on the way to it."""

    record: RunRecord
    entries: Sequence[Entry]

    @property
    def verdict(self) -> str:
        """PASS, FAIL, ABORTED or ERROR."""
        return self.record.verdict

    @property
    def failed(self) -> set[str]:
        """The measurements outside their limits."""
        return {taken.limit.name for taken in self.record.measurements if taken.outcome == "FAIL"}

    @property
    def missing(self) -> set[str]:
        """The measurements that were planned and not taken."""
        planned = {each.name for entry in self.entries if isinstance(entry, RunStarted) for each in entry.measurements}
        return planned - {taken.limit.name for taken in self.record.measurements}

    def value(self, name: str) -> Value:
        """What was measured as ``name``; raises KeyError where nothing was."""
        return {taken.limit.name: taken.value for taken in self.record.measurements}[name]

    def explain(self) -> str:
        """What was not right, step by step: for the message of an assertion."""
        failure = [self.record.failure.message] if self.record.failure else []
        steps = [f"{step.name}: {step.outcome} {step.message}" for step in self.record.steps if step.outcome != "PASS"]
        return "\n".join([self.verdict, *failure, *steps])

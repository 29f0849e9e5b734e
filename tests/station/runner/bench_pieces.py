"""Small real pieces for playing plans without a bench: a clock that waits by counting, roles, a list as journal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from station.config.limits_file import LimitsFile, read_limits
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import OPERATOR, ChecklistItem, Choice
from station.model.run_record import Accessory, PlanRef, RunRecord, SafeAction, UnitRef
from station.runner.entries import Entry, MadeSafe, RunStarted
from station.runner.plan import Plan, make_plan
from station.runner.play import Scene, play
from station.runner.record import record_of
from station.runner.step import Step

START = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)
SAFE = (SafeAction("supply", "switch_off", True, "0.003 V"),)
HEAD = '[plan]\nname = "X outgoing"\nproduct = "X"\nversion = "1"\n'


@dataclass
class CountingClock:
    """Time passes only by waiting."""

    seconds: float = 0.0

    def now(self) -> float:
        return self.seconds

    def utc(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def wait(self, seconds: float) -> None:
        self.seconds += max(seconds, 0.0)


@dataclass
class SteadyAmmeter:
    """Reads what it was given, one after the other, the last for ever."""

    readings: list[Reading]

    def read_a(self, range_a: float) -> Reading:
        return self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]


@dataclass
class TickingOperator:
    """Ticks all but ``missing``; ``says`` is the answer to each question by its English text."""

    missing: frozenset[str] = frozenset()
    says: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        return tuple(Accessory(item.name, item.name not in self.missing) for item in items)

    def confirm(self, zh: str, en: str) -> Statement:
        return Statement(self._said(en) == "yes", OPERATOR, START)

    def enter(self, zh: str, en: str, unit: str) -> Reading:
        return Reading(float(self._said(en)), unit, OPERATOR, self.says[en], START)

    def choose(self, zh: str, en: str, options: Sequence[Choice]) -> TextReading:
        assert self._said(en) in [option.name for option in options]
        return TextReading(self.says[en], OPERATOR, START)

    def photograph(self, zh: str, en: str) -> TextReading:
        return TextReading(self._said(en), OPERATOR, START)

    def _said(self, en: str) -> str:
        self.asked.append(en)
        return self.says[en]


@dataclass
class ListedJournal:
    """Keeps entries and which of them had to be durable."""

    entries: list[Entry] = field(default_factory=list)
    durable: list[Entry] = field(default_factory=list)

    def write(self, entry: Entry, is_durable: bool = False) -> None:
        self.entries.append(entry)
        if is_durable:
            self.durable.append(entry)


def amperes(value: float, is_overload: bool = False) -> Reading:
    return Reading(value, "A", "dmm", f"{value:E}", START, is_overload)


def row(name: str, comparator: str = "at_most", **fields: object) -> str:
    """A measurement as TOML."""
    given: dict[str, object] = {"zh": name, "en": name, "comparator": comparator, "source": "this test"} | fields
    lines = []
    for key, value in given.items():
        text = json.dumps(value)
        lines.append(f"{key} = {text}")
    return f"[measurements.{name}]\n" + "\n".join(lines) + "\n"


def limits_file(tmp_path: Path, body: str) -> LimitsFile:
    path = tmp_path / "x.toml"
    path.write_text(HEAD + body, encoding="utf-8")
    return read_limits(path)


def plan_of(tmp_path: Path, steps: Sequence[Step], body: str) -> Plan:
    return make_plan(tuple(steps), limits_file(tmp_path, body))


def start_of(plan: Plan) -> RunStarted:
    return RunStarted(
        run_id="01a00000-0000-7000-8000-000000000001",
        at=START,
        unit=UnitRef("FJ-R1", "FJR126110001", "d5ce6e11-4d4d-59f8-aaa4-fe1ae43c0134"),
        is_provisional=False,
        product=plan.product,
        plan=PlanRef(plan.ref.name, plan.ref.version, plan.ref.sha256),
        purpose="outgoing",
        attempt=1,
        slot="slot-1",
        operator="王芳",
        cached_state_version=3,
        station_id="bench-1",
        bench_sha256="0" * 64,
        steps=plan.planned_steps(),
        measurements=plan.planned_measurements(),
        accessories=plan.shipping_list().items,
    )


def question(name: str, en: str, **options: str) -> str:
    """A question as TOML, with its options by name and English text."""
    head = f'[questions.{name}]\nzh = "问"\nen = "{en}"\n'
    return head + "".join(
        f'[questions.{name}.options.{key}]\nzh = "项"\nen = "{text}"\n' for key, text in options.items()
    )


def played(
    plan: Plan, missing: frozenset[str] = frozenset(), says: dict[str, str] | None = None, **roles: object
) -> tuple[ListedJournal, RunRecord]:
    """Play ``plan`` and judge it after a make-safe that was proved."""
    journal = ListedJournal()
    scene = Scene(roles, {"dmm": None}, TickingOperator(missing, says or {}), CountingClock())
    play(plan, scene, start_of(plan), journal)
    return journal, record_of([*journal.entries, MadeSafe(SAFE, START)], START + timedelta(minutes=1))

"""``fanji-station study``: many ordinary runs, and what their values are worth."""

from __future__ import annotations

import math
import sys

from station.cli.arguments import Typed
from station.cli.exits import Exit, of_refusal
from station.cli.run_command import checked_plan
from station.cli.terminal import Terminal
from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import read_settings
from station.config.study_file import StudyFile, read_study_file
from station.link.clock import SystemClock
from station.model.errors import OperatorError, StationError
from station.model.limit import NUMERIC
from station.outbox.state_cache import unit_of
from station.playing.order import operator_name
from station.playing.tick import Tick
from station.runner.plan import Plan
from station.study.design import Cell, Kind, StudyDesign, purpose_of
from station.study.files import write_files
from station.study.ledger import Ledger
from station.study.report import Report, report_of
from station.study.session import Session
from station.study.tally import Taken, table_lines
from station.system import StopSignals, is_readable, read_some

STDIN = 0
HOUR_S = 3600.0
_NOTHING = StudyFile("", (), False, (), (), 0, {})


def play_study(typed: Typed) -> Exit:
    """Play what is still due and write the report; 0 complete, 1 a soak that did not pass throughout, 4 unfinished."""
    try:
        wanted = _wanted(typed)
        bench = read_bench_file(typed.bench).for_slot(typed.slot)
        steps = ",".join(wanted.steps)
        plan = checked_plan(bench, wanted.product, purpose_of(Kind(typed.kind)), steps, wanted.with_prerequisites)
        design = _design(typed, wanted, bench, plan)
        settings = read_settings()
        ledger = Ledger(typed.out, design)
    except StationError as error:
        sys.stderr.write(f"{error}\n")
        return of_refusal(error)
    signals = StopSignals()
    asker = _Asker(ledger, signals)
    session = Session(
        settings, bench, plan, design.purpose, SystemClock(), Terminal(), Tick(typed.tick), asker.is_ready
    )
    try:
        stopped = session.play(ledger, signals)
        ledger.close()
        report = report_of(ledger)
        written = write_files(report, typed.out, stopped)
    except StationError as error:
        sys.stderr.write(f"{error}\n")
        return Exit.ERROR
    sys.stdout.write("\n" + "\n".join([*_lines(report), *(str(path) for path in written)]) + "\n")
    if not report.is_complete:
        sys.stdout.write(f"not complete: {stopped}; the same command goes on\n")
        return Exit.ABORTED
    is_good = design.kind is not Kind.SOAK or set(report.verdicts) == {"PASS"}
    return Exit.PASS if is_good else Exit.FAIL


class _Asker:
    """Has the next part put into the jig, where a study has more than one part or operator."""

    def __init__(self, ledger: Ledger, signals: StopSignals) -> None:
        self._ledger = ledger
        self._signals = signals
        design = ledger.design
        self._is_needed = len(design.parts) * len(design.operators) > 1
        self._total = len(design.parts) * len(design.operators) * design.trials

    def is_ready(self, cell: Cell) -> bool:
        """Wait for ENTER; False for q, the end of stdin, and a signal."""
        if not self._is_needed:
            return True
        number = 1 + sum(run.is_usable for run in self._ledger.runs)
        who = f"{cell.operator}, trial {cell.trial}"
        sys.stdout.write(f"\nrun {number} of {self._total}: put {cell.part} into the jig ({who})\n")
        sys.stdout.write("ENTER when it is there; q stops\n")
        sys.stdout.flush()
        said = b""
        while not said.endswith(b"\n"):
            while not is_readable(STDIN, 0.2):
                if self._signals.name:
                    return False
            chunk = read_some(STDIN)
            if not chunk:
                return False
            said += chunk
        return said.strip() != b"q"


def _lines(report: Report) -> list[str]:
    runs = [Taken(run.verdict, run.values) for run in report.runs]
    lines = table_lines([found.figures for found in report.measurements], runs)
    for found in report.measurements:
        if found.gauge is not None:
            shown = {name: found.gauge.component(name) for name in ("EV", "AV", "GRR", "PV")}
            shares = "  ".join(f"{name} {part.sigma:.3g}" for name, part in shown.items())
            lines.append(f"{found.figures.planned.name}: {shares}  ndc {found.gauge.categories}")
        if found.remark:
            lines.append(f"{found.figures.planned.name}: {found.remark}")
    return lines


def _wanted(typed: Typed) -> StudyFile:
    """The study file with what was typed in its place."""
    file = read_study_file(typed.study) if typed.study is not None else _NOTHING
    parts = _listed(typed.parts) or ((typed.serial,) if typed.serial else ()) or file.parts
    operators = _listed(typed.operators) or ((typed.operator,) if typed.operator else ()) or file.operators
    wanted = StudyFile(
        product=typed.product or file.product,
        steps=_listed(typed.steps) or file.steps,
        with_prerequisites=typed.with_prerequisites or file.with_prerequisites,
        parts=parts,
        operators=operators,
        trials=typed.trials or typed.runs or file.trials,
        references=file.references | _references(typed.reference),
    )
    _check_wanted(Kind(typed.kind), wanted, typed.hours)
    return wanted


def _design(typed: Typed, wanted: StudyFile, bench: BenchFile, plan: Plan) -> StudyDesign:
    seconds = typed.hours * HOUR_S
    numbers = {planned.name for planned in plan.planned_measurements() if planned.comparator in NUMERIC}
    for name in wanted.references:
        if name not in numbers:
            raise OperatorError(f"the reference {name} is no number that these steps measure")
    return StudyDesign(
        kind=Kind(typed.kind),
        product=plan.product,
        plan=plan.ref,
        bench_sha256=bench.sha256,
        parts=tuple(unit_of(part, None).serial for part in wanted.parts),
        operators=tuple(operator_name(operator) for operator in wanted.operators),
        trials=0 if seconds else wanted.trials,
        seconds=seconds,
        references=wanted.references,
        measurements=plan.planned_measurements(),
    )


def _check_wanted(kind: Kind, wanted: StudyFile, hours: float) -> None:
    """Raise OperatorError for what would be no such study."""
    if not wanted.product:
        raise OperatorError("whose plan is played? Give --product or a study file")
    if len(set(wanted.parts)) < len(wanted.parts) or len(set(wanted.operators)) < len(wanted.operators):
        raise OperatorError("a part or an operator is named twice")
    if kind is Kind.RR:
        if min(len(wanted.parts), len(wanted.operators), wanted.trials) < 2:
            raise OperatorError("a crossed study needs --parts, --operators and --trials: two of each at least")
    elif len(wanted.parts) != 1 or len(wanted.operators) != 1:
        raise OperatorError(f"{kind} is of one unit and one operator: give SERIAL and --operator")
    if hours and kind is not Kind.SOAK:
        raise OperatorError("--hours is for soak")
    if not wanted.trials and not hours:
        raise OperatorError("how many runs? Give --runs, or for soak --hours")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _references(given: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise OperatorError(f"--reference {text!r} is not NAME=NUMBER") from None
        if not math.isfinite(found[name.strip()]):
            raise OperatorError(f"--reference {text!r} is not NAME=NUMBER")
    return found

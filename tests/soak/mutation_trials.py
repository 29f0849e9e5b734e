"""Tries mutants on the tests that concern them; run as a program in a copy of the tree, which it changes.

The tests are collected once. For each mutant of a function a child of this process, as it is then, gives the function
its changed code and runs the tests until one fails; a mutant of what is outside functions takes a process of its own.
"""

from __future__ import annotations

import ast
import gc
import inspect
import json
import os
import select
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import TextIO

import pytest
from hypothesis import Phase, settings

from tests.soak.mutants import Mutant, mutants_of

TABLE = Path(__file__).parent / "mutation.toml"
TEST_LIMIT_S = 60
"""Of one test: it fails then, with what made it hang."""
OPTIONS = (
    *("-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", f"timeout={TEST_LIMIT_S}"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
SHORTEST_LIMIT_S = 120.0
"""Of all tests, for what nothing in its own process ends; the machine may have other work."""
PATIENCE = 10.0
"""How many times as long as the tests need without a change."""
KILLED, SURVIVED, HUNG = "killed", "survived", "hung"


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one mutant; one that hangs is as good as killed. ``by`` is the test that failed."""

    file: str
    name: str
    outcome: str
    by: str
    seconds: float


class Trials:
    """A plugin of pytest that tries mutants in the place of running the tests."""

    def __init__(self, chosen: Mapping[str, Sequence[Mutant]], is_whole: bool, out: TextIO) -> None:
        """``chosen`` are mutants by file; where it ``is_whole`` every module's tests are run without a change first."""
        self._out = out
        self._has_begun = False
        self._chosen = chosen
        self._is_whole = is_whole
        self._failed = ""
        self._took: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._took[report.nodeid] = self._took.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self._failed = report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.testsfailed:
            return None  # pytest says that the tests cannot be collected
        gc.collect()
        gc.freeze()  # what children do not touch they share
        for file, tests in concerns().items():
            mutants = self._chosen.get(file, ())
            items = [item for item in session.items if item.nodeid.partition("::")[0] in tests]
            if mutants:
                self._try_module(file, mutants, sorted(items, key=_is_slow))
        return True

    def _try_module(self, file: str, mutants: Sequence[Mutant], items: list[pytest.Item]) -> None:
        limit_s = 2 * SHORTEST_LIMIT_S
        if self._is_whole or not self._has_begun:
            began = time.monotonic()
            outcome, said = self._in_child(items, lambda: None, 600.0)
            if outcome != SURVIVED:
                raise SystemExit(f"{file}: its tests fail without a change: {said}")
            self._has_begun = True
            took = dict(zip(items, json.loads(said), strict=True))
            items = sorted(items, key=lambda item: float(took[item]))
            limit_s = max(SHORTEST_LIMIT_S, PATIENCE * (time.monotonic() - began))
        for mutant in mutants:
            began = time.monotonic()
            if mutant.scope:
                outcome, by = self._in_child(items, lambda file=file, mutant=mutant: change(file, mutant), limit_s)
            else:
                outcome, by = _in_process(file, mutant, concerns()[file], limit_s)
            trial = Trial(file, mutant.name, outcome, "" if outcome == SURVIVED else by, time.monotonic() - began)
            print(json.dumps(asdict(trial)), file=self._out, flush=True)

    def _in_child(self, items: Sequence[pytest.Item], prepare: Callable[[], None], limit_s: float) -> tuple[str, str]:
        """The outcome of ``items`` after ``prepare``, and the test that failed or the time that each took."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            self._be_child(items, prepare, writing)
        os.close(writing)
        watched = os.pidfd_open(child)
        has_ended = bool(select.select([watched], [], [], limit_s)[0])
        if not has_ended:
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(watched)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        if not has_ended:
            return HUNG, said
        return (SURVIVED if status == 0 else KILLED), said

    def _be_child(self, items: Sequence[pytest.Item], prepare: Callable[[], None], writing: int) -> None:
        code = 1
        try:
            prepare()
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._failed:
                    os.write(writing, self._failed.encode())
                    break
            else:
                os.write(writing, json.dumps([round(self._took[item.nodeid], 3) for item in items]).encode())
                code = 0
        finally:
            os._exit(code)  # whatever was raised: nothing of this process may go on beside its parent


def change(file: str, mutant: Mutant) -> None:
    """Give the function that ``mutant`` changes its code, in this process."""
    function: object = sys.modules[file.removesuffix(".py").replace("/", ".")]
    for name in mutant.scope.split("."):
        function = vars(function)[name]
    if isinstance(function, property):
        function = function.fget
    if isinstance(function, staticmethod | classmethod):
        function = function.__func__
    function = inspect.unwrap(function)  # type: ignore[arg-type]  # whatever it is, it is called
    assert isinstance(function, FunctionType), mutant.scope
    module = compile(mutant.tree(), str(Path(file).resolve()), "exec", dont_inherit=True)
    function.__code__ = next(code for code in _codes(module) if code.co_qualname == function.__code__.co_qualname)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _in_process(file: str, mutant: Mutant, tests: Sequence[str], limit_s: float) -> tuple[str, str]:
    path = Path(file)
    original = path.read_bytes()
    path.write_text(ast.unparse(mutant.tree()), encoding="utf-8")
    command = [sys.executable, "-B", "-m", "tests.soak.mutation_trials", "--plain", *tests]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return HUNG, ""
    finally:
        path.write_bytes(original)
    return (SURVIVED if ended.returncode == 0 else KILLED), "a run of its own"


def _is_slow(item: pytest.Item) -> bool:
    """Properties are tried on hundreds of inputs: after all other tests."""
    return isinstance(item, pytest.Function) and hasattr(item.obj, "hypothesis")


def concerns() -> Mapping[str, Sequence[str]]:
    """The table: for each module the tests that concern it."""
    table: Mapping[str, Sequence[str]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["tests"]
    return table


def chosen(every: int, files: Sequence[str]) -> dict[str, list[Mutant]]:
    """Each ``every``-th mutant of all ``files``, counted through them."""
    found = [(file, mutant) for file in files for mutant in mutants_of(Path(file).read_text(encoding="utf-8"))]
    kept = found[every // 2 :: every]
    return {file: [mutant for of, mutant in kept if of == file] for file in files}


def main(arguments: Sequence[str]) -> int:
    """``--plain TEST …`` runs tests; ``OUT EVERY FILE …`` writes to OUT what became of mutants, a line each."""
    settings.register_profile("mutation", derandomize=True, database=None, phases=(Phase.explicit, Phase.generate))
    settings.load_profile("mutation")
    if arguments[0] == "--plain":
        return int(pytest.main([*OPTIONS, *arguments[1:]]))
    out, every, *files = arguments
    picked = chosen(int(every), files or list(concerns()))
    tests = dict.fromkeys(test for file, mutants in picked.items() if mutants for test in concerns()[file])
    with Path(out).open("w", encoding="utf-8") as lines:
        trials = Trials(picked, int(every) == 1, lines)
        return int(pytest.main([*OPTIONS, "--basetemp", "tmp", *tests], plugins=[trials]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Prompts at a terminal and over a pipe: the same questions as on the page, answered by typed lines."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from station.cli.terminal_prompts import answer_of, how_to_answer, options_of
from station.model.roles import ChecklistItem, Choice
from station.playing.events import Answer, AnyAnswer, Choose, Confirm, Enter
from station.runner.entries import ChooseAsked, ConfirmAsked, EnterAsked, Prompt, Prompted
from tests.conftest import Bench
from tests.station.playing.asking_bench import add_asking
from tests.station.playing.run_process import ROOT, letters

LIST = Prompted("p", "checklist", "", "", (ChecklistItem("frame", "框", "Frame"), ChecklistItem("key", "匙", "Key")))
STATEMENT = ConfirmAsked("p", "", "")
NUMBER = EnterAsked("p", "", "", "V")
CHOICE = ChooseAsked("p", "", "", (Choice("white", "白", "White"), Choice("blue", "蓝", "Blue")))
PATIENCE_S = 20.0


@pytest.mark.parametrize(
    ("prompt", "typed", "answer"),
    [
        (LIST, "", Answer("p", ("frame", "key"))),
        (LIST, "1", Answer("p", ("key",))),
        (LIST, "1, 2", Answer("p", ())),
        (LIST, "3", None),
        (LIST, "yes", None),
        (STATEMENT, "1", Confirm("p", True)),
        (STATEMENT, "Y", Confirm("p", True)),
        (STATEMENT, "是", Confirm("p", True)),
        (STATEMENT, "2", Confirm("p", False)),
        (STATEMENT, "no", Confirm("p", False)),
        (STATEMENT, "否", Confirm("p", False)),
        (STATEMENT, "", None),
        (STATEMENT, "3", None),
        (CHOICE, "2", Choose("p", "blue")),
        (CHOICE, "0", None),
        (CHOICE, "3", None),
        (CHOICE, "", None),
        (CHOICE, "12", None),
        (CHOICE, "²", None),
        (NUMBER, "4,98", Enter("p", "4,98")),
        (NUMBER, "４．９８", Enter("p", "４．９８")),
        (NUMBER, "", None),
        (NUMBER, "FJR126110003", None),
        (NUMBER, "4006381333931", None),
    ],
)
def test_a_typed_line_is_an_answer_or_none(prompt: Prompt, typed: str, answer: AnyAnswer | None) -> None:
    assert answer_of(prompt, typed) == answer


@pytest.mark.parametrize("prompt", [LIST, STATEMENT, NUMBER, CHOICE])
def test_how_to_answer_is_said_in_the_terminals_language(prompt: Prompt) -> None:
    told = [how_to_answer(prompt, chinese), *options_of(prompt, chinese)]
    assert [text for text in told if not re.search("[\u4e00-\u9fff]", text)] == []
    told = [how_to_answer(prompt, english), *options_of(prompt, english)]
    assert [text for text in told if re.search("[\u4e00-\u9fff]", text)] == []
    assert "V" in how_to_answer(NUMBER, chinese) and "V" in how_to_answer(NUMBER, english)


def chinese(zh: str, en: str) -> str:
    return zh


def english(zh: str, en: str) -> str:
    return en


@dataclass
class Typist:
    """Somebody who reads what a run says and types lines; on a terminal or over pipes."""

    process: subprocess.Popen[bytes]
    reading: int
    writing: int
    said: str = ""
    closing: list[int] = field(default_factory=list)

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.said:
            assert time.monotonic() < deadline, self.said
            self.said += os.read(self.reading, 65536).decode("utf-8", "replace")
        self.said = self.said.partition(text)[2]

    def type(self, line: str) -> None:
        os.write(self.writing, line.encode() + b"\n")

    def answer(self, question: str, line: str) -> None:
        self.wait_for(question)
        self.wait_for("q stops")
        self.type(line)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for descriptor in self.closing:
            os.close(descriptor)


def on_terminal(arguments: list[str], state_dir: Path) -> Typist:
    terminal, inside = os.openpty()
    settings = termios.tcgetattr(inside)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(inside, termios.TCSANOW, settings)
    return Typist(started(arguments, state_dir, inside, inside), terminal, terminal, closing=[terminal, inside])


def over_pipes(arguments: list[str], state_dir: Path) -> Typist:
    (stdin, typed), (said, stdout) = os.pipe(), os.pipe()
    process = started(arguments, state_dir, stdin, stdout)
    os.close(stdin)
    os.close(stdout)
    return Typist(process, said, typed, closing=[said, typed])


def started(arguments: list[str], state_dir: Path, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "FANJI_STATE_DIR": str(state_dir), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "station.cli", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=stdin, stdout=stdout, start_new_session=True)


Start = Callable[..., Typist]


@pytest.fixture(params=[on_terminal, over_pipes])
def run(request: pytest.FixtureRequest, bench: Callable[..., Bench], tmp_path: Path) -> Iterator[Start]:
    """``run("--tick", "all")`` starts a run of ASK-1 whose lines are ours."""
    runs: list[Typist] = []

    def start(*more: str) -> Typist:
        runs.append(request.param([*add_asking(bench()), *more], tmp_path / "state"))
        return runs[-1]

    yield start
    for typist in runs:
        typist.close()


def test_every_kind_of_question_is_answered_by_a_typed_line(run: Start, tmp_path: Path) -> None:
    typist = run()
    typist.answer("All screws there", "yes")
    typist.wait_for("Screws")
    typist.answer("What colour", "1")
    typist.wait_for("white")
    typist.answer("Read the 5 V rail", "4,98")
    typist.wait_for("4.98 V")
    assert typist.process.wait(PATIENCE_S) == 0
    (letter,) = letters(tmp_path / "state")
    assert [taken["value"] for taken in letter["measurements"]] == [True, "white", 4.98]


def test_a_line_that_is_no_answer_is_told_and_answers_nothing(run: Start, tmp_path: Path) -> None:
    typist = run()
    typist.answer("All screws there", "perhaps")
    typist.wait_for("type 1 for yes or 2 for no; q stops")
    typist.type("1")
    typist.answer("What colour", "4")
    typist.wait_for("type the number of what you see; q stops")
    typist.type("2")
    typist.answer("Read the 5 V rail", "five")
    typist.wait_for("type the number in V; q stops")
    typist.type("5")
    assert typist.process.wait(PATIENCE_S) == 0
    assert [taken["value"] for taken in letters(tmp_path / "state")[0]["measurements"]] == [True, "blue", 5.0]


def test_a_question_is_stopped_by_q(run: Start, tmp_path: Path) -> None:
    typist = run()
    typist.answer("All screws there", "q")
    assert typist.process.wait(PATIENCE_S) == 4
    assert letters(tmp_path / "state")[0]["verdict"] == "ABORTED"


@pytest.mark.parametrize("tick", ["all", "none"])
def test_tick_says_yes_or_no_and_refuses_what_only_a_person_can_know(run: Start, tmp_path: Path, tick: str) -> None:
    typist = run("--tick", tick)
    typist.wait_for(f"--tick {tick} answers lists and yes or no, not this: What colour")
    assert typist.process.wait(PATIENCE_S) == 4
    (letter,) = letters(tmp_path / "state")
    assert (letter["verdict"], letter["failure"]["kind"]) == ("ABORTED", "operator")
    assert [taken["value"] for taken in letter["measurements"]] == [tick == "all"]

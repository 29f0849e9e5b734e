"""A label is printed for a run that passed, once for each time it was asked for, and what the printer says is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from station.outbox.label_book import LabelBook
from station.outbox.label_facts import LabelFacts
from tests.conftest import ROOT
from tests.label_bench import label_world

RUN = "0190b2c4-0000-7000-8000-000000000001"
OTHER = "0190b2c4-0000-7000-8000-000000000002"
SERIAL = "FJN726110001"


def facts(product: str = "FJ-N7", **changes: Any) -> LabelFacts:
    given: dict[str, Any] = {
        "run_id": RUN,
        "serial": SERIAL,
        "product": product,
        "station_id": "bench-1",
        "operator": "王芳",
        "finished_at": datetime(2026, 11, 26, 12, 0, tzinfo=UTC),
        "attempt": 1,
        "is_marginal": False,
        "values": {"firmware_version": "2.1.0"},
    }
    return LabelFacts(**(given | changes))


class Labels:
    """A bench in a box with a printer, and the command that prints."""

    def __init__(self, box: Any, folder: Path) -> None:
        self.box = box
        self.book = LabelBook(folder / "labels.sqlite3", LabelFacts)
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("FANJI_")}
        self._environment["FANJI_STATE_DIR"] = str(folder)

    def ask(self, number: int | None = None, run: str = RUN) -> dict[str, Any]:
        command = [sys.executable, "-m", "station.cli", "label", run, "--bench", str(self.box.bench_file), "--events"]
        if number is not None:
            command += ["--number", str(number)]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=60)
        told: dict[str, Any] = json.loads(done.stdout)
        assert (done.returncode == 0) is (told["state"] == "printed"), done.stderr
        return told

    def printed(self) -> list[str]:
        labels: list[str] = self.box.control("printer", device="printer")["printed"]
        return labels


@pytest.fixture(params=["navigation", "radio"])
def labels(request: pytest.FixtureRequest, bench: Callable[..., Any], tmp_path: Path) -> Iterator[Labels]:
    """Benches with a ZPL and with a TSPL printer."""
    made = Labels(bench(request.param), tmp_path / "state")
    made.book.note(facts())
    yield made


def test_a_run_that_passed_gets_a_label_with_serial_code_firmware_and_verdict(labels: Labels) -> None:
    assert labels.ask() == {"event": "label", "run_id": RUN, "number": 1, "state": "printed", "problem": ""}
    (label,) = labels.printed()
    assert label.count(SERIAL) == 3
    assert "FJ-N7  PASS" in label and "firmware 2.1.0" in label and "2026-11-26" in label
    if label.startswith("^XA"):
        assert f"^BCN,80,N,N,N,A^FH_^FD{SERIAL}^FS" in label and "^BXN,5,200" in label
        assert "^A@N,24,,E:SIMSUN.TTF^FH_^FD_E5_90_88_E6_A0_BC" in label
    else:
        assert f'"128",80,0,0,2,4,"{SERIAL}"' in label and "DMATRIX 360,192," in label
        assert "合格".encode("gb18030").decode("latin-1") in label


def test_a_print_asked_for_twice_is_printed_once(labels: Labels) -> None:
    assert labels.ask(1)["state"] == "printed"
    again = labels.ask(1)
    assert again["state"] == "failed" and "asked for already" in again["problem"]
    assert len(labels.printed()) == 1
    assert labels.ask(2)["state"] == "printed"
    assert len(labels.printed()) == 2
    assert [one.number for one in labels.book.prints_of(RUN)] == [1, 2]


def test_paper_out_is_told_and_on_record_and_nothing_comes_out_later(labels: Labels) -> None:
    labels.box.control("printer", device="printer", paper_out=True)
    told = labels.ask()
    assert (told["state"], told["number"]) == ("failed", 1)
    assert "out of labels" in told["problem"]
    assert "out of labels" in labels.book.prints_of(RUN)[0].problem
    labels.box.control("printer", device="printer", paper_out=False)
    assert labels.printed() == []
    assert labels.ask(2)["state"] == "printed"
    assert len(labels.printed()) == 1


def test_a_bench_of_several_slots_prints_their_labels_one_after_the_other(
    bench: Callable[..., Any], tmp_path: Path
) -> None:
    shared = Labels(bench(label_world(tmp_path, "two-slots"), time_scale=1.0), tmp_path / "state")
    shared.book.note(facts())
    shared.book.note(facts(run_id=OTHER, serial="FJN726110002"))
    with ThreadPoolExecutor(2) as slots:
        told = list(slots.map(lambda run: shared.ask(run=run), (RUN, OTHER)))
    assert [one["state"] for one in told] == ["printed", "printed"], told
    assert len(shared.printed()) == 2


def test_a_run_that_the_book_does_not_know_has_no_label(bench: Callable[..., Any], tmp_path: Path) -> None:
    empty = Labels(bench("radio"), tmp_path / "state")
    assert empty.ask()["state"] == "none"
    assert empty.printed() == []


def test_a_marginal_pass_has_a_label_only_where_the_bench_file_says_so(
    bench: Callable[..., Any], tmp_path: Path
) -> None:
    marginal = Labels(bench("radio"), tmp_path / "state")
    marginal.book.note(facts(is_marginal=True))
    text = marginal.box.bench_file.read_text("utf-8")
    marginal.box.bench_file.write_text(text.replace('marginal = "print"', 'marginal = "withhold"'), "utf-8")
    assert marginal.ask()["state"] == "withheld"
    assert marginal.printed() == []
    marginal.box.bench_file.write_text(text, "utf-8")
    assert marginal.ask()["state"] == "printed"


def test_a_value_that_was_not_measured_is_no_empty_place_on_a_label(bench: Callable[..., Any], tmp_path: Path) -> None:
    without = Labels(bench("radio"), tmp_path / "state")
    without.book.note(facts(values={}))
    told = without.ask()
    assert told["state"] == "failed" and "value.firmware_version" in told["problem"]
    assert without.printed() == []


def test_a_printer_that_is_away_leaves_the_run_without_a_label(bench: Callable[..., Any], tmp_path: Path) -> None:
    away = Labels(bench("radio"), tmp_path / "state")
    away.book.note(facts())
    away.box.control("fault", device="printer", fault="refuse", on=True)
    told = away.ask()
    assert told["state"] == "failed" and "printer" in told["problem"]

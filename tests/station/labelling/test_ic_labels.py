"""An IC that was burned by an order gets a label with its order, image, number and day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from station.outbox.label_book import LabelBook
from station.outbox.label_facts import IcLabelFacts
from tests.conftest import ROOT, Bench
from tests.label_bench import IC_LABEL, label_world

BURN = "0190b2c4-0000-7000-8000-000000000001"
ORDER = "BO-2026-000123"


def facts(**changes: Any) -> IcLabelFacts:
    given: dict[str, Any] = {
        "burn_id": BURN,
        "order": ORDER,
        "image": "fj-r1-1.4.2.bin",
        "version": "1.4.2",
        "target": "W25Q64JV",
        "numbers": ("FJ000100",),
        "unique_id": "D1B2C3D4E5F60718",
        "unit": "",
        "station_id": "bench-1",
        "operator": "李雷",
        "programmer": "prog clip-1",
        "finished_at": datetime(2026, 11, 26, 12, 0, tzinfo=UTC),
        "is_marginal": False,
    }
    return IcLabelFacts(**(given | changes))


class IcLabels:
    """A bench in a box with a printer for ICs' labels, and the command that prints."""

    def __init__(self, box: Bench, folder: Path) -> None:
        self.box = box
        self.book = LabelBook(folder / "ic-labels.sqlite3", IcLabelFacts)
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("FANJI_")}
        self._environment["FANJI_STATE_DIR"] = str(folder)

    def ask(self, number: int | None = None) -> dict[str, Any]:
        command = [sys.executable, "-m", "station.cli", "label", BURN, "--ic", "--events"]
        command += ["--bench", str(self.box.bench_file), *(["--number", str(number)] if number is not None else [])]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=60)
        told: dict[str, Any] = json.loads(done.stdout)
        assert (done.returncode == 0) is (told["state"] == "printed"), done.stderr
        return told

    def printed(self) -> list[str]:
        labels: list[str] = self.box.control("printer", device="printer")["printed"]
        return labels


@pytest.fixture(params=["zpl_printer", "tspl_printer"])
def labels(request: pytest.FixtureRequest, bench: Callable[..., Bench], tmp_path: Path) -> Iterator[IcLabels]:
    """Benches with a ZPL and with a TSPL printer."""
    yield IcLabels(bench(label_world(tmp_path, table=IC_LABEL, printer=request.param)), tmp_path / "state")


def test_an_ic_gets_a_label_with_order_version_number_and_day_and_is_labelled_again_when_asked(
    labels: IcLabels,
) -> None:
    labels.book.note(facts())
    assert labels.ask(1) == {"event": "label", "run_id": BURN, "number": 1, "state": "printed", "problem": ""}
    (label,) = labels.printed()
    code = f"{ORDER};1.4.2;FJ000100;2026-11-26"
    assert code in label and "W25Q64JV fj-r1-1.4.2.bin 1.4.2" in label and "FJ000100 2026-11-26 PASS" in label
    if label.startswith("^XA"):
        assert f"^BXN,2,200^FH_^FD{code}^FS" in label and f"^BCN,48,N,N,N,A^FH_^FD{ORDER}^FS" in label
    else:
        assert "DMATRIX 16,16," in label and f'"{code}"' in label and f'"{ORDER}"' in label
    again = labels.ask(1)
    assert again["state"] == "failed" and "asked for already" in again["problem"]
    assert labels.ask(2)["state"] == "printed"
    assert labels.printed() == [label, label]


def test_an_ic_without_a_number_is_named_by_its_own_id_and_a_burn_that_no_order_had_has_no_label(
    bench: Callable[..., Bench], tmp_path: Path
) -> None:
    labels = IcLabels(bench(label_world(tmp_path, table=IC_LABEL)), tmp_path / "state")
    told = labels.ask()
    assert (told["state"], "burned by an order" in told["problem"]) == ("none", True)
    labels.book.note(facts(numbers=()))
    assert labels.ask()["state"] == "printed"
    assert f"{ORDER};1.4.2;D1B2C3D4E5F60718;2026-11-26" in labels.printed()[0]


@pytest.mark.parametrize(
    ("numbers", "unique_id", "said"), [(("A1", "B2"), "", "A1,B2"), ((), "C3", "C3"), ((), "", "-")]
)
def test_what_names_an_ic(numbers: tuple[str, ...], unique_id: str, said: str) -> None:
    assert facts(numbers=numbers, unique_id=unique_id).said("serial") == said
    assert facts().said("value.x") is None

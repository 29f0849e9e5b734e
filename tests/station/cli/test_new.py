"""A new product as it is generated: it loads, fits its bench file and passes on the bench in a box, with its test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from station.bench import check_bench, check_demands
from station.cli.new_command import write_product
from station.config.bench_file import read_bench_file
from station.model.errors import OperatorError
from station.runner.plan import check_roles
from station.sequences.catalogue import load_plan
from tests.conftest import ROOT, WORLDS, start_bench

WRITTEN = ("192.168.10.21:5025", "192.168.10.22:5025")


def new(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``fanji-station new`` as typed."""
    command = [sys.executable, "-m", "station.cli", "new", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_new_product_loads_and_fits_its_bench_file(tmp_path: Path) -> None:
    done = new("AB-7", str(tmp_path / "ab7"))
    assert done.returncode == 0, done.stderr
    files = {"ab_7.py", "ab_7.toml", "bench.toml", "test_ab_7.py", "README.md"}
    assert {path.name for path in (tmp_path / "ab7").iterdir()} == files
    bench = read_bench_file(tmp_path / "ab7" / "bench.toml")
    plan = load_plan("AB-7", bench.sequences_path)
    check_roles(plan, check_bench(bench), bench.file)
    check_demands(bench, plan.limits_file)
    assert len((tmp_path / "ab7" / "test_ab_7.py").read_text("utf-8").splitlines()) < 20
    readme = (tmp_path / "ab7" / "README.md").read_text("utf-8")
    assert all(f"\n{number}. " in readme for number in (1, 2, 3)) and "@" not in readme


def test_a_new_product_passes_on_the_bench_in_a_box_and_so_does_its_test(tmp_path: Path) -> None:
    folder = tmp_path / "ab7"
    write_product("AB-7", folder)
    box = start_bench(WORLDS / "demo.world.toml", tmp_path / "box.toml", 0.0)
    try:
        box.control("insert", unit="FJR126110003")
        text = (folder / "bench.toml").read_text("utf-8")
        for written, device in zip(WRITTEN, ("psu", "dmm"), strict=True):
            assert written in text
            text = text.replace(f"tcp://{written}", box.address[device])
        (folder / "bench.toml").write_text(text, "utf-8")
        environment = {**os.environ, "FANJI_STATE_DIR": str(tmp_path / "state")}
        run = ["run", "AB7-0001", "--bench", "bench.toml", "--product", "AB-7", "--operator", "Li"]
        command = [sys.executable, "-m", "station.cli", *run]
        path = {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=folder, env=environment | path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        tested = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
            cwd=folder,
            env=environment | path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert tested.returncode == 0, tested.stdout + tested.stderr
        assert "1 passed" in tested.stdout
        outputs = box.truth()["outputs"]
        assert not outputs["1"]["is_on"] and not outputs["2"]["is_on"]
    finally:
        box.stop()


@pytest.mark.parametrize("product", ["", "7AB", "A/B", "A--B", "A\nB", "FJ-R1", "A" * 41])
def test_a_name_that_cannot_be_a_products_is_refused(tmp_path: Path, product: str) -> None:
    with pytest.raises(OperatorError, match=r"cannot be a product|ships with the station"):
        write_product(product, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    write_product("AB-7", tmp_path)
    (tmp_path / "ab_7.py").write_text("mine", "utf-8")
    done = new("AB-7", str(tmp_path))
    assert done.returncode == 2 and "is there already" in done.stderr
    assert (tmp_path / "ab_7.py").read_text("utf-8") == "mine"

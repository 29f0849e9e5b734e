"""The shipped sequences: complete, sourced, in step with the released image; and products that a shop adds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fixtures.images import HEADER_BYTES, make_image
from station.config.limits_file import read_limits
from station.model.errors import OperatorError, PlanError
from station.sequences import fj_r1
from station.sequences.catalogue import SHIPPED, load_plan, products

FOLDER = Path(fj_r1.__file__).parent


@pytest.mark.parametrize("product", SHIPPED)
def test_every_shipped_plan_loads_and_every_figure_has_a_source(product: str) -> None:
    plan = load_plan(product)
    limits = plan.limits_file
    assert plan.product == product
    assert len(limits.measurements) >= 14
    sources = [row.limit.source for row in limits.measurements.values()]
    sources += [row.source for row in limits.conditions.values()] + [row.source for row in limits.accessories]
    assert all(len(source) > 10 for source in sources)


def test_the_released_checksum_is_that_of_the_released_image() -> None:
    limits = load_plan("FJ-R1").limits_file.measurements
    (version,) = limits["firmware_version"].limit.expected
    header = make_image(version)[:HEADER_BYTES]
    assert limits["firmware_checksum"].limit.expected == (f"{int.from_bytes(header[32:36], 'little'):08X}",)


def test_the_meter_is_needed_in_each_of_the_steps_after_boot() -> None:
    steps = load_plan("FJ-R1").steps
    assert [bool({"meter", "current"} & set(step.roles)) for step in steps[2:5]] == [True] * 3


def test_a_plan_is_the_same_each_time_it_is_loaded() -> None:
    assert load_plan("FJ-R1").ref == load_plan("FJ-R1").ref


def test_the_digest_covers_the_module_that_puts_shared_steps_in_order(tmp_path: Path) -> None:
    _own_product(tmp_path, "FJ-X7")
    before = load_plan("FJ-X7", [tmp_path]).ref.sha256
    with (tmp_path / "own.py").open("a", encoding="utf-8") as module:
        module.write("\n# another order could stand here\n")
    assert load_plan("FJ-X7", [tmp_path]).ref.sha256 != before


def test_a_product_without_a_plan_is_told_with_those_that_have_one() -> None:
    with pytest.raises(OperatorError, match="there are: FJ-R1"):
        load_plan("FJ-R9")


def _own_product(folder: Path, name: str) -> None:
    shutil.copy(FOLDER / "fj_r1.py", folder / "own.py")
    text = (FOLDER / "fj_r1.toml").read_text(encoding="utf-8")
    (folder / "own.toml").write_text(text.replace('product = "FJ-R1"', f'product = "{name}"'), encoding="utf-8")


def test_a_folder_adds_products_without_a_release(tmp_path: Path) -> None:
    _own_product(tmp_path, "FJ-X7")
    assert [product.name for product in products([tmp_path])] == [*SHIPPED, "FJ-X7"]
    assert load_plan("FJ-X7", [tmp_path]).product == "FJ-X7"
    assert read_limits(tmp_path / "own.toml").product == "FJ-X7"


def test_two_plans_for_one_product_are_refused(tmp_path: Path) -> None:
    _own_product(tmp_path, "FJ-R1")
    with pytest.raises(PlanError, match="another plan for FJ-R1"):
        products([tmp_path])


@pytest.mark.parametrize("code", ["import nothing_like_this", "STEPS = [1]", "def x(:", ""])
def test_code_that_is_no_sequence_is_named(tmp_path: Path, code: str) -> None:
    _own_product(tmp_path, "FJ-X7")
    (tmp_path / "own.py").write_text(code, encoding="utf-8")
    with pytest.raises(PlanError, match=r"own\.py"):
        load_plan("FJ-X7", [tmp_path])

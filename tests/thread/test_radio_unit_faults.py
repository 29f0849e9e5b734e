"""Every fault of the catalogue that a plain radio can have is caught by the measurement that its row names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Bench
from tests.product_faults import check_fault, faults_of, start_box

PRODUCT = "FJ-R5"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    started = start_box(PRODUCT, tmp_path_factory.mktemp(PRODUCT))
    yield started
    started.stop()


@pytest.mark.parametrize("name", faults_of(PRODUCT))
def test_the_fault_is_caught_by_the_measurement_its_row_names_and_by_no_other_than_it_allows(
    box: Bench, name: str
) -> None:
    check_fault(box, PRODUCT, name)

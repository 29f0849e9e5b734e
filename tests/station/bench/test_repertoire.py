"""A bench offers the products that it can test, and says of the others why not."""

from __future__ import annotations

from collections.abc import Callable

from station.bench import repertoire
from station.config.bench_file import read_bench_file
from tests.conftest import Bench


def test_the_small_bench_tests_the_small_radio_and_says_what_the_others_need(bench: Callable[..., Bench]) -> None:
    problems = {each.product: each.problem for each in repertoire(read_bench_file(bench("demo").bench_file))}
    assert problems["FJ-R1"] == ""
    assert "needs the role rf" in problems["FJ-R5"]
    assert "needs the role" in problems["FJ-N7"]


def test_the_bench_of_each_product_can_test_it(bench: Callable[..., Bench]) -> None:
    for world, product in (("radio", "FJ-R5"), ("navigation", "FJ-N7")):
        problems = {each.product: each.problem for each in repertoire(read_bench_file(bench(world).bench_file))}
        assert problems[product] == ""

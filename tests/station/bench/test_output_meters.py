"""What a supply itself measures is a role that reads and never switches, however it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from station.bench import check_bench, check_demands, check_watched, make_safe, open_bench
from station.bench.casting import resources_of
from station.config.bench_file import BenchFile, read_bench_file
from station.config.limits_file import read_limits
from station.drivers.supply_models import SUPPLY_MODELS
from station.link.clock import SystemClock
from station.model.errors import ConfigError, PlanError
from station.model.roles import Ammeter, Multimeter, Supply
from station.sequences.catalogue import load_plan
from tests.conftest import WORLDS, Bench, start_bench
from tests.station.bench.slot_benches import lent, opened, two_slot_world

CLOCK = SystemClock()
GOOD = "FJR126110003"
READING = """
[roles.feed]
instrument = "psu"
points = { b_plus = 1, acc = 2 }
[roles.feed_current]
instrument = "psu"
current_of = 1
"""
OTHER = """
[instruments.other]
driver = "{}"
address = "tcp://127.0.0.1:9"
identity = {{ maker = "M", model = "M", serial = "1" }}
[roles.it]
instrument = "other"
current_of = 1
[roles.volts]
instrument = "other"
points = {{ a = 1 }}
"""
NEEDY = """
[plan]
name = "X"
product = "X"
version = "1"
[conditions.most]
value = {value}
unit = "{unit}"
source = "this test"
[measurements.x]
zh = "x"
en = "x"
comparator = "at_most"
unit = "V"
high = 1.0
source = "this test"
[needs.{role}]
{key} = "most"
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    started = start_bench(WORLDS / "demo.world.toml", tmp_path_factory.mktemp("bench") / "bench.toml", 0.0)
    started.control("insert", unit=GOOD)
    yield started
    started.stop()


def bench_with(box: Bench, folder: Path, more: str = READING, *changes: tuple[str, str]) -> BenchFile:
    text = box.bench_file.read_text(encoding="utf-8") + more
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "reading.bench.toml"
    file.write_text(text, encoding="utf-8")
    return read_bench_file(file).for_slot()


def test_what_the_output_gives_is_read_by_roles_of_their_own_and_only_by_switching_it_off_it_is_off(
    box: Bench, tmp_path: Path
) -> None:
    bench = bench_with(box, tmp_path)
    assert {name: check_bench(bench)[name] for name in ("supply", "feed", "feed_current")} == {
        "supply": "supply",
        "feed": "multimeter",
        "feed_current": "ammeter",
    }
    opened_bench = open_bench(bench, CLOCK)
    try:
        supply, feed = (opened_bench.roles[name] for name in ("supply", "feed"))
        cast(Supply, supply).set(12.5, 3.0)
        cast(Supply, supply).switch_on()
        volts = cast(Multimeter, feed).read_v("b_plus", 16.0)
        assert (volts.value, volts.unit, volts.instrument) == (pytest.approx(12.5, abs=0.05), "V", "psu")
        assert cast(Multimeter, feed).read_v("acc", 16.0).value < 0.1
        amperes = cast(Ammeter, opened_bench.roles["feed_current"]).read_a(3.0)
        assert (amperes.unit, amperes.instrument) == ("A", "psu") and 0.0 <= amperes.value < 0.1
        assert not isinstance(feed, type(supply))
        assert not {"set", "switch_on", "switch_off"} & set(dir(feed)) | {"switch_off"} & set(dir(amperes))
    finally:
        opened_bench.close()
    assert [action.role for action in make_safe(bench, CLOCK)] == ["acc", "supply"]
    assert not box.truth()["outputs"]["1"]["is_on"]


def test_a_role_that_reads_excludes_by_the_same_link_as_the_one_that_switches(box: Bench, tmp_path: Path) -> None:
    bench = bench_with(box, tmp_path)
    links = {name: resources_of(bench, bench.roles[name]) for name in ("supply", "feed", "feed_current", "meter")}
    assert links["feed"] == links["feed_current"] == links["supply"] == {"psu"}
    assert links["meter"] == {"dmm"}


def test_what_the_bench_file_says_of_such_a_role_is_checked(box: Bench, tmp_path: Path) -> None:
    for change, problem in (
        (("current_of = 1", "current_of = 7"), r"feed_current\.current_of: a hmp4040 has channels 1 to 4, not 7"),
        (("b_plus = 1, acc = 2 }\n[roles.feed_c", "b_plus = 5 }\n[roles.feed_c"), r"feed\.points\.b_plus: .* not 5"),
        (("current_of = 1", 'channel = 1\ncurrent_of = 1\nscope = "slot"'), "either channel or current_of, not both"),
        (("current_of = 1", "shunt = { channel = 1, resistance_ohm = 1.0, highest_a = 1.0 }"), "of a hmp4040 needs"),
        (('order = ["acc"', 'order = ["feed", "acc"'), "'feed' is no supply, load"),
    ):
        with pytest.raises(ConfigError, match=problem):
            check_bench(bench_with(box, tmp_path, READING, change))


def test_every_supply_can_be_read_so_and_a_range_beyond_its_rating_is_refused(box: Bench, tmp_path: Path) -> None:
    bench = bench_with(box, tmp_path)
    opened_bench = open_bench(bench, CLOCK)
    try:
        with pytest.raises(PlanError, match=r"output 1 gives and shows at most 32\.05 V, 33 V were asked for"):
            cast(Multimeter, opened_bench.roles["feed"]).read_v("b_plus", 33.0)
        with pytest.raises(PlanError, match="output 1 gives and shows at most 10 A, 11 A were asked for"):
            cast(Ammeter, opened_bench.roles["feed_current"]).read_a(11.0)
        with pytest.raises(PlanError, match="no point 'rail'"):
            cast(Multimeter, opened_bench.roles["feed"]).read_v("rail", 1.0)
    finally:
        opened_bench.close()
    for model in SUPPLY_MODELS:
        kinds = check_bench(bench_with(box, tmp_path, OTHER.format(model)))
        assert (kinds["it"], kinds["volts"]) == ("ammeter", "multimeter"), model


@pytest.mark.parametrize(
    ("role", "key", "unit", "enough", "greedy"),
    [("feed", "highest_voltage", "V", 32.05, 32.1), ("feed_current", "highest_current", "A", 10.0, 10.1)],
)
def test_a_plan_that_needs_more_than_the_output_gives_is_refused(
    box: Bench, tmp_path: Path, role: str, key: str, unit: str, enough: float, greedy: float
) -> None:
    bench, file = bench_with(box, tmp_path), tmp_path / "needs.toml"
    file.write_text(NEEDY.format(role=role, key=key, unit=unit, value=enough), encoding="utf-8")
    check_demands(bench, read_limits(file))
    file.write_text(NEEDY.format(role=role, key=key, unit=unit, value=greedy), encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"the {key} of a hmp4040 is {enough:g} {unit} here, most is {greedy:g}"):
        check_demands(bench, read_limits(file))


def of_slots(folder: Path) -> Path:
    """A world of two slots that share a supply, of which the left one also reads its own output."""
    world = two_slot_world(folder)
    template = folder / "slots.template.toml"
    reading = READING.replace("[roles.", "[slots.left.roles.")
    template.write_text(template.read_text(encoding="utf-8") + reading, encoding="utf-8")
    return world


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("slots")
    started = start_bench(of_slots(folder), folder / "bench.toml", 0.0)
    yield started
    started.stop()


def test_a_loan_of_a_role_that_reads_leaves_every_output_as_it_was(shared: Bench, tmp_path: Path) -> None:
    with opened(shared, tmp_path, "left") as bench:
        with lent(bench, ["supply"]) as loan:
            supply = cast(Supply, loan.open()["supply"])
            supply.set(12.0, 1.0)
            supply.switch_on()
        with lent(bench, ["feed", "feed_current"]) as loan:
            roles = loan.open()
            assert cast(Multimeter, roles["feed"]).read_v("b_plus", 16.0).value == pytest.approx(12.0, abs=0.1)
            loan.settle()
            assert cast(Multimeter, roles["feed"]).read_v("b_plus", 16.0).value == pytest.approx(12.0, abs=0.1)
    assert shared.control("truth", jig="left")["outputs"]["1"]["is_on"]
    make_safe(read_bench_file(shared.bench_file).for_slot("left"), CLOCK)


def test_no_slot_reads_an_output_of_another(shared: Bench, tmp_path: Path) -> None:
    text = shared.bench_file.read_text(encoding="utf-8").replace("current_of = 1", "current_of = 3")
    (tmp_path / "b.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"channel 3 of psu is .* already"):
        check_bench(read_bench_file(tmp_path / "b.toml"))


def test_a_plan_that_watches_what_slots_share_is_refused_before_a_unit_is_there(
    shared: Bench, box: Bench, tmp_path: Path
) -> None:
    plan = load_plan("FJ-N7")
    check_watched(bench_with(box, tmp_path), plan)
    problem = r"left\.roles\.feed\.instrument: monitor feed_voltage needs an instrument of its own slot, and psu is"
    with pytest.raises(ConfigError, match=problem):
        check_watched(read_bench_file(shared.bench_file).for_slot("left"), plan)

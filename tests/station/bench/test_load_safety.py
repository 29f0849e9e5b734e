"""Make-safe switches loads and carriers off as well, in their order, and a bench that forgets a load is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.bench import check_bench, make_safe, open_bench
from station.config.bench_file import BenchFile, read_bench_file
from station.link.clock import SystemClock
from station.model.errors import ConfigError
from tests.conftest import Bench, start_bench
from tests.desk_bench import UNIT, desk_world

CLOCK = SystemClock()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("desk")
    running = start_bench(desk_world(folder), folder / "bench.toml", 0.0)
    running.control("insert", unit=UNIT)
    yield running
    running.stop()


def drawing(box: Bench) -> BenchFile:
    """Both loads drawing behind the closed relay, the unit on, and the station's links gone."""
    bench_file = read_bench_file(box.bench_file)
    opened = open_bench(bench_file, CLOCK, {"supply", "acc", "relays", "rf", "load", "spare_load"})
    roles = opened.roles
    for name in ("supply", "acc"):
        roles[name].set(14.4, 3.0)
        roles[name].switch_on()
    roles["relays"].close("usb_load")
    roles["rf"].tune(98e6, 60.0)
    for name in ("spare_load", "load"):
        roles[name].draw(0.7)
    assert roles["load"].read_a().value == pytest.approx(0.7, abs=0.01)
    opened.close()
    return bench_file


def test_loads_are_switched_off_and_proved_by_what_they_draw(box: Bench) -> None:
    actions = make_safe(drawing(box), CLOCK)
    assert [(action.role, action.action, action.is_proved) for action in actions] == [
        ("rf", "switch_off", True),
        ("load", "switch_off", True),
        ("spare_load", "switch_off", True),
        ("relays", "open", True),
        ("acc", "switch_off", True),
        ("supply", "switch_off", True),
    ]
    assert [action.detail for action in actions[:4]] == ["carrier off", "0.000 A", "0.000 A", "all open"]
    opened = open_bench(read_bench_file(box.bench_file), CLOCK, {"load", "spare_load"})
    assert [opened.roles[name].read_a().value for name in ("load", "spare_load")] == [0.0, 0.0]
    opened.close()


@pytest.mark.parametrize("fault", ["drop", "garbage", "close", "wrong_identity"])
def test_a_load_that_does_not_answer_properly_is_not_proved_and_keeps_nobody_on(box: Bench, fault: str) -> None:
    bench_file = drawing(box)
    box.control("fault", device="load", fault=fault, on=True)
    try:
        actions = {action.role: action for action in make_safe(bench_file, CLOCK)}
    finally:
        box.control("fault", device="load", fault=fault, on=False)
    assert [role for role, action in actions.items() if not action.is_proved] == ["load"]
    assert not any(output["is_on"] for output in box.truth()["outputs"].values())


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ('["rf", "relays", "acc", "supply", "load"]', "roles.spare_load: this load is not in make_safe.order"),
        ('["rf", "relays", "load", "spare_load", "supply"]', "roles.acc: this supply is not in make_safe.order"),
        ('["load", "scale"]', r"make_safe.order\[1\]: 'scale' is no supply, load, RF source, relays or audio analyser"),
    ],
)
def test_a_bench_that_would_leave_something_on_is_refused(box: Bench, tmp_path: Path, order: str, problem: str) -> None:
    text = box.bench_file.read_text(encoding="utf-8")
    file = tmp_path / "bench.toml"
    file.write_text(text[: text.index("order = ")] + f"order = {order}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        check_bench(read_bench_file(file))

"""Several jigs on one bench: each unit is its own, what is shared is wired to all, and nothing crosses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.jigs import Jigs, JigSpec, SharedInput
from fixtures.sim.world_file import WorldFileError, read_world
from tests.conftest import WORLDS, Bench

TWO = WORLDS / "two-slots.world.toml"
GOOD, OTHER = "FJR126110001", "FJR126110002"


def test_each_jig_holds_a_unit_of_its_own_and_one_unit_sits_in_one_jig(bench: Callable[..., Bench]) -> None:
    box = bench("two-slots")
    box.control("insert", unit=GOOD, jig="left")
    box.control("insert", unit=OTHER, jig="right")
    assert [box.control("truth", jig=jig)["unit"] for jig in ("left", "right")] == [GOOD, OTHER]
    box.control("insert", unit=GOOD, jig="right")
    assert [box.control("truth", jig=jig)["unit"] for jig in ("left", "right")] == [None, GOOD]
    box.control("remove", jig="right")
    assert box.control("truth", jig="right")["unit"] is None


@pytest.mark.parametrize("request_", [{"op": "insert", "unit": GOOD}, {"op": "truth"}, {"op": "truth", "jig": "up"}])
def test_who_does_not_say_which_of_several_jigs_is_told_so(
    bench: Callable[..., Bench], request_: dict[str, str]
) -> None:
    answer = bench("two-slots").request(**request_)
    assert (answer["ok"], answer["problem"]) == (False, "jig must be one of left, right")


def test_a_bench_of_one_jig_needs_no_jig_to_be_named(bench: Callable[..., Bench]) -> None:
    box = bench("demo")
    box.control("insert", unit="FJR126110003")
    assert box.truth()["unit"] == "FJR126110003"


def test_the_channels_of_a_shared_supply_lead_to_the_jig_that_they_are_wired_to() -> None:
    jigs = Jigs(SimClock(0.0), [JigSpec("left", 1, 2), JigSpec("right", 3, 4)])
    jigs.drive(3, 14.4, 1.0, True)
    assert jigs.of("right").unit_volts_v() == (14.4, 0.0)
    assert jigs.of("left").unit_volts_v() == (0.0, 0.0)
    jigs.drive(2, 5.0, 1.0, True)
    assert jigs.of("left").unit_volts_v() == (0.0, 5.0)
    assert (jigs.volts_v(2), jigs.volts_v(3), jigs.current_a(3)) == (5.0, 14.4, 0.0)


def test_points_of_two_jigs_tied_together_on_a_shared_meter_read_their_average() -> None:
    jigs = Jigs(SimClock(0.0), [JigSpec("left", 1, 2, 1), JigSpec("right", 3, 4, 11)])
    meter, switched = SharedInput(jigs.worlds), jigs.switched_by("relays", "")
    jigs.drive(1, 10.0, 1.0, True)
    jigs.drive(3, 14.0, 1.0, True)
    seen = {}
    for coils in ((1,), (11,), (1, 11), ()):
        switched(frozenset(coils))
        seen[coils] = meter.volts_v(None)
    assert seen == {(1,): 10.0, (11,): 14.0, (1, 11): 12.0, (): 0.0}


def test_a_jig_may_have_relays_of_its_own_beside_shared_ones() -> None:
    jigs = Jigs(SimClock(0.0), [JigSpec("left", 1, 2, 1), JigSpec("right", 3, 4, 11)])
    jigs.switched_by("shared", "")(frozenset({1, 12}))
    jigs.switched_by("own", "left")(frozenset({3}))
    assert jigs.of("left").surroundings.closed == {3, 33}
    assert jigs.of("right").surroundings.closed == {34}
    jigs.switched_by("shared", "")(frozenset())
    assert jigs.of("left").surroundings.closed == {3}


def test_eight_jigs_are_data(tmp_path: Path) -> None:
    rows = [f"[jigs.jig_{number}]\nb_plus = {2 * number - 1}\nacc = {2 * number}\n" for number in range(1, 9)]
    rows += [f'[devices.dut_{number}]\nkind = "service_port"\njig = "jig_{number}"\n' for number in range(1, 9)]
    rows += [f'[devices.psu_{n}]\nkind = "hmp4040"\nfirst_terminal = {4 * n + 1}\n' for n in range(4)]
    file = tmp_path / "eight.world.toml"
    file.write_text("[world]\n" + "".join(rows))
    spec = read_world(file)
    jigs = Jigs(SimClock(0.0), spec.jigs)
    jigs.drive(15, 12.0, 1.0, True)
    assert {name for name, world in jigs.worlds.items() if world.unit_volts_v()[0] > 0} == {"jig_8"}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('port = "pty"\njig = "left"', 'port = "pty"', "devices.dut_left.jig"),
        ('jig = "left"', 'jig = "middle"', "devices.dut_left.jig"),
        ("first_measuring_coil = 1\n", "first_coil = 1\n", "jigs.left.first_coil"),
        ("[jigs.left]", "[wiring]\n[jigs.left]", "wiring"),
    ],
)
def test_a_mistake_about_jigs_names_the_field(tmp_path: Path, old: str, new: str, field: str) -> None:
    text = TWO.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "bad.world.toml"
    file.write_text(text.replace(old, new, 1).replace('bench = "../benches/two-slots.bench.toml"\n', ""))
    with pytest.raises(WorldFileError) as caught:
        read_world(file)
    assert caught.value.field.strip(".") == field

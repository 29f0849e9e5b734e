"""A bench file of several slots: what all have in common, and what each has for itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.config.bench_file import read_bench_file
from station.model.errors import ConfigError, OperatorError
from tests.station.config.test_bench_file import BENCH as ONE_SLOT

BENCH = """[bench]
name = "Two slots"
station_id = "bench-1"
[instruments.psu]
driver = "hmp4040"
address = "tcp://127.0.0.1:5025"
identity = { maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "100123" }
[instruments.scale]
driver = "mt_sics"
address = "tcp://127.0.0.1:4305"
identity = { maker = "METTLER TOLEDO", model = "ML6002T 6200.00 g", serial = "B1" }
[instruments.dut_left]
driver = "fj_service_port"
address = "serial:///dev/ttyUSB0"
[instruments.dut_right]
driver = "fj_service_port"
address = "serial:///dev/ttyUSB1"
[roles.scale]
instrument = "scale"
[slots.left.roles.supply]
instrument = "psu"
channel = 1
[slots.left.roles.dut]
instrument = "dut_left"
[slots.right.roles.supply]
instrument = "psu"
channel = 2
[slots.right.roles.load]
instrument = "psu"
channel = 3
[slots.right.roles.dut]
instrument = "dut_right"
[make_safe]
order = ["load", "supply"]
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "slots.bench.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_slot_has_the_common_roles_and_its_own_and_makes_safe_what_it_has(tmp_path: Path) -> None:
    whole = read_bench_file(write(tmp_path, BENCH))
    assert (whole.slots, whole.slot, tuple(whole.roles)) == (("left", "right"), "", ("scale",))
    left, right = whole.for_slot("left"), whole.for_slot("right")
    assert (left.slot, tuple(left.roles), left.safe_order) == ("left", ("scale", "supply", "dut"), ("supply",))
    assert (left.roles["supply"].channel, right.roles["supply"].channel) == (1, 2)
    assert right.safe_order == ("load", "supply")
    assert left.sha256 == right.sha256 == whole.sha256


def test_what_roles_of_more_than_one_slot_use_is_shared(tmp_path: Path) -> None:
    assert read_bench_file(write(tmp_path, BENCH)).for_slot("left").shared == {"psu", "scale"}
    assert read_bench_file(write(tmp_path, ONE_SLOT)).shared == frozenset()


def test_the_only_slot_needs_no_name_and_one_of_several_does(tmp_path: Path) -> None:
    one = read_bench_file(write(tmp_path, ONE_SLOT))
    assert one.slots == ("slot-1",)
    assert one.for_slot() == one.for_slot("slot-1") == one
    two = read_bench_file(write(tmp_path, BENCH))
    with pytest.raises(OperatorError, match="--slot: left, right"):
        two.for_slot()
    for bench in (one, two):
        with pytest.raises(OperatorError, match="no slot 'middle'"):
            bench.for_slot("middle")


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "problem"),
    [
        ('station_id = "bench-1"', 'station_id = "bench-1"\nslot = "a"', 4, "bench.slot", "leave the key out"),
        ('"dut_right"\n', '"dut_wrong"\n', 32, "slots.right.roles.dut.instrument", "no instrument 'dut_wrong'"),
        ("channel = 2\n", "channel = 2\npoints = { a = 1 }\n", 28, "slots.right.roles.supply.points", "either"),
        ("slots.right.roles.dut", "slots.right.roles.scale", 31, "slots.right.roles.scale", "of every slot already"),
        ("slots.right.roles.dut", "slots.right.roles.Dut", 31, "slots.right.roles.Dut", "a name is a lower-case"),
        ("[slots.left.roles.dut]", '[slots."Left 1".roles.dut]', 23, "slots.Left 1", "a name is a lower-case"),
        ("[slots.left.roles.dut]", "[slots.left.role.dut]", 23, "slots.left.role", "unknown key"),
        ('["load", "supply"]', '["lod", "supply"]', 34, "make_safe.order[0]", "no role 'lod'"),
    ],
)
def test_a_mistake_in_a_slot_names_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str, problem: str
) -> None:
    assert old in BENCH
    with pytest.raises(ConfigError) as caught:
        read_bench_file(write(tmp_path, BENCH.replace(old, new, 1)))
    assert (caught.value.line, caught.value.field) == (line, field)
    assert problem in caught.value.problem


def test_a_bench_has_a_slot_or_several_and_at_most_eight(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="this key is missing, or"):
        read_bench_file(write(tmp_path, ONE_SLOT.replace('slot = "slot-1"\n', "")))
    more = "".join(f"[slots.s{number}]\n" for number in range(7))
    with pytest.raises(ConfigError, match="at most 8"):
        read_bench_file(write(tmp_path, BENCH + more))
    assert len(read_bench_file(write(tmp_path, BENCH + more.replace("[slots.s6]\n", ""))).slots) == 8


def test_what_is_checked_later_is_found_in_the_slot_where_it_is_written(tmp_path: Path) -> None:
    right = read_bench_file(write(tmp_path, BENCH)).for_slot("right")
    own, common = right.toml.error(("roles", "supply", "channel"), "x"), right.toml.error(("roles", "scale"), "x")
    assert (own.line, own.field) == (27, "slots.right.roles.supply.channel")
    assert (common.line, common.field) == (18, "roles.scale")

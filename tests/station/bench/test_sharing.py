"""Two slots of a bench never claim the same channel, relay, test point or unit; what they may share they share."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.bench import check_bench
from station.bench.sharing import has_own_output
from station.config.bench_file import read_bench_file
from station.model.errors import ConfigError
from tests.conftest import ROOT

TEMPLATE = (ROOT / "fixtures/benches/two-slots.bench.toml").read_text(encoding="utf-8")
SECOND_BOARD = '[instruments.board]\ndriver = "modbus_relays_16"\naddress = "tcp://127.0.0.1:509"\n'
GENERATOR = """[instruments.rf]
driver = "smb100a"
address = "tcp://127.0.0.1:5026"
identity = { maker = "a", model = "b", serial = "c" }
[roles.rf]
instrument = "rf"
path_loss_db = 6.3
"""
CAN = """[instruments.net_left]
driver = "can_network"
address = "can://socketcand/vcan0?host=h&port=29536&send=0x401&receive=0x420"
[instruments.net_right]
driver = "can_network"
address = "can://socketcand/vcan0?host=h&port=29536&send=0x402&receive=0x421"
[slots.left.roles.network]
instrument = "net_left"
[slots.right.roles.network]
instrument = "net_right"
"""
ADDRESSES = {
    "psu": "tcp://127.0.0.1:5025",
    "dmm": "tcp://127.0.0.1:5027",
    "relays": "serial:///dev/ttyUSB0",
    "dut_left": "serial:///dev/ttyUSB1",
    "dut_right": "serial:///dev/ttyUSB2",
    "psu_serial": "1",
    "dmm_serial": "2",
    "next_year": "2127-01-01",
}


def two_slots(folder: Path, *changes: tuple[str, str], more: str = "") -> Path:
    text = TEMPLATE
    for name, value in ADDRESSES.items():
        text = text.replace(f"${{{name}}}", value)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "two.bench.toml"
    file.write_text(text + more, encoding="utf-8")
    return file


def test_two_slots_share_a_supply_a_meter_and_the_board_before_it(tmp_path: Path) -> None:
    bench = read_bench_file(two_slots(tmp_path))
    assert bench.shared == {"psu", "dmm", "relays"}
    assert check_bench(bench) == {}
    for slot in bench.slots:
        kinds = check_bench(bench.for_slot(slot))
        assert kinds["supply"] == "supply"
        assert kinds["meter"] == "multimeter"


@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        (
            ("channel = 4", "channel = 2"),
            "slots.right.roles.acc.channel",
            "channel 2 of psu is acc of slot left already",
        ),
        (
            ("channel = 3\n", "channel = 1\n"),
            "slots.right.roles.supply.channel",
            "channel 1 of psu is supply of slot left",
        ),
        (("acc = 12,", "acc = 2,"), "slots.right.roles.meter.points.acc", "coil 2 of relays is meter of slot left"),
        (
            ("channel = 17", "channel = 6"),
            "slots.right.roles.current.shunt.channel",
            "coil 6 of relays is meter of slot",
        ),
        (("channel = 17", "channel = 7"), "slots.right.roles.current.shunt.channel", "coil 7 of relays is current of"),
        (('"dut_right"\n\n# Each', '"dut_left"\n\n# Each'), "slots.right.roles.dut.instrument", "wired to one unit"),
    ],
)
def test_what_is_wired_to_one_jig_is_of_one_slot(
    tmp_path: Path, change: tuple[str, str], field: str, problem: str
) -> None:
    bench = read_bench_file(two_slots(tmp_path, change))
    for slot in bench.slots:  # whichever slot is to be used
        with pytest.raises(ConfigError) as caught:
            check_bench(bench.for_slot(slot))
        assert caught.value.field == field
        assert problem in caught.value.problem
        assert caught.value.line > 0


def test_a_channel_is_no_common_role(tmp_path: Path) -> None:
    more = '[roles.third]\ninstrument = "dmm"\npoints = { x = 20 }\nrelays = "relays"\n'
    with pytest.raises(ConfigError, match="coil 20 of relays is third of slot left already") as caught:
        check_bench(read_bench_file(two_slots(tmp_path, more=more)))
    assert caught.value.field == "roles.third.points.x"


def test_one_can_channel_is_the_network_of_one_unit(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the CAN channel socketcand/vcan0 is network of slot left already"):
        check_bench(read_bench_file(two_slots(tmp_path, more=CAN)))


def test_one_input_is_connected_by_one_board_whichever_slot_it_is_for(tmp_path: Path) -> None:
    right = TEMPLATE[TEMPLATE.index("[slots.right.roles.meter]") : TEMPLATE.index("[slots.right.roles.dut]")]
    moved = right.replace('relays = "relays"', 'relays = "board"').replace("= 17", "= 7")
    for number in range(11, 17):
        moved = moved.replace(f"= {number}", f"= {number - 10}")
    with pytest.raises(ConfigError, match="dmm has one input, which board connects for slot right"):
        check_bench(read_bench_file(two_slots(tmp_path, (right, moved), more=SECOND_BOARD)))


def test_outputs_of_several_slots_need_a_port_that_takes_two_clients(tmp_path: Path) -> None:
    file = two_slots(tmp_path, ("tcp://127.0.0.1:5025", "usb://2A8D:0101"))
    with pytest.raises(ConfigError, match="takes one client at a time") as caught:
        check_bench(read_bench_file(file))
    assert caught.value.field == "slots.left.roles.supply.instrument"


def test_outputs_that_go_off_together_are_of_one_slot(tmp_path: Path) -> None:
    right = (("channel = 3\n", "channel = 2\n"), ('[slots.right.roles.acc]\ninstrument = "psu"\nchannel = 4\n', ""))
    left = ('[slots.left.roles.acc]\ninstrument = "psu"\nchannel = 2\n', "")
    order = ('["acc", "supply"]', '["supply"]')
    file = two_slots(tmp_path, ('driver = "hmp4040"', 'driver = "gpd3303s"'), *right, left, order)
    with pytest.raises(ConfigError, match="switches all its channels together"):
        check_bench(read_bench_file(file))


def test_what_has_no_parts_may_be_shared_and_has_no_output_of_a_slots_own(tmp_path: Path) -> None:
    bench = read_bench_file(two_slots(tmp_path, ('["acc", "supply"]', '["rf", "acc", "supply"]'), more=GENERATOR))
    assert check_bench(bench) == {"rf": "rf_source"}
    left = bench.for_slot("left")
    assert {name for name, role in left.roles.items() if has_own_output(left, role)} == {"supply", "acc"}


def test_what_a_slot_leaves_on_is_that_slots_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"not in make_safe\.order") as caught:
        check_bench(read_bench_file(two_slots(tmp_path, ('["acc", "supply"]', '["acc"]'))))
    assert caught.value.field == "slots.left.roles.supply"

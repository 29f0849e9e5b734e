"""A bench file is read whole or refused with file, line and field."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from station.config.address import (
    Address,
    ReplayAddress,
    Rfc2217Address,
    SerialAddress,
    TcpAddress,
    UsbAddress,
    VisaAddress,
    parse_address,
)
from station.config.bench_file import Identity, Shunt, read_bench_file
from station.model.errors import ConfigError

BENCH = """[bench]
name = "Demo bench"
station_id = "bench-1"
slot = "slot-1"
[instruments.psu]
driver = "hmp4040"
address = "tcp://127.0.0.1:5025"
identity = { maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "100123" }
calibration_due = 2027-03-31
[instruments.dut]
driver = "fj_service_port"
address = "serial:///dev/pts/3?baud=115200"
[roles.supply]
instrument = "psu"
channel = 1
[roles.meter]
instrument = "psu"
points = { b_plus = 1, acc = 2 }
[roles.current]
instrument = "psu"
shunt = { channel = 7, resistance_ohm = 0.1, highest_a = 10.0 }
[roles.dut]
instrument = "dut"
[make_safe]
order = ["supply"]
[programmers.prog]
driver = "serprog"
address = "tcp://127.0.0.1:7000"
sockets = ["clip-1"]
level_v = 3.3
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "demo.bench.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_bench_file_is_read(tmp_path: Path) -> None:
    bench = read_bench_file(write(tmp_path, BENCH))
    assert (bench.name, bench.station_id, bench.slot) == ("Demo bench", "bench-1", "slot-1")
    assert bench.instruments["psu"].identity == Identity("ROHDE&SCHWARZ", "HMP4040", "100123")
    assert bench.instruments["psu"].address == TcpAddress("127.0.0.1", 5025)
    assert bench.instruments["psu"].calibration_due == date(2027, 3, 31)
    assert bench.instruments["dut"].address == SerialAddress("/dev/pts/3", 115200)
    assert bench.roles["meter"].points == {"b_plus": 1, "acc": 2}
    assert bench.roles["current"].shunt == Shunt(7, 0.1, 10.0)
    assert [role.given_key() for role in bench.roles.values()] == ["channel", "points", "shunt", ""]
    assert bench.safe_order == ("supply",)
    assert bench.programmers["prog"].sockets == ("clip-1",)
    assert len(bench.sha256) == 64


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "problem"),
    [
        ('"bench-1"', '"Bench 1"', 3, "bench.station_id", "must be lower-case letters"),
        ('slot = "slot-1"', 'slot = ""', 4, "bench.slot", "must not be empty"),
        ('"tcp://127.0.0.1:5025"', '"127.0.0.1"', 7, "instruments.psu.address", "'127.0.0.1' is no address"),
        ('"tcp://127.0.0.1:5025"', '"tcp://127.0.0.1"', 7, "instruments.psu.address", "with a port from 1 to"),
        ('"tcp://127.0.0.1:5025"', '"visa://TCPIP::a::b"', 7, "instruments.psu.address", "write visa://TCPIP::host"),
        ('"tcp://127.0.0.1:5025"', '"replay://psu"', 7, "instruments.psu.address", "write replay:///path"),
        ("?baud=115200", "?speed=9600", 12, "instruments.dut.address", "is no address: write serial:///dev"),
        ("serial:///dev/pts/3?", "rfc2217://host?", 12, "instruments.dut.address", "write rfc2217://host:port"),
        ("serial:///dev/pts/3", "rfc2217://host:1/x", 12, "instruments.dut.address", "write rfc2217://host:port"),
        ('"tcp://127.0.0.1:5025"', '"usb://2A8D"', 7, "instruments.psu.address", "vendor and product in hex"),
        ('"tcp://127.0.0.1:5025"', '"usb://2A8D:1:X"', 7, "instruments.psu.address", "vendor and product in hex"),
        ('"tcp://127.0.0.1:5025"', '"visa://USB::99999::1::X::INSTR"', 7, "instruments.psu.address", "write visa://"),
        ("calibration_due = 2027-03-31", 'calibration_due = "soon"', 9, "instruments.psu.calibration_due", "date"),
        ('serial = "100123"', 'serie = "1"', 8, "instruments.psu.identity.serie", "unknown key"),
        (
            '[roles.dut]\ninstrument = "dut"',
            '[roles.dut]\ninstrument = "dud"',
            23,
            "roles.dut.instrument",
            "no instrument",
        ),
        ("channel = 1\n", 'channel = 1\nscope = "bench"\n', 16, "roles.supply.scope", "the only scope is 'slot'"),
        ("channel = 1\n", "channel = 1\npoints = { x = 1 }\n", 16, "roles.supply.points", "either channel or points"),
        ("{ b_plus = 1, acc = 2 }", "{}", 18, "roles.meter.points", "at least one point"),
        ("b_plus = 1, acc = 2", "b_plus = 2, acc = 2", 18, "roles.meter.points.acc", "2 is b_plus already"),
        ("resistance_ohm = 0.1", "resistance_ohm = 0.0", 21, "roles.current.shunt.resistance_ohm", "above 0"),
        ("highest_a = 10.0", "highest_a = nan", 21, "roles.current.shunt.highest_a", "above 0 A"),
        (", highest_a = 10.0", "", 21, "roles.current.shunt.highest_a", "this key is missing"),
        ('order = ["supply"]', 'order = ["supply",\n"acc"]', 26, "make_safe.order[1]", "no role 'acc'"),
        ('order = ["supply"]', 'order = ["supply", "supply"]', 25, "make_safe.order[1]", "stands here twice"),
        ('["clip-1"]', "[]", 29, "programmers.prog.sockets", "at least one socket"),
        ("level_v = 3.3", "level_v = 0.0", 30, "programmers.prog.level_v", "above 0 V"),
        ("127.0.0.1:7000", "127.0.0.1:5025", 28, "programmers.prog.address", "psu has the same address"),
        ("[roles.dut]", '[roles."Dut 1"]', 22, "roles.Dut 1", "a name is a lower-case letter"),
    ],
)
def test_a_mistake_in_a_bench_file_names_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str, problem: str
) -> None:
    assert old in BENCH
    with pytest.raises(ConfigError) as caught:
        read_bench_file(write(tmp_path, BENCH.replace(old, new, 1)))
    assert (caught.value.line, caught.value.field) == (line, field)
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tcp://[::1]:5025", TcpAddress("::1", 5025)),
        ("tcp://psu.bench.local:5025", TcpAddress("psu.bench.local", 5025)),
        ("serial:///dev/ttyUSB0", SerialAddress("/dev/ttyUSB0", 115200)),
        ("serial://COM3?baud=9600", SerialAddress("COM3", 9600)),
        ("socket://127.0.0.1:7000", TcpAddress("127.0.0.1", 7000)),
        ("rfc2217://lab-ports:4001", Rfc2217Address("lab-ports", 4001, 115200)),
        ("rfc2217://[::1]:4001?baud=9600&format=7E1", Rfc2217Address("::1", 4001, 9600, "7E1")),
        ("usb://2a8d:0101", UsbAddress(0x2A8D, 0x0101, "", None)),
        ("usb://2A8D:0101:MY%2F1/2", UsbAddress(0x2A8D, 0x0101, "MY/1", 2)),
        ("usb://1A86:5512@1-2.3", UsbAddress(0x1A86, 0x5512, "", None, place="1-2.3")),
        ("usb://1A86:5512:A%401@2-1/0", UsbAddress(0x1A86, 0x5512, "A@1", 0, place="2-1")),
        ("visa://TCPIP::psu::5025::SOCKET", TcpAddress("psu", 5025)),
        (
            "visa://TCPIP::psu::hislip0::INSTR",
            VisaAddress("TCPIP::psu::hislip0::INSTR", ("psu", 4880), is_hislip=True),
        ),
        (
            "visa://TCPIP0::psu::hislip0,7001::INSTR",
            VisaAddress("TCPIP0::psu::hislip0,7001::INSTR", ("psu", 7001), is_hislip=True),
        ),
        (
            "visa://TCPIP::psu,7002::inst0::INSTR",
            VisaAddress("TCPIP::psu,7002::inst0::INSTR", ("psu", 7002), is_hislip=False),
        ),
        ("visa://TCPIP::psu::INSTR", VisaAddress("TCPIP::psu::INSTR", ("psu", 111), is_hislip=False)),
        ("visa://GPIB0::5::INSTR", VisaAddress("GPIB0::5::INSTR", None, is_hislip=False)),
        ("visa://USB0::0x2A8D::0x1002::MY1::INSTR", UsbAddress(0x2A8D, 0x1002, "MY1", None)),
        ("visa://USB::10893::4098::MY1::1::INSTR", UsbAddress(0x2A8D, 0x1002, "MY1", 1)),
        ("replay:///var/psu.jsonl", ReplayAddress("/var/psu.jsonl")),
    ],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    assert parse_address(text) == address


def test_only_a_usb_backend_that_the_environment_allows_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = BENCH.replace('slot = "slot-1"', 'slot = "slot-1"\nusb_backend = "shop.usb:bus@127.0.0.1:4001"')
    text = text.replace("tcp://127.0.0.1:5025", "usb://2A8D:0101")
    monkeypatch.delenv("FANJI_USB_BACKENDS", raising=False)
    with pytest.raises(ConfigError, match="FANJI_USB_BACKENDS") as caught:
        read_bench_file(write(tmp_path, text))
    assert (caught.value.line, caught.value.field) == (5, "bench.usb_backend")
    monkeypatch.setenv("FANJI_USB_BACKENDS", "other:bus, shop.usb:bus")
    bench = read_bench_file(write(tmp_path, text))
    assert bench.instruments["psu"].address == UsbAddress(0x2A8D, 0x0101, "", None, "shop.usb:bus@127.0.0.1:4001")


def test_an_address_is_written_as_it_is_read() -> None:
    for text in (
        "tcp://[::1]:5025",
        "tcp://psu:5025",
        "serial:///dev/ttyUSB0?baud=9600",
        "rfc2217://[::1]:4001?baud=9600&format=7E1",
        "usb://2A8D:0101",
        "usb://2A8D:0101:MY%2F1/2",
        "usb://1A86:5512@1-2.3",
        "usb://1A86:5512:A%401@2-1/0",
    ):
        assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('slot = "slot-1"', f'slot = "{"s" * 101}"', "bench.slot"),
        ('slot = "slot-1"', 'slot = "slot\\t1"', "bench.slot"),
        ('sockets = ["clip-1"]', f'sockets = ["{"c" * 101}"]', "programmers.prog.sockets[0]"),
        ("tcp://127.0.0.1:7000", f"tcp://{'a' * 64}.local:7000", "programmers.prog.address"),
        ("tcp://127.0.0.1:7000", "tcp://a..b:7000", "programmers.prog.address"),
        ("serial:///dev/pts/3?baud=115200", "serial:///dev/pts/3?baud=99999999999", "instruments.dut.address"),
    ],
)
def test_what_no_record_or_no_port_can_hold_is_refused_with_its_field(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    assert old in BENCH
    with pytest.raises(ConfigError) as caught:
        read_bench_file(write(tmp_path, BENCH.replace(old, new, 1)))
    assert caught.value.field == field
    assert caught.value.line > 0

"""The label table of a bench file: every mistake is said with its line before anything is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.bench import check_bench
from station.config.bench_file import read_bench_file
from station.model.errors import ConfigError

BENCH = """[bench]
name = "Desk"
station_id = "bench-1"
slot = "slot-1"
[instruments.zpl]
driver = "zpl_printer"
address = "tcp://127.0.0.1:9100"
[roles.printer]
instrument = "zpl"
[label]
role = "printer"
width_mm = 60.0
height_mm = 40.0
[[label.fields]]
kind = "code128"
content = "{serial}"
x_mm = 3.0
y_mm = 3.0
[[label.products.FJ-N7]]
kind = "text"
content = "N7 {value.firmware_version}"
x_mm = 3.0
y_mm = 3.0
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "desk.bench.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_product_may_have_a_label_of_its_own(tmp_path: Path) -> None:
    row = read_bench_file(written(tmp_path, BENCH)).label
    assert row is not None and row.is_printed_when_marginal
    assert [field.content for field in row.fields_of("FJ-R1")] == ["{serial}"]
    assert [field.content for field in row.fields_of("FJ-N7")] == ["N7 {value.firmware_version}"]


def test_a_bench_without_the_table_prints_no_labels(tmp_path: Path) -> None:
    assert read_bench_file(written(tmp_path, BENCH[: BENCH.index("[label]")])).label is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('role = "printer"', 'role = "typewriter"', "no role 'typewriter'"),
        ("width_mm = 60.0", "width_mm = 0.0", "above 0"),
        ("height_mm = 40.0", "height_mm = 40.0\ndots_per_mm = 7", "one of 6, 8, 12, 24"),
        ("height_mm = 40.0", "height_mm = 40.0\ngap_mm = -1.0", "0 to 300"),
        ("height_mm = 40.0", 'height_mm = 40.0\nmarginal = "perhaps"', "marginal"),
        ("x_mm = 3.0\ny_mm = 3.0\n[[label.p", "x_mm = 61.0\ny_mm = 3.0\n[[label.p", "not on the label"),
        ('content = "{serial}"', 'content = "{serail}"', "{serail} is not known"),
        ('content = "{serial}"', 'content = "{serial"', "without its other one"),
        ('content = "{serial}"', 'content = " "', "must not be empty"),
        ('content = "{serial}"', 'content = "{serial}"\nfont = "E:A.TTF"', "for a text"),
        ('content = "{serial}"', 'content = "{serial}"\nmodule_mm = 0.0', "above 0"),
        ("N7 {value.firmware_version}", "合格", "Latin only"),
        ("N7 {value.firmware_version}", "{verdict_zh}", "Latin only"),
    ],
)
def test_a_label_that_cannot_be_printed_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert BENCH.count(old) == 1
    with pytest.raises(ConfigError, match=said.replace("{", r"\{")):
        read_bench_file(written(tmp_path, BENCH.replace(old, new)))


IC_BENCH = BENCH.replace("[label]", "[ic_label]").replace("label.fields", "ic_label.fields")[
    : -len(BENCH[BENCH.index("[[label.p") :])
]


def test_ics_have_a_label_of_their_own(tmp_path: Path) -> None:
    bench = read_bench_file(written(tmp_path, IC_BENCH.replace("{serial}", "{order};{version};{serial};{date}")))
    assert bench.label is None and bench.ic_label is not None
    assert [field.content for field in bench.ic_label.fields] == ["{order};{version};{serial};{date}"]
    assert bench.for_slot("slot-1").ic_label == bench.ic_label


@pytest.mark.parametrize("content", ["{product}", "{value.firmware_version}", "{attempt}"])
def test_the_label_of_an_ic_says_nothing_that_a_burn_does_not_know(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match=r"is not known \(there are: order, image"):
        read_bench_file(written(tmp_path, IC_BENCH.replace("{serial}", content)))


def test_the_label_of_an_ic_is_the_same_for_every_product(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the same for all"):
        read_bench_file(written(tmp_path, BENCH.replace("label", "ic_label")))


def test_a_role_that_is_no_printer_prints_no_labels(tmp_path: Path) -> None:
    text = BENCH.replace('driver = "zpl_printer"', 'driver = "line_scanner"')
    with pytest.raises(ConfigError, match="prints no labels"):
        check_bench(read_bench_file(written(tmp_path, text)))

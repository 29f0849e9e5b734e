"""A bench of the fixtures with a label printer, and the table that says what is printed."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
LABEL = """
[instruments.printer]
driver = "zpl_printer"
address = "${printer}"

[roles.printer]
instrument = "printer"

[label]
role = "printer"
width_mm = 50.0
height_mm = 30.0

[[label.fields]]
kind = "code128"
content = "{serial}"
x_mm = 3.0
y_mm = 3.0
height_mm = 10.0

[[label.fields]]
kind = "text"
content = "{product} {verdict_en} {value.firmware_version}"
x_mm = 3.0
y_mm = 16.0
"""


IC_LABEL = """
[instruments.printer]
driver = "${driver}"
address = "${printer}"

[roles.printer]
instrument = "printer"

[ic_label]
role = "printer"
width_mm = 40.0
height_mm = 20.0

[[ic_label.fields]]
kind = "data_matrix"
content = "{order};{version};{serial};{date}"
x_mm = 2.0
y_mm = 2.0

[[ic_label.fields]]
kind = "code128"
content = "{order}"
x_mm = 14.0
y_mm = 2.0
height_mm = 6.0
module_mm = 0.125

[[ic_label.fields]]
kind = "text"
content = "{target} {image} {version}"
x_mm = 14.0
y_mm = 9.0
height_mm = 2.0

[[ic_label.fields]]
kind = "text"
content = "{serial} {date} {verdict_en}"
x_mm = 14.0
y_mm = 12.0
height_mm = 2.0
"""


def label_world(folder: Path, bench: str = "demo", table: str = LABEL, printer: str = "zpl_printer") -> Path:
    """Write the world of ``bench`` and its bench template into ``folder``; the world's path."""
    world = (ROOT / f"fixtures/worlds/{bench}.world.toml").read_text(encoding="utf-8")
    template = (ROOT / f"fixtures/benches/{bench}.bench.toml").read_text(encoding="utf-8")
    world = world.replace(f"../benches/{bench}.bench.toml", "label.template.toml")
    path = folder / "label.world.toml"
    path.write_text(f'{world}\n[devices.printer]\nkind = "{printer}"\n', encoding="utf-8")
    (folder / "label.template.toml").write_text(template + table.replace("${driver}", printer), encoding="utf-8")
    return path

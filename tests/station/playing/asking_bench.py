"""A bench whose file adds the product ASK-1, nearly all of which is asked of the operator."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import Bench

PRODUCT = Path(__file__).parent / "products/asking.py"
LONG = "SCREWS_S, BACKLIGHT_S, RAIL_S = 600, 600, 600"
QUESTIONS = ("screws", "backlight", "rail_5v")


def add_asking(box: Bench, hurried: str = "", deadline_s: float = 600) -> list[str]:
    """Add the product, with a short deadline for the question ``hurried``; what starts a run of it."""
    folder = box.bench_file.parent / "products"
    folder.mkdir()
    shutil.copy(PRODUCT.with_suffix(".toml"), folder)
    deadlines = ", ".join(str(deadline_s if name == hurried else 600) for name in QUESTIONS)
    code = PRODUCT.read_text(encoding="utf-8")
    assert LONG in code
    code = code.replace(LONG, LONG.replace("600, 600, 600", deadlines))
    (folder / PRODUCT.name).write_text(code, encoding="utf-8")
    text = box.bench_file.read_text(encoding="utf-8")
    added = text.replace('slot = "slot-1"', 'slot = "slot-1"\nsequences_path = ["products"]', 1)
    assert added != text
    box.bench_file.write_text(added, encoding="utf-8")
    return ["run", "X-9", "--bench", str(box.bench_file), "--product", "ASK-1", "--operator", "王芳"]

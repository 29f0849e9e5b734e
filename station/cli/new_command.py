"""``fanji-station new``: a product of one's own that loads, checks and plays as it is written."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from station.cli.exits import Exit, of_refusal
from station.model.errors import OperatorError, StationError, StorageError
from station.sequences.catalogue import SHIPPED

SCAFFOLD = Path(__file__).parent / "scaffold"
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_. ][A-Za-z0-9]+)*")
_MAX_PRODUCT = 40


def scaffold_product(product: str, folder: Path) -> Exit:
    """Write the files and name them; nothing that is there is overwritten."""
    try:
        written = write_product(product, folder)
    except StationError as error:
        sys.stderr.write(f"{error}\n")
        return of_refusal(error)
    sys.stdout.write("".join(f"{path}\n" for path in written))
    sys.stdout.write(f"read {folder / 'README.md'}: it says the next three things to do\n")
    return Exit.PASS


def write_product(product: str, folder: Path) -> tuple[Path, ...]:
    """The files of a new product, as they were written.

    Raises OperatorError for a name that cannot be one, for a shipped product's, and where a file is there already.
    """
    if not _PRODUCT.fullmatch(product) or len(product) > _MAX_PRODUCT:
        raise OperatorError(
            f"{product!r} cannot be a product: letters, digits and single - or _, at most {_MAX_PRODUCT}"
        )
    if product in SHIPPED:
        raise OperatorError(f"{product} ships with the station: give yours a name of its own")
    module = re.sub(r"[^a-z0-9]", "_", product.lower())
    names = {
        "product.py.txt": f"{module}.py",
        "product.toml": f"{module}.toml",
        "bench.toml": "bench.toml",
        "test_product.py.txt": f"test_{module}.py",
        "README.md": "README.md",
    }
    files = {folder / name: _filled(template, product, module) for template, name in names.items()}
    for path in files:
        if path.exists():
            raise OperatorError(f"{path} is there already: give a folder of its own")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(str(folder), error.strerror or str(error)) from None
    return tuple(files)


def _filled(template: str, product: str, module: str) -> str:
    text = (SCAFFOLD / template).read_text(encoding="utf-8")
    serial = re.sub(r"[^A-Z0-9]", "", product.upper()) + "-0001"
    for name, value in (("PRODUCT", product), ("MODULE", module), ("SERIAL", serial)):
        text = text.replace(f"@{name}@", value)
    return text

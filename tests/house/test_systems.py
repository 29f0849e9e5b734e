"""What only one operating system has is named in one file for each, and both give the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import station.system

ROOT = Path(__file__).parents[2]
SYSTEM = ROOT / "station/system"
OF_POSIX = {"fcntl", "termios", "tty", "pty", "resource", "grp", "pwd", "syslog"}
OF_WINDOWS = {"msvcrt", "winreg", "winsound", "_winapi"}
CALLS = re.compile(
    r"os\.(fork|setsid|pipe2|pread|pwrite|set_blocking|getuid|geteuid|O_CLOEXEC)|signal\.SIG(HUP|KILL|QUIT)"
)


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def public_names(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def test_nothing_but_the_file_of_its_system_imports_what_one_system_alone_has() -> None:
    found = {path.relative_to(ROOT).as_posix(): imports_of(path) for path in (ROOT / "station").rglob("*.py")}
    assert {path for path, names in found.items() if names & OF_POSIX} == {"station/system/posix.py"}
    assert {path for path, names in found.items() if names & OF_WINDOWS} == {"station/system/windows.py"}
    calling = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "station").rglob("*.py")
        if CALLS.search(path.read_text(encoding="utf-8"))
    }
    assert calling == {"station/system/posix.py"}


def test_both_systems_give_what_the_station_uses() -> None:
    for name in ("posix.py", "windows.py"):
        assert set(station.system.__all__) <= public_names(SYSTEM / name), name

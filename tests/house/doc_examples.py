"""The examples of a document as its reader uses them: files are written, commands typed, answers compared.

A ```console block holds commands (``$ …``) and what they answer; ``…`` stands for anything, in a line or for lines. A
command ends with 0 unless it says ``# exit code N``. What serves runs on until the document ends. A ```toml or
```python block whose first line names a file is that file. A ```sh block is for machines that are not here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from fixtures.images import make_image
from tests.conftest import ROOT, WORLDS, Bench, start_bench

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# (\S+\.(?:toml|py))\n")
EXIT_CODE = re.compile(r"\s*# exit code (\d)$")
SERVES = (
    "fanji-server serve",
    "fanji-station console",
    "fanji-station flush --follow",
    "python -m fixtures.sim --world",
)
PASSWORD = "correct horse battery\n"
ANSWERS = {
    b"ENTER if all is there": b"\n",
    b"ENTER when it is there": b"\n",
    b"type 1 for yes": b"1\n",
    b"type the number of what": b"1\n",
    b"type the number in A": b"0,41\n",
}
"""What is typed when a command says how it is to be answered."""
READY_S = 20.0
CARRIED_ON = 'cd; . ./.shell; export -n TYPED; eval "$TYPED"; code=$?; { export -p; umask -p; } >./.shell; exit $code'


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced example."""

    language: str
    text: str


def blocks(document: Path) -> list[Block]:
    """The examples of ``document``, in order."""
    return [Block(*found) for found in BLOCK.findall(document.read_text(encoding="utf-8"))]


def typed_and_answered(block: Block) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines that are to be its answer."""
    found: list[tuple[str, list[str]]] = []
    for line in filter(str.strip, block.text.splitlines()):
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        else:
            found[-1][1].append(line)
    return found


def is_answer(said: str, expected: list[str]) -> bool:
    """Whether ``said`` holds the expected lines in order; blanks do not count, a line of ``…`` is any lines."""
    lines = [" ".join(line.split()) for line in said.splitlines()]
    place = 0
    for line in (" ".join(line.split()) for line in expected):
        pattern = ".*".join(re.escape(part) for part in line.split("…"))
        reached = next((n for n in range(place, len(lines)) if re.fullmatch(pattern, lines[n])), None)
        if line != "…" and reached is None:
            return False
        place = place if line == "…" or reached is None else reached + 1
    return True


@dataclass
class Reader:
    """Somebody at a PC in ``folder``, who types what a document says."""

    folder: Path
    bench: Bench | None = None
    instead: dict[str, str] = field(default_factory=dict)
    serving: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def prepare(self, text: str) -> None:
        """What a reader of ``text`` has at hand: the tree, an image, and a bench where the text does not make one."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "fixtures").symlink_to(ROOT / "fixtures")
        (self.folder / ".shell").write_text("umask 022\n")
        self.instead |= {"8000": str(free_port()), "8710": str(free_port())}
        if "fanji-station burn" in text:
            (self.folder / "image.bin").write_bytes(make_image("1.4.2"))
        if "$ fanji-station" in text and "$ python -m fixtures.sim" not in text:
            self.bench = start_bench(WORLDS / "demo.world.toml", self.folder / "my.bench.toml", 0.0)

    def write(self, block: Block) -> Path | None:
        """Write the file that the block is; None for one that names none."""
        named = FILE_NAME.match(block.text)
        if named is None:
            return None
        path = self.folder / named[1]
        path.write_text(block.text, encoding="utf-8")
        return path

    def play(self, block: Block) -> None:
        """Type every command of a console block and compare the answers."""
        for typed, expected in typed_and_answered(block):
            if typed.startswith(SERVES):
                said, code = self._serve(typed, expected), 0
            else:
                self._lend_a_hand(typed)
                said, code = self._run(typed)
            due = EXIT_CODE.search(typed)
            assert code == (int(due[1]) if due else 0), f"{typed}: exit code {code}\n{said}"
            assert is_answer(said, [self._here(line) for line in expected]), f"{typed}: said\n{said}"

    def leave(self) -> None:
        """End what still serves, as a reader does who logs out."""
        for process in self.serving:
            process.send_signal(signal.SIGTERM)
        for process in self.serving:
            process.wait(READY_S)
        if self.bench is not None:
            self.bench.stop()

    def _here(self, text: str) -> str:
        for written, here in self.instead.items():
            text = text.replace(written, here)
        return text

    def _environment(self, typed: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("FANJI_", "XDG_"))}
        path = f"{Path(sys.executable).parent}:{own['PATH']}"
        return own | {"HOME": str(self.folder), "PATH": path, "TYPED": self._here(typed), "LC_ALL": "C.UTF-8"}

    def _run(self, typed: str) -> tuple[str, int]:
        """One command in a shell that goes on from the last one; passwords and answers are typed when it waits."""
        process = subprocess.Popen(
            ["bash", "-c", CARRIED_ON],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment(typed),
            start_new_session=True,
        )
        with process:
            assert process.stdin is not None and process.stdout is not None
            if "user add" in typed:
                process.stdin.write(PASSWORD.encode() * 2)
                process.stdin.close()
            said = bytearray()
            for line in process.stdout:
                said += line
                answer = next((typed for asked, typed in ANSWERS.items() if line.startswith(asked)), None)
                if answer is not None:
                    process.stdin.write(answer)
                    process.stdin.flush()
        return said.decode(), process.returncode

    def _serve(self, typed: str, expected: list[str]) -> str:
        """Start what serves, and return what it said when that is the answer, or when it is late."""
        if typed.startswith("python -m fixtures.sim"):
            typed += " --time-scale 0"
        for name, port in (("fanji-server serve", "8000"), ("fanji-station console", "8710")):
            typed += f" --port {port}" if typed.startswith(name) else ""
        log = self.folder / f"serving-{len(self.serving)}.log"
        with log.open("wb") as file:
            command = ["bash", "-c", CARRIED_ON.replace("eval", "eval exec")]
            process = subprocess.Popen(command, stdout=file, stderr=file, env=self._environment(typed))
        self.serving.append(process)
        until = time.monotonic() + READY_S
        while time.monotonic() < until and process.poll() is None:
            said = log.read_text(encoding="utf-8")
            self._note_control(said)
            if is_answer(said, [self._here(line) for line in expected]):
                break
            time.sleep(0.05)
        assert process.poll() is None, f"{typed} has ended: {log.read_text(encoding='utf-8')}"
        return log.read_text(encoding="utf-8")

    def _note_control(self, said: str) -> None:
        """Where the bench really listens that the document shows at a port of its own."""
        if said.startswith("{") and said.endswith("\n"):
            self.instead["127.0.0.1:40123"] = json.loads(said)["control"]

    def _lend_a_hand(self, typed: str) -> None:
        """Put the unit into the jig, or the clip onto its flash, where the document tells a person to do so."""
        if self.bench is None:
            return
        words = shlex.split(typed, comments=True)
        if words[:2] == ["fanji-station", "run"]:
            self.bench.control("insert", unit=words[2])
        if words[:2] == ["fanji-station", "burn"] and "--unit" in words:
            self.bench.control("socket", programmer="prog", unit=words[words.index("--unit") + 1])


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

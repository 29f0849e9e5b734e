"""The peers of the links' benchmark, each in its own process: a lean one, and ten instruments of the bench in a box."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fixtures.demo.processes import Processes
from station.config.bench_file import BenchFile, read_bench_file

USB_BACKEND = "fixtures.sim.usb_host:bus"
PORTS = ("tcp", "tcp", "hislip", "vxi11", "pty", "rfc2217", "usbtmc", "usbtmc", "usb", "usb")
"""The links that ten instruments are on; the first on TCP is ``tcp_1``."""


@dataclass(frozen=True, slots=True)
class Stage:
    """``lean`` has tcp, pty and other pty; each bench file has ten instruments, all on TCP or on every link."""

    lean: dict[str, str]
    ten_on_tcp: BenchFile
    ten_on_all: BenchFile


@contextmanager
def stage() -> Iterator[Stage]:
    """Everything served, and removed afterwards."""
    os.environ["FANJI_USB_BACKENDS"] = USB_BACKEND
    with tempfile.TemporaryDirectory(prefix="fanji-bench-") as name:
        folder = Path(name)
        processes = Processes(folder / "logs")
        try:
            _, line = processes.start_and_read_line("lean", [sys.executable, "-m", "benchmarks.lean_peer"])
            yield Stage(
                json.loads(line),
                _ten(processes, folder, "tcp", ("tcp",) * len(PORTS)),
                _ten(processes, folder, "all", PORTS),
            )
        finally:
            processes.stop_all()


def _ten(processes: Processes, folder: Path, name: str, ports: tuple[str, ...]) -> BenchFile:
    names = [f"{port}_{ports[: number + 1].count(port)}" for number, port in enumerate(ports)]
    world = f'[world]\ntime_scale = 0.0\nbench = "{name}.template.toml"\n'
    bench = '[bench]\nname = "Ten"\nstation_id = "bench-1"\nslot = "slot-1"\nusb_backend = "${usb_backend}"\n'
    for number, (psu, port) in enumerate(zip(names, ports, strict=True)):
        serial = f"{100100 + number}"
        world += f'[devices.{psu}]\nkind = "hmp4040"\nserial = "{serial}"\nport = "{port}"\n'
        bench += f'[instruments.{psu}]\ndriver = "hmp4040"\naddress = "${{{psu}}}"\n'
        bench += f'identity = {{ maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "{serial}" }}\n'
        bench += f'[roles.{psu}]\ninstrument = "{psu}"\nchannel = 1\n'
    bench += f"[make_safe]\norder = {json.dumps(names)}\n"
    (folder / f"{name}.world.toml").write_text(world)
    (folder / f"{name}.template.toml").write_text(bench)
    file = folder / f"{name}.bench.toml"
    command = [sys.executable, "-m", "fixtures.sim", "--world", str(folder / f"{name}.world.toml")]
    processes.start_and_read_line(name, [*command, "--write-bench", str(file)])
    return read_bench_file(file)

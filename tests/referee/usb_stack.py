"""Simulated USB devices as programs with the real libusb see them: served from a thread, shown by umockdev."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fixtures.sim import usb_tree
from fixtures.sim.usb_node import UsbNode
from fixtures.sim.usb_port import UsbPort
from tests.conftest import ROOT
from tests.station.link.served import Server, server

PATIENCE_S = 60.0


class UsbStack:
    """One bus; what is plugged in stays so until the end."""

    def __init__(self, folder: Path, served: Server) -> None:
        self.folder = folder
        self.served = served
        self._nodes: list[UsbNode] = []

    def plug(self, port: UsbPort) -> UsbNode:
        """One device more."""
        self.served.serve(port)
        node = UsbNode(port, self.folder, 2 + len(self._nodes))
        self.served.run(node.open())
        self._nodes.append(node)
        return node

    def environment(self) -> dict[str, str]:
        """For a program that is to see the bus."""
        return os.environ | usb_tree.environment(self.folder)

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """A program to its end."""
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )

    async def pull_all(self) -> None:
        for node in self._nodes:
            node.close()


@contextmanager
def usb_stack() -> Iterator[UsbStack]:
    """A bus without devices; its folder's name is short, because sockets are in it."""
    with tempfile.TemporaryDirectory(prefix="usb-") as folder, server() as served:
        stack = UsbStack(Path(folder), served)
        yield stack
        served.run(stack.pull_all())

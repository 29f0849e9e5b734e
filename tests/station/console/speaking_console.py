"""A console on a loopback port, whose runs are played by a process that speaks the run protocol.

Run as a program it serves until a signal ends it, and prints its address.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from station.config.bench_file import BenchFile
from station.config.settings import Settings
from station.console.app import create_app
from station.console.commands import Products
from station.console.desk import BenchCard, Desk
from station.console.door import allowed_hosts
from station.console.golden_units import GoldenUnits
from station.console.lookout import Lookout
from station.console.mail import Mail
from station.console.photo_route import photo_routes
from station.console.seat import Seat
from station.gates.selftest_result import last_selftest
from station.history.past_runs import PastRuns
from station.link.clock import SystemClock
from station.outbox.operators import roster_of
from station.outbox.spool import Spool

SPEAKER = Path(__file__).parent / "protocol_speaker.py"
KNOWN = ("GOOD", "BAD", "LOST", "DIES", "DEAF", "NOINST", "QUIZ", "RETRY", "SLOW")
DEADLINE_S = 10.0


@dataclass
class Console:
    """A console that listens, and an operator's client."""

    url: str
    client: httpx.Client
    desk: Desk
    server: uvicorn.Server
    thread: threading.Thread
    listener: socket.socket

    def close(self) -> None:
        """End as a signal would, and wait for it."""
        self.server.should_exit = True
        self.thread.join(20)
        self.listener.close()
        assert not self.thread.is_alive()

    def command(self, order: str, **body: object) -> httpx.Response:
        return self.client.post(f"/commands/{order}", json=body)

    def state(self) -> dict[str, Any]:
        """What every page is told, and the run of the only slot by itself."""
        state: dict[str, Any] = self.client.get("/state").json()
        return state | {"run": next(iter(state["runs"]), None)}

    def events(self) -> list[str]:
        """The names of what the run has said so far."""
        run = self.state()["run"]
        return [entry["event"] for entry in run["entries"]] if run else []

    def wait_for(self, is_met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state for which ``is_met`` holds; fails the test after ``DEADLINE_S``."""
        deadline = time.monotonic() + DEADLINE_S
        while not is_met(state := self.state()):
            assert time.monotonic() < deadline, f"never came: {json.dumps(state, ensure_ascii=False)[:2000]}"
            time.sleep(0.02)
        return state

    def wait_for_event(self, event: str) -> dict[str, Any]:
        return self.wait_for(lambda state: any(entry["event"] == event for entry in entries_of(state)))

    def begin(self, serial: str, until: str = "prompted") -> dict[str, Any]:
        """Sign on, start ``serial`` and wait until the run has said ``until``."""
        assert self.command("sign-on", name="王芳").status_code == 204
        assert self.command("start", serial=serial).status_code == 204
        return self.wait_for_event(until)


def entries_of(state: dict[str, Any]) -> list[dict[str, Any]]:
    return state["run"]["entries"] if state["run"] else []


@contextmanager
def speaking_console(
    folder: Path,
    port: int = 0,
    idle_lock_min: float = 10.0,
    bench: BenchFile | None = None,
    slots: tuple[str, ...] = ("slot-1",),
) -> Iterator[Console]:
    """A console in a thread of this process; its outbox is in ``folder``, port 0 takes a free one."""
    desk, server, listener = build(folder, port, idle_lock_min, bench, slots)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=10, trust_env=False) as client:
        console = Console(url, client, desk, server, thread, listener)
        try:
            yield console
        finally:
            console.close()


def build(
    folder: Path,
    port: int = 0,
    idle_lock_min: float = 10.0,
    bench: BenchFile | None = None,
    slots: tuple[str, ...] = ("slot-1",),
) -> tuple[Desk, uvicorn.Server, socket.socket]:
    card = BenchCard("Demo bench", "bench-1", slots, "demo.bench.toml")
    desk = Desk(card, lambda name: (sys.executable, str(SPEAKER)))
    names = dict.fromkeys(slots, ("FJ-R1", "FJ-R2"))
    products = Products(lambda serial: "FJ-R1" if serial.startswith(KNOWN) else "", names)
    settings = Settings(folder, "", None, idle_lock_min)
    listener = socket.create_server(("127.0.0.1", port))
    hosts = allowed_hosts("127.0.0.1", listener.getsockname()[1], "bench-pc")
    clock, past = SystemClock(), PastRuns(settings.history, "bench-1")
    seat = Seat(desk, lambda: roster_of(settings.cached_state), clock, 60 * settings.idle_lock_min)
    golden = GoldenUnits(bench, slots, Spool(settings.outbox), clock).stand if bench is not None else tuple
    lookout = Lookout(desk, seat, past, bench, clock, lambda: last_selftest(settings, "bench-1"), golden)
    app = create_app(desk, products, hosts, lambda note: Mail(settings, clock, note), seat, lookout, past)
    app.include_router(photo_routes(desk, settings.attachments))
    return desk, uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)), listener


def main() -> None:
    _, server, listener = build(Path(sys.argv[1]))
    sys.stdout.write(f"console http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()

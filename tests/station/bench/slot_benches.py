"""The bench of two slots in variations, and what a slot is lent there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from station.bench import OpenBench, open_bench
from station.bench.lending import BenchLoan
from station.config.bench_file import read_bench_file
from station.link.clock import SystemClock
from station.link.lease import Leases
from tests.conftest import ROOT, WORLDS, Bench

CLOCK = SystemClock()
GENERATOR = '[devices.rf]\nkind = "sml01"\njig = "left"\nserial = "100417"\n'
GENERATOR_ROLE = """[instruments.rf]
driver = "sml01"
address = "${rf}"
identity = { maker = "ROHDE&SCHWARZ", model = "SML01", serial = "${rf_serial}" }
[roles.rf]
instrument = "rf"
"""
RELAYS = '[slots.{slot}.roles.relays]\ninstrument = "relays"\npoints = {{ lamp = {coil} }}\n'


def two_slot_world(folder: Path) -> Path:
    """The world of two slots with a generator for both, and relays that each slot switches, over TCP."""
    bench = (ROOT / "fixtures/benches/two-slots.bench.toml").read_text(encoding="utf-8")
    bench = bench.replace('["acc", "supply"]', '["rf", "relays", "acc", "supply"]') + GENERATOR_ROLE
    bench += RELAYS.format(slot="left", coil=31) + RELAYS.format(slot="right", coil=32)
    (folder / "slots.template.toml").write_text(bench, encoding="utf-8")
    world = (WORLDS / "two-slots.world.toml").read_text(encoding="utf-8")
    world = world.replace("../benches/two-slots.bench.toml", "slots.template.toml")
    world = world.replace('port = "pty"\ncoils', 'port = "tcp"\ncoils') + GENERATOR
    file = folder / "slots.world.toml"
    file.write_text(world, encoding="utf-8")
    return file


def leases(folder: Path, slot: str) -> Leases:
    return Leases(folder / "leases", slot)


@contextmanager
def opened(box: Bench, folder: Path, slot: str) -> Iterator[OpenBench]:
    """The slot's own instruments, and its lender."""
    bench = open_bench(read_bench_file(box.bench_file).for_slot(slot), CLOCK, None, leases(folder, slot))
    try:
        yield bench
    finally:
        bench.close()


@contextmanager
def lent(bench: OpenBench, roles: Collection[str]) -> Iterator[BenchLoan]:
    """What ``roles`` need, at once: a test that has to wait here has made a mistake."""

    def waits(resource: str, holder: str) -> None:
        raise AssertionError(f"{holder} has {resource}")

    with bench.lender.lend(roles, waits, lambda: None) as loan:
        assert isinstance(loan, BenchLoan)
        yield loan

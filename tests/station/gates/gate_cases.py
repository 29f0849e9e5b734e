"""A station's disk as the gates find it: a real bench file, snapshot, outbox and self-test."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import Settings
from station.gates import GateCase
from station.gates.selftest_result import GOOD, SelftestCheck, SelftestResult, keep_selftest
from station.model.gate import GateNote
from station.model.ids import new_id, unit_id
from station.model.run_record import PlanRef, RunRecord, UnitRef
from station.outbox.gate_state import read_gate_state
from station.outbox.spool import Spool
from tests.station.runner.bench_pieces import START

SERIAL = "FJR126110001"
GOLDEN = "FJR126119999"
PLAN = PlanRef("FJ-R1 outgoing", "1", "ab" * 32)
UNIT = UnitRef("FJ-R1", SERIAL, unit_id("FJ-R1", SERIAL))
BENCH = """
[bench]
name = "B"
station_id = "bench-1"
slot = "slot-1"
[instruments.dut]
driver = "fj_service_port"
address = "tcp://127.0.0.1:2"
[roles.dut]
instrument = "dut"
"""
Json = dict[str, Any]


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def snapshot(**changes: Any) -> Json:
    """A snapshot that is an hour old at START, with whatever parts are given."""
    return {
        "schema": "fanji/state/1",
        "version": 7,
        "issued_at": stamp(START - timedelta(hours=1)),
        "expires_at": stamp(START + timedelta(days=6)),
        "serial_rules": [{"family": "FJ-R1", "product": "FJ-R1", "pattern": "FJR1[0-9]{8}"}],
    } | changes


def hold(**changes: Any) -> Json:
    """A row of the list of holds that is about nothing yet."""
    row = {"unit_id": "", "serial": "", "product": "", "reason": "swollen capacitors", "held_by": "zhao"}
    return row | {"held_at": stamp(START - timedelta(days=1))} | changes


def released(product: str = "FJ-R1", *sha256s: str) -> Json:
    rows = [{"sha256": one, "released_by": "user:zhao", "released_at": stamp(START)} for one in sha256s]
    return {"product": product, "released": rows}


def route(*missing: tuple[str, str], repaired_at: datetime | None = None, case_no: str = "RC-1") -> Json:
    rows = [{"what": what, "detail": detail} for what, detail in missing]
    unit = {"unit_id": UNIT.id, "serial": UNIT.serial, "case_no": case_no}
    return unit | {"missing": rows, "repaired_at": stamp(repaired_at) if repaired_at else None}


@dataclass
class Disk:
    """One station's state folder and bench file in ``folder``."""

    folder: Path
    rules: str = ""
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = Settings(self.folder / "state", "", None)
        self.settings.state_dir.mkdir(parents=True, exist_ok=True)

    @property
    def bench(self) -> BenchFile:
        file = self.folder / "b.bench.toml"
        file.write_text(BENCH + self.rules, encoding="utf-8")
        return read_bench_file(file)

    def keep_snapshot(self, content: Json | bytes) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.settings.cached_state.write_bytes(body)

    def played(self, verdict: str, at: datetime = START, **changes: Any) -> None:
        """A run on record in the outbox that ended at ``at``."""
        bench = self.bench
        record = RunRecord(
            **{
                "id": new_id(at),
                "unit": UNIT,
                "slot": bench.slot,
                "product": "FJ-R1",
                "plan": PLAN,
                "purpose": "outgoing",
                "attempt": 1,
                "operator": "Li",
                "cached_state_version": None,
                "bench_sha256": bench.sha256,
                "started_at": at,
                "finished_at": at,
                "verdict": verdict,
                "has_failed_measurement": verdict == "FAIL",
                "failure": None,
                "make_safe": (),
                "steps": (),
                "measurements": (),
                "accessories": (),
                "traces": (),
            }
            | changes
        )
        Spool(self.settings.outbox).commit_run(record, bench.station_id, at, lambda place: record.id.encode())

    def golden(self, verdict: str, at: datetime = START, **changes: Any) -> None:
        """The golden unit was tested."""
        unit = UnitRef("FJ-R1", GOLDEN, unit_id("FJ-R1", GOLDEN))
        self.played(verdict, at, **({"unit": unit, "purpose": "golden"} | changes))

    def selftested(self, at: datetime = START, mark: str = GOOD, bench_sha256: str = "") -> None:
        bench = self.bench
        checks = (SelftestCheck("psu", mark, "error queue holds -222"),)
        keep_selftest(self.settings, SelftestResult(bench.station_id, bench_sha256 or bench.sha256, at, 1.0, checks))

    def case(self, purpose: str = "outgoing", at: datetime = START, **changes: Any) -> GateCase:
        values: Json = {
            "settings": self.settings,
            "bench": self.bench,
            "roles": ("dut",),
            "plan": PLAN,
            "product": "FJ-R1",
            "products": frozenset({"FJ-R1"}),
            "unit": UNIT,
            "purpose": purpose,
            "at": at,
            "state": read_gate_state(self.settings.cached_state, at),
        }
        return GateCase(**(values | changes))


def outcomes(notes: tuple[GateNote, ...]) -> dict[str, str]:
    """What each gate came to."""
    return {note.name: note.outcome for note in notes}

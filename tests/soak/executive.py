"""Runs of the demonstration's sequence, each struck at a random moment: outputs go off, records stay, nothing passes.

Each world is a bench and a station of its own; all send to one real server, whose rows are counted at the end.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from rich.console import Console

from tests.server_process import ServerProcess, set_up
from tests.soak.executive_faults import FAULTS
from tests.soak.executive_world import LEAKING, StationWorld, Trial
from tests.soak.finding import Finding

AREA = "executive"
TRIALS, AT_ONCE = 1000, 3
SEED = 20261126
COURIER = "courier killed"
COURIER_EVERY = 8
"""Runs between two couriers that are killed while they send."""
LEAST_STRUCK = 0.5
"""Share of the runs that the fault must have met while all their processes were alive; estimate: nearly all are."""
TOLD_EVERY = 25
TOLD = 3


@dataclass
class Ledger:
    """What all worlds have tried so far."""

    wanted: int
    trials: list[Trial] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _console: Console = field(default_factory=Console)
    _began: float = field(default_factory=time.monotonic)

    def take(self, trial: Trial) -> None:
        with self._turn:
            self.trials.append(trial)
            for problem in trial.wrong:
                self._say(f"seed {trial.seed} {trial.fault}: {problem}")
            if len(self.trials) % TOLD_EVERY == 0:
                wrong = sum(bool(trial.wrong) for trial in self.trials)
                self._say(f"{AREA}: {len(self.trials)} of {self.wanted} runs, {wrong} wrong")

    def _say(self, text: str) -> None:
        self._console.print(f"{time.monotonic() - self._began:7.0f} s  {text}", highlight=False)


def soak() -> list[Finding]:
    """About half an hour on two cores."""
    with tempfile.TemporaryDirectory() as folder:
        return storm(Path(folder), TRIALS, SEED)


def storm(folder: Path, trials: int, seed: int, at_once: int = AT_ONCE) -> list[Finding]:
    """``trials`` runs in as many worlds as are played at once; trial n has the seed ``seed`` + n."""
    began = time.monotonic()
    Console().print(f"{AREA}: seed {seed}, {trials} runs, {at_once} benches", highlight=False)
    stations = [f"bench-{number}" for number in range(1, at_once + 1)]
    (folder / "server").mkdir()
    tokens = set_up(folder / "server", tuple(stations))
    server = ServerProcess(folder / "server").start()
    ledger = Ledger(trials)
    try:
        with ThreadPoolExecutor(at_once) as threads:
            work = [
                threads.submit(_one_world, folder / station, station, tokens[station], server.url, share, ledger)
                for station, share in zip(stations, _shares(trials, seed, at_once), strict=True)
            ]
            begun = {run_id: serial for done in work for run_id, serial in done.result().items()}
    finally:
        server.stop()
    findings = [_finding(name, ledger.trials) for name in dict.fromkeys(trial.fault for trial in ledger.trials)]
    return [
        *findings,
        *_records(folder / "server/fanji.sqlite", begun),
        _whole(ledger.trials, time.monotonic() - began),
    ]


def _shares(trials: int, seed: int, at_once: int) -> list[list[tuple[str, int]]]:
    """Every fault as often as the others, in a random order."""
    names = [list(FAULTS)[number % len(FAULTS)] for number in range(trials)]
    Random(seed).shuffle(names)  # noqa: S311 the same order again needs no secrecy
    jobs = [(name, seed + number) for number, name in enumerate(names)]
    return [jobs[first::at_once] for first in range(at_once)]


def _one_world(
    folder: Path, station: str, token: str, url: str, jobs: Sequence[tuple[str, int]], ledger: Ledger
) -> Mapping[str, str]:
    """Play all; gives the runs that were begun."""
    world = StationWorld(folder, station)
    token_file = folder / "token"
    token_file.touch(0o600)
    token_file.write_text(token, encoding="utf-8")
    environment = {"FANJI_SERVER_URL": url, "FANJI_TOKEN_FILE": str(token_file)}
    try:
        for number, (name, seed) in enumerate(jobs, 1):
            ledger.take(world.play(name, seed))
            if number % COURIER_EVERY == 0:
                patience_s = Random(seed).uniform(0.2, 1.0)  # noqa: S311
                code = world.flush(environment, patience_s)
                ledger.take(Trial(COURIER, seed, code != 0, "killed" if code else "sent"))
        last = world.finish()
        end = last.last if last.events else {}
        wrong = () if end.get("verdict") == "PASS" else (f"the last run ended so: {end}",)
        ledger.take(Trial("nothing", 0, True, str(end.get("verdict")), wrong=wrong))
        code = world.flush(environment)
        left = sorted(path.name for path in (world.state_dir / "journals").iterdir())
        problems = ([f"flush ended with {code}"] if code else []) + [f"journal left: {name}" for name in left]
        ledger.take(Trial("last flush", 0, True, "sent", wrong=tuple(problems)))
    finally:
        world.close()
    return world.begun


def _finding(name: str, trials: Sequence[Trial]) -> Finding:
    mine = [trial for trial in trials if trial.fault == name]
    struck = [trial for trial in mine if trial.is_struck]
    wrong = [trial for trial in mine if trial.wrong]
    off = [trial.off_s for trial in struck if trial.off_s is not None]
    verdicts = ", ".join(
        f"{verdict} {count}" for verdict, count in Counter(trial.verdict for trial in mine).most_common()
    )
    times = f"off after {statistics.median(off):.2f} s, at most {max(off):.2f} s; " if off else ""
    told = "".join(f"\nseed {trial.seed}: {trial.wrong[0]}" for trial in wrong[:TOLD])
    least = int(len(mine) * LEAST_STRUCK) if name in FAULTS else 0
    note = f"{len(struck)} struck; {times}{verdicts}{told}"
    return Finding(AREA, name, len(mine), len(wrong), 0.0, note, right=len(struck), least_right=least)


def _whole(trials: Sequence[Trial], seconds: float) -> Finding:
    off = [trial.off_s for trial in trials if trial.off_s is not None]
    struck = sum(trial.is_struck for trial in trials)
    times = f"off after {statistics.median(off):.3f} s, at most {max(off):.3f} s ({len(off)} times)" if off else ""
    wrong = sum(bool(trial.wrong) for trial in trials)
    note, least = f"{struck} struck; {times}", len(trials) // 4
    return Finding(AREA, "all of it", len(trials), wrong, seconds, note, right=len(off), least_right=least)


def _records(database: Path, begun: Mapping[str, str]) -> list[Finding]:
    """Every run that said it began has one row on the server, and no PASS is one that could not be."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT lower(hex(id)), id, serial, verdict FROM run").fetchall()
        letters = connection.execute(
            "SELECT id, outcome, count(*) FROM letter WHERE kind = 'run' GROUP BY id"
        ).fetchall()
    ids = Counter(_plain(text if isinstance(text, str) else raw) for raw, text, _, _ in rows)
    lost = [run_id for run_id in begun if ids[_plain(run_id)] == 0]
    doubled = [name for name, count in ids.items() if count > 1] + [str(row[0]) for row in letters if row[2] > 1]
    false = [str(text) for _, text, serial, verdict in rows if verdict == "PASS" and serial == LEAKING]
    strange = [f"{row[0]}: {row[1]}" for row in letters if row[1] != "stored"]
    return [
        Finding(AREA, "records lost", len(begun), len(lost), 0.0, json.dumps(lost[:TOLD]) if lost else ""),
        Finding(AREA, "records doubled", len(rows), len(doubled), 0.0, json.dumps(doubled[:TOLD]) if doubled else ""),
        Finding(AREA, "false PASS on the server", len(rows), len(false), 0.0, ", ".join(false[:TOLD])),
        Finding(AREA, "letters not taken as they are", len(letters), len(strange), 0.0, ", ".join(strange[:TOLD])),
    ]


def _plain(run_id: str) -> str:
    return run_id.replace("-", "").lower()

"""A history that might have been: units come back, fail, are tested again, for a year, through the letters' own door.

Nothing in it is of a real product; names, limits and spreads are examples. The same seed makes the same values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal

import msgspec
import sqlalchemy as sa

from server.db.engine import Database
from server.errors import Contradiction
from server.ingest.flows import take
from server.ingest.submission import RUN, submit
from server.ingest.tables import letter
from server.units.event import GENESIS
from server.wire.ids import new_id, unit_id
from server.wire.parts import UnitRef
from server.wire.run import Accessory, Measurement, PlanRef, RunLetter, SafeAction, Step
from server.wire.state import moment_text

STATIONS = tuple(f"demo-{number}" for number in range(1, 6))
PRODUCTS = ("DEMO-R1", "DEMO-N7")
OPERATORS = ("王芳", "李强", "陈静", "zhang wei")
SPAN = timedelta(days=365)
RUN_LENGTH = timedelta(seconds=95)
AT_ONCE = 64
SATURDAY = 5
INCOMING_SHARE, FAULTY_SHARE, ONCE_MORE_SHARE = 0.6, 0.5, 0.06
"""Of the units: tested as they came; of those, with the fault that they came for; failing their first outgoing test."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of measurement at several places, and how its values spread."""

    name: str
    step: str
    unit: str
    low: float
    high: float
    mean: float
    sigma: float
    places: tuple[str, ...]


KINDS = (
    Kind("dark_current", "supply", "mA", 0.0, 3.0, 1.4, 0.25, ("",)),
    Kind("idle_current", "supply", "A", 0.3, 0.9, 0.58, 0.04, ("",)),
    Kind("rail", "supply", "V", 4.75, 5.25, 5.01, 0.03, ("_5v_a", "_5v_b", "_5v_usb")),
    Kind("fm_sensitivity", "tuner", "dBuV", 0.0, 14.0, 8.5, 1.1, tuple(f"_{mhz}" for mhz in range(88, 108, 4))),
    Kind("am_sensitivity", "tuner", "dBuV", 0.0, 40.0, 31.0, 1.9, tuple(f"_{khz}" for khz in range(600, 1600, 200))),
    Kind("fm_separation", "tuner", "dB", 25.0, 60.0, 38.0, 2.4, tuple(f"_{mhz}" for mhz in range(88, 108, 4))),
    Kind("audio_level", "audio", "dBV", -2.0, 2.0, 0.1, 0.3, ("_fl", "_fr", "_rl", "_rr")),
    Kind("audio_thd", "audio", "%", 0.0, 0.5, 0.12, 0.05, ("_fl", "_fr", "_rl", "_rr")),
    Kind("audio_noise", "audio", "dBV", -110.0, -70.0, -84.0, 2.0, ("_fl", "_fr", "_rl", "_rr")),
    Kind("key_voltage", "keys", "V", 0.1, 3.2, 1.6, 0.12, tuple(f"_{key}" for key in range(1, 9))),
    Kind("backlight", "screen", "cd/m2", 250.0, 600.0, 410.0, 28.0, ("_left", "_middle", "_right")),
    Kind("can_level", "bus", "V", 1.5, 3.0, 2.1, 0.09, ("_high", "_low")),
    Kind("boot_time", "boot", "s", 1.0, 12.0, 6.2, 0.7, ("",)),
    Kind("usb_rate", "media", "MB/s", 8.0, 60.0, 22.0, 2.2, ("_1", "_2")),
    Kind("gps_level", "navigation", "dB-Hz", 30.0, 60.0, 43.0, 2.0, ("_1", "_2")),
)


@dataclass
class _Chain:
    """The letters of one station."""

    station_id: str
    chain_id: str
    seq: int = 0
    previous: str = GENESIS


@dataclass(frozen=True, slots=True)
class _Planned:
    """A run that is to be: ``faults`` are the measurements that are outside of their limits."""

    at: datetime
    serial: str
    product: str
    purpose: Literal["incoming", "outgoing"]
    attempt: int
    faults: int


@dataclass
class DemoHistory:
    """``units`` of them until ``end``."""

    units: int
    end: datetime
    seed: int = 1
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 (values that spread)
        self._chains = {one: _Chain(one, new_id(self.end - SPAN)) for one in STATIONS}

    def letters(self) -> Iterator[tuple[datetime, str, str, bytes]]:
        """When each was made, its id, its station and its bytes, in the order of time."""
        planned = sorted(
            (run for number in range(self.units) for run in self._visit(number)), key=lambda run: (run.at, run.serial)
        )
        for run in planned:
            chain = self._chains[self.random.choice(STATIONS)]
            made = self._letter(run, chain)
            body = msgspec.json.encode(made)
            chain.seq, chain.previous = chain.seq + 1, hashlib.sha256(body).hexdigest()
            yield run.at + RUN_LENGTH, made.id, chain.station_id, body

    def _visit(self, number: int) -> Iterator[_Planned]:
        """The runs of one unit."""
        random = self.random
        at = self._arrival()
        serial, product = f"DEMO{number:08d}", random.choice(PRODUCTS)
        if random.random() < INCOMING_SHARE:
            faults = random.randint(1, 3) if random.random() < FAULTY_SHARE else 0
            yield _Planned(at, serial, product, "incoming", 1, faults)
        at += timedelta(minutes=random.randint(20, 60))
        attempt = 1
        while random.random() < ONCE_MORE_SHARE:
            yield _Planned(at, serial, product, "outgoing", attempt, 1)
            at, attempt = at + timedelta(minutes=random.randint(10, 25)), attempt + 1
        yield _Planned(at, serial, product, "outgoing", attempt, 0)

    def _arrival(self) -> datetime:
        """A moment in the working hours of China, 8:00 to 16:00, of a weekday that is over."""
        while True:
            day = self.end - timedelta(days=self.random.randint(1, SPAN.days))
            at = day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=8) * self.random.random()
            if day.weekday() < SATURDAY:
                return at

    def _letter(self, run: _Planned, chain: _Chain) -> RunLetter:
        began, ended = moment_text(run.at), moment_text(run.at + RUN_LENGTH)
        rows = self._measurements(run, began)
        is_failed = any(row.outcome == "FAIL" for row in rows)
        failed_steps = {row.step for row in rows if row.outcome == "FAIL"}
        steps = dict.fromkeys(row.step for row in rows)
        return RunLetter(
            schema="fanji/run/1",
            id=new_id(run.at),
            station_id=chain.station_id,
            chain_id=chain.chain_id,
            seq=chain.seq + 1,
            prev_sha256=chain.previous,
            created_at=ended,
            software_version="demo",
            bench_sha256=hashlib.sha256(chain.station_id.encode()).hexdigest(),
            unit=UnitRef("DEMO", run.serial, unit_id("DEMO", run.serial)),
            slot="slot-1",
            product=run.product,
            plan=PlanRef(f"{run.product} {run.purpose}", "1", hashlib.sha256(run.product.encode()).hexdigest()),
            purpose=run.purpose,
            attempt=run.attempt,
            operator=self.random.choice(OPERATORS),
            cached_state_version=None,
            started_at=began,
            finished_at=ended,
            verdict="FAIL" if is_failed else "PASS",
            has_failed_measurement=is_failed,
            failure=None,
            make_safe=(SafeAction("supply", "switch_off", True, "0.002 V"),),
            steps=tuple(Step(one, began, ended, "FAIL" if one in failed_steps else "PASS", "") for one in steps),
            measurements=rows,
            accessories=(Accessory("harness", True), Accessory("remote", True)),
            traces=(),
        )

    def _measurements(self, run: _Planned, at: str) -> tuple[Measurement, ...]:
        places = [(kind, place) for kind in KINDS for place in kind.places]
        faulty = set(self.random.sample(range(len(places)), run.faults))
        rows = []
        for index, (kind, place) in enumerate(places):
            value = min(max(self.random.gauss(kind.mean, kind.sigma), kind.low), kind.high)
            if index in faulty:
                value = kind.high + abs(self.random.gauss(0, kind.high - kind.mean)) + kind.sigma
            outcome: Literal["PASS", "FAIL"] = "FAIL" if index in faulty else "PASS"
            rows.append(
                Measurement(
                    f"{kind.name}{place}",
                    kind.step,
                    round(value, 4),
                    kind.unit,
                    "between",
                    kind.low,
                    kind.high,
                    (),
                    True,
                    outcome,
                    0,
                    "demo",
                    None,
                    at,
                )
            )
        return tuple(rows)


def make_history(database: Database, site: str, units: int, seed: int = 1) -> int:
    """Put a history on record; how many runs it has. Raises Contradiction where real letters are on record.

    Facts cannot be taken back: a database with such a history is for trials and stays so.
    """
    with database.reading() as connection:
        if connection.scalar(sa.select(letter.c.id).where(letter.c.station_id.not_in(STATIONS)).limit(1)):
            raise Contradiction("the database holds letters of real stations: a made-up history is not mixed with them")
        if connection.scalar(sa.select(letter.c.id).limit(1)):
            raise Contradiction("the database holds a made-up history already")
    count = 0
    batch: list[tuple[datetime, str, str, bytes]] = []
    for made in DemoHistory(units, datetime.now(UTC), seed).letters():
        batch.append(made)
        if len(batch) == AT_ONCE:
            count += _keep(database, site, batch)
            batch = []
    return count + (_keep(database, site, batch) if batch else 0)


def _keep(database: Database, site: str, batch: list[tuple[datetime, str, str, bytes]]) -> int:
    submissions = [submit(RUN, letter_id, body, station_id) for _, letter_id, station_id, body in batch]
    with database.writing() as connection:
        take(connection, submissions, site, batch[-1][0])
    return len(batch)

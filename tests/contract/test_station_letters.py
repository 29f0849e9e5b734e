"""The station's letters against the wire contract: goldens are reproduced, whatever is recorded fits the schemas."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from station.model.burn_record import (
    BurnRecord,
    BurnStage,
    ChipIdentity,
    ImageRef,
    ProgrammerRef,
    Region,
)
from station.model.custody import CustodyRecord
from station.model.errors import Failure
from station.model.gate import GateNote
from station.model.limit import Comparator, Limit
from station.model.run_record import (
    Accessory,
    Measurement,
    PlanRef,
    RunRecord,
    SafeAction,
    StepAttempt,
    StepRecord,
    Trace,
    UnitRef,
)
from station.outbox.burn_letter import burn_letter
from station.outbox.custody_letter import custody_letter
from station.outbox.letter import Place, sha256_of
from station.outbox.run_letter import run_letter

WIRE = Path(__file__).parents[2] / "fixtures/wire/v1"
GOLDEN = WIRE / "golden"
Json = dict[str, Any]


def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((WIRE / f"{name}.schema.json").read_text(encoding="utf-8")))


RUN, BURN, CUSTODY = _validator("run"), _validator("burn"), _validator("custody")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _place(letter: Json) -> Place:
    created_at = _at(letter["created_at"])
    return Place(letter["station_id"], letter["chain_id"], letter["seq"], letter["prev_sha256"], created_at)


def _failure(letter: Json) -> Failure | None:
    said = letter["failure"]
    return said and Failure(said["kind"], said["subject"], said["message"], said["step"], _at(said["at"]))


def _measurement(said: Json) -> Measurement:
    limit = Limit(
        said["name"],
        said["unit"],
        Comparator(said["comparator"]),
        said["low"],
        said["high"],
        tuple(said["expected"]),
        said["required"],
        "golden",
    )
    cal_due = said["cal_due"] and date.fromisoformat(said["cal_due"])
    return Measurement(
        said["step"],
        limit,
        said["value"],
        said["outcome"],
        said["retries"],
        said["instrument"],
        cal_due,
        _at(said["taken_at"]),
        said.get("is_marginal", False),
    )


def _attempt(said: Json) -> StepAttempt:
    return StepAttempt(
        said["step"],
        said["number"],
        _at(said["started_at"]),
        _at(said["finished_at"]),
        said["outcome"],
        said["message"],
        tuple(_measurement(taken) for taken in said["measurements"]),
    )


def _run_record(letter: Json) -> RunRecord:
    return RunRecord(
        id=letter["id"],
        unit=UnitRef(**letter["unit"]),
        slot=letter["slot"],
        product=letter["product"],
        plan=PlanRef(**letter["plan"]),
        purpose=letter["purpose"],
        attempt=letter["attempt"],
        operator=letter["operator"],
        cached_state_version=letter["cached_state_version"],
        bench_sha256=letter["bench_sha256"],
        started_at=_at(letter["started_at"]),
        finished_at=_at(letter["finished_at"]),
        verdict=letter["verdict"],
        has_failed_measurement=letter["has_failed_measurement"],
        failure=_failure(letter),
        make_safe=tuple(SafeAction(**said) for said in letter["make_safe"]),
        steps=tuple(
            StepRecord(
                said["name"], _at(said["started_at"]), _at(said["finished_at"]), said["outcome"], said["message"]
            )
            for said in letter["steps"]
        ),
        measurements=tuple(_measurement(said) for said in letter["measurements"]),
        accessories=tuple(Accessory(**said) for said in letter["accessories"]),
        traces=tuple(Trace(**(said | {"x": tuple(said["x"]), "y": tuple(said["y"])})) for said in letter["traces"]),
        attempts=tuple(_attempt(said) for said in letter.get("attempts", ())),
        gates=tuple(GateNote(**said) for said in letter.get("gates", ())),
    )


def _burn_record(letter: Json) -> BurnRecord:
    stages = tuple(
        BurnStage(**(said | {"started_at": _at(said["started_at"]), "finished_at": _at(said["finished_at"])}))
        for said in letter["stages"]
    )
    return BurnRecord(
        id=letter["id"],
        kind=letter["kind"],
        order=letter["order"],
        unit=letter["unit"] and UnitRef(**letter["unit"]),
        operator=letter["operator"],
        programmer=ProgrammerRef(**letter["programmer"]),
        target=letter["target"],
        identity=ChipIdentity(**letter["identity"]),
        image=ImageRef(**letter["image"]),
        before_sha256=letter["before_sha256"],
        after_sha256=letter["after_sha256"],
        regions=tuple(Region(**said) for said in letter["regions"]),
        serial_numbers=tuple(letter["serial_numbers"]),
        proof=letter["proof"],
        bench_sha256=letter["bench_sha256"],
        started_at=_at(letter["started_at"]),
        finished_at=_at(letter["finished_at"]),
        stages=stages,
        retries=letter["retries"],
        result=letter["result"],
        is_marginal=letter["marginal"],
        failure=_failure(letter),
    )


def _rewritten(letter: Json) -> bytes:
    if letter["schema"] == "fanji/run/1":
        return run_letter(_run_record(letter), _place(letter))
    if letter["schema"] == "fanji/custody/1":
        return custody_letter(_custody_record(letter), _place(letter))
    return burn_letter(_burn_record(letter), _place(letter))


def _custody_record(letter: Json) -> CustodyRecord:
    fields = {name: letter[name] for name in CustodyRecord.__struct_fields__}
    return CustodyRecord(**(fields | {"at": _at(letter["at"])}))


CHAIN = [
    "run-pass",
    "run-fail",
    "run-error",
    "run-aborted",
    "burn-pass",
    "burn-fail",
    "run-retried",
    "run-gated",
    "run-estop",
]


CUSTODY_CHAIN = ["custody-taken", "burn-ordered", "custody-scrapped", "custody-returned"]


@pytest.mark.parametrize("name", CHAIN + CUSTODY_CHAIN)
def test_every_golden_letter_is_reproduced_byte_for_byte(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = (GOLDEN / f"{name}.json").read_bytes()
    monkeypatch.setattr("station.outbox.letter.__version__", json.loads(raw)["software_version"])
    assert _rewritten(json.loads(raw)) == raw


@pytest.mark.parametrize("chain", [CHAIN, CUSTODY_CHAIN], ids=["tests and burns", "custody"])
def test_the_golden_letters_are_one_chain_as_the_station_computes_it(chain: list[str]) -> None:
    raws = [(GOLDEN / f"{name}.json").read_bytes() for name in chain]
    for before, after in pairwise(raws):
        assert json.loads(after)["prev_sha256"] == sha256_of(before)


TEXT = st.text(st.characters(), max_size=2500)  # lone surrogates too
NAME = st.text("aZ_1é中", min_size=1, max_size=100)
AT = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
FINITE = st.floats(allow_nan=False, allow_infinity=False)
SHA = st.binary(min_size=32, max_size=32).map(bytes.hex)
UUID7 = st.uuids(version=4).map(lambda value: f"{str(value)[:14]}7{str(value)[15:]}")
UNIT = st.builds(UnitRef, st.text("AB1", max_size=40), NAME.map(lambda text: text[:64]), st.uuids().map(str))
FAILURE = st.builds(Failure, st.sampled_from(["link", "dut", "station", "config"]), TEXT, TEXT, st.none() | NAME, AT)
LIMIT = st.builds(
    Limit,
    NAME,
    st.text(max_size=20),
    st.sampled_from(Comparator),
    st.none() | FINITE,
    st.none() | FINITE,
    st.lists(st.text(max_size=500), max_size=3).map(tuple),
    st.booleans(),
    st.just("source"),
)
MEASUREMENT = st.builds(
    Measurement,
    NAME,
    LIMIT,
    st.none() | st.booleans() | FINITE | TEXT,
    st.sampled_from(["PASS", "FAIL", "ERROR"]),
    st.integers(0, 9),
    TEXT,
    st.none() | st.dates(date(2020, 1, 1), date(2090, 1, 1)),
    AT,
    st.booleans(),
)
ATTEMPT = st.builds(
    StepAttempt,
    NAME,
    st.integers(1, 9),
    AT,
    AT,
    st.sampled_from(["FAIL", "ERROR"]),
    TEXT,
    st.lists(MEASUREMENT, max_size=2).map(tuple),
)
GATE = st.builds(
    GateNote, NAME, st.sampled_from(["passed", "unknown", "waived"]), TEXT, st.none() | st.integers(0, 2**40)
)
POINTS = st.lists(FINITE, max_size=5).map(tuple)
RUN_RECORDS = st.builds(
    RunRecord,
    id=UUID7,
    unit=UNIT,
    slot=NAME,
    product=NAME,
    plan=st.builds(PlanRef, NAME, st.text("12.", min_size=1, max_size=40), SHA),
    purpose=st.sampled_from(["outgoing", "incoming", "golden", "grr", "debug"]),
    attempt=st.integers(1, 99),
    operator=NAME.map(lambda text: text[:80]),
    cached_state_version=st.none() | st.integers(0, 2**40),
    bench_sha256=SHA,
    started_at=AT,
    finished_at=AT,
    verdict=st.sampled_from(["PASS", "FAIL", "ABORTED", "ERROR"]),
    has_failed_measurement=st.booleans(),
    failure=st.none() | FAILURE,
    make_safe=st.lists(st.builds(SafeAction, NAME, NAME, st.booleans(), TEXT), max_size=3).map(tuple),
    steps=st.lists(
        st.builds(StepRecord, NAME, AT, AT, st.sampled_from(["PASS", "FAIL", "SKIPPED"]), TEXT), max_size=3
    ).map(tuple),
    measurements=st.lists(MEASUREMENT, max_size=3).map(tuple),
    accessories=st.lists(st.builds(Accessory, NAME, st.booleans()), max_size=3).map(tuple),
    traces=st.lists(st.builds(Trace, NAME, NAME, st.just("s"), st.just("A"), POINTS, POINTS), max_size=2).map(tuple),
    attempts=st.lists(ATTEMPT, max_size=2).map(tuple),
    gates=st.lists(GATE, max_size=3).map(tuple),
)
HEX = st.binary(max_size=6).map(lambda raw: raw.hex().upper())
BURN_RECORDS = st.builds(
    BurnRecord,
    id=UUID7,
    kind=st.sampled_from(["ad_hoc", "stock", "unit"]),
    order=st.none() | NAME,
    unit=st.none() | UNIT,
    operator=NAME.map(lambda text: text[:80]),
    programmer=st.builds(ProgrammerRef, NAME, TEXT, NAME),
    target=NAME,
    identity=st.builds(ChipIdentity, HEX, st.just("") | SHA, HEX),
    image=st.builds(ImageRef, NAME, TEXT, SHA, st.integers(1, 2**30), st.just("") | SHA),
    before_sha256=st.just("") | SHA,
    after_sha256=st.just("") | SHA,
    regions=st.lists(
        st.builds(Region, st.integers(0, 2**20), st.integers(1, 2**20), st.sampled_from(["image", "preserved"])),
        max_size=3,
    ).map(tuple),
    serial_numbers=st.just(()),
    proof=st.sampled_from(["readback_final", "none"]),
    bench_sha256=SHA,
    started_at=AT,
    finished_at=AT,
    stages=st.lists(
        st.builds(BurnStage, NAME, AT, AT, st.sampled_from(["PASS", "FAIL", "ERROR"]), st.integers(0, 2**30), TEXT),
        max_size=3,
    ).map(tuple),
    retries=st.integers(0, 9),
    result=st.sampled_from(["PASS", "FAIL", "ERROR", "ABORTED"]),
    is_marginal=st.booleans(),
    failure=st.none() | FAILURE,
)
PLACES = st.builds(Place, st.just("bench-1"), UUID7, st.integers(1, 2**40), SHA, AT)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(RUN_RECORDS, PLACES)
def test_whatever_is_recorded_of_a_run_is_a_letter_of_the_contract(record: RunRecord, place: Place) -> None:
    _holds(RUN, record, place, run_letter)


@QUICK
@given(BURN_RECORDS, PLACES)
def test_whatever_is_recorded_of_a_burn_is_a_letter_of_the_contract(record: BurnRecord, place: Place) -> None:
    _holds(BURN, record, place, burn_letter)


@QUICK
@given(
    st.builds(
        CustodyRecord,
        id=UUID7,
        order=NAME,
        event=st.sampled_from(["taken", "scrapped", "returned"]),
        quantity=st.integers(1, 10**6),
        reason=st.none() | st.sampled_from(["burn_failed", "other"]),
        note=TEXT,
        burn=st.none() | UUID7,
        operator=NAME.map(lambda text: text[:80]),
        bench_sha256=SHA,
        at=AT,
    ),
    PLACES,
)
def test_whatever_is_recorded_of_custody_is_a_letter_of_the_contract(record: CustodyRecord, place: Place) -> None:
    _holds(CUSTODY, record, place, custody_letter)


def _holds(schema: Draft202012Validator, record: Any, place: Place, write: Callable[[Any, Place], bytes]) -> None:
    raw = write(record, place)
    assert raw == raw.decode("utf-8").encode()
    schema.validate(json.loads(raw))

"""The server judges every run and burn again; what is not borne out is a discrepancy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.burns.evidence import result_findings
from server.runs.evidence import is_inside, verdict_findings
from server.wire.decode import decode_burn, decode_run
from tests.server.conftest import RunningServer
from tests.server.letter_book import Letter, LetterBook, measurement

FAILURE = {"kind": "link", "subject": "dmm", "message": "gone", "step": None, "at": "2026-11-23T08:00:05.000000Z"}
SAFE = {"role": "supply", "action": "off", "is_proved": True, "detail": ""}
STEP = {
    "name": "rails",
    "started_at": "2026-11-23T08:00:04.000000Z",
    "finished_at": "2026-11-23T08:00:05.000000Z",
    "outcome": "PASS",
    "message": "",
}


def run_findings(**changes: Any) -> list[str]:
    letter = LetterBook().run(**changes)
    return [finding.detail for finding in verdict_findings(decode_run(letter.body, letter.id))]


def burn_findings(golden: str = "burn-pass", **changes: Any) -> list[str]:
    letter = LetterBook().burn(golden, **changes)
    return [finding.detail for finding in result_findings(decode_burn(letter.body, letter.id))]


@pytest.mark.parametrize("golden", ["run-pass", "run-fail", "run-error", "run-aborted", "run-retried"])
def test_every_golden_run_is_borne_out(golden: str) -> None:
    assert run_findings(golden=golden) == []


@pytest.mark.parametrize(
    "row",
    [
        measurement(value=5.2501),
        measurement(value=None),
        measurement(value="5.0"),
        measurement(value=True),
        measurement(comparator="at_least", high=None, value=9.9e37),
        measurement(comparator="at_least", low=None, value=5.0),
        measurement(comparator="at_most", low=None, value=-9.91e37),
        measurement(comparator="equals", expected=["1.4.2"], value="1.4.3"),
        measurement(comparator="equals", expected=[], value="1.4.2"),
        measurement(comparator="one_of", expected=["a", "b"], value="c"),
        measurement(comparator="matches", expected=["[0-9]+"], value="12a"),
        measurement(comparator="matches", expected=["("], value="("),
        measurement(comparator="same_as", expected=["nothing"], value="x"),
        measurement(comparator="is_true", value=False),
        measurement(comparator="is_true", value=1.0),
    ],
)
def test_a_pass_that_its_value_does_not_bear_out_is_found(row: dict[str, Any]) -> None:
    assert any("rail_5v: the outcome is PASS" in text for text in run_findings(measurements=[row]))


@pytest.mark.parametrize(
    "row",
    [
        measurement(value=4.75),
        measurement(value=5.25),
        measurement(value=5),
        measurement(comparator="at_most", low=None, value=-1.0),
        measurement(comparator="one_of", expected=["a", "b"], value="b"),
        measurement(comparator="matches", expected=["FJR1[0-9]{8}"], value="FJR126110001"),
        measurement(comparator="same_as", expected=["scanned_serial"], value="FJR126110001"),
        measurement(comparator="is_true", value=True),
    ],
)
def test_a_value_on_or_inside_its_limit_is_borne_out(row: dict[str, Any]) -> None:
    assert run_findings(measurements=[row]) == []


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "a*a*a*b", r"(a)\1", "(?=a+)a+", "(a|aa)*", "a?" * 60 + "a" * 60, "(a|aa)" * 40 + "b"]
)
def test_a_pattern_that_might_never_end_is_not_tried(pattern: str) -> None:
    row = measurement(comparator="matches", expected=[pattern], value="a" * 60)
    assert any("does not judge the pattern" in text for text in run_findings(measurements=[row]))


def test_a_limit_that_refers_to_another_value_is_judged_by_it() -> None:
    first = measurement(name="label", comparator="matches", expected=["[A-Z]+"], value="ABC")
    second = measurement(name="reported", comparator="same_as", expected=["label"], value="ABC")
    assert run_findings(measurements=[first, second]) == []
    assert run_findings(measurements=[first, second | {"value": "ABD"}]) != []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"measurements": []}, "nothing that is required was measured"),
        ({"measurements": [measurement(required=False)]}, "nothing that is required was measured"),
        ({"accessories": [{"name": "remote", "is_present": False}]}, "the accessory remote is missing"),
        ({"make_safe": []}, "nothing proves that the outputs are off"),
        ({"make_safe": [SAFE | {"is_proved": False}]}, "supply: off was not proved"),
        ({"verdict": "FAIL", "steps": [STEP | {"outcome": "ERROR"}]}, "the step rails is ERROR"),
        ({"verdict": "FAIL", "measurements": [measurement(value=None, outcome="ERROR")]}, "rail_5v is ERROR"),
        ({"measurements": [measurement(value=6.0, outcome="FAIL")], "has_failed_measurement": True}, "rail_5v is FAIL"),
        ({"measurements": [measurement(value=None, outcome="ERROR")]}, "rail_5v is ERROR"),
        ({"steps": [STEP | {"outcome": "SKIPPED"}]}, "step rails is SKIPPED"),
        ({"failure": FAILURE}, "a failure is named: gone"),
        ({"has_failed_measurement": True}, "says that it has a failed measurement"),
        ({"measurements": [measurement(), measurement()]}, "measured twice"),
        ({"verdict": "FAIL"}, "no measurement and no step failed"),
        ({"verdict": "ERROR"}, "no failure is named"),
        ({"verdict": "ABORTED"}, "no failure is named"),
        ({"measurements": [measurement(outcome="FAIL")], "has_failed_measurement": True}, "is inside the limit"),
    ],
)
def test_a_verdict_that_contradicts_its_run_is_found(changes: dict[str, Any], said: str) -> None:
    assert any(said in text for text in run_findings(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"accessories": [{"name": "remote", "is_present": False}]},
        {"steps": [STEP | {"outcome": "FAIL"}, STEP | {"name": "later", "outcome": "SKIPPED"}]},
    ],
)
def test_a_fail_is_borne_out_by_what_is_missing_and_by_a_failed_step_that_others_were_left_out_for(
    changes: dict[str, Any],
) -> None:
    assert run_findings(verdict="FAIL", **changes) == []


def test_a_pattern_of_many_brackets_ends_nothing() -> None:
    row = measurement(comparator="matches", expected=["(" * 240 + "a" + ")" * 240], value="a")
    assert all("PASS" in text or "judge" in text for text in run_findings(measurements=[row]))


def test_a_measurement_that_is_not_required_may_fail_in_a_pass() -> None:
    row = measurement(value=6.0, outcome="FAIL", required=False)
    assert run_findings(measurements=[measurement(name="other"), row], has_failed_measurement=True) == []


def test_no_comparator_is_satisfied_by_nothing() -> None:
    for comparator in ("between", "at_least", "at_most", "equals", "one_of", "matches", "same_as", "is_true"):
        row = measurement(comparator=comparator, value=None, expected=["x"], outcome="ERROR")
        letter = LetterBook().run(measurements=[row])
        assert is_inside(decode_run(letter.body, letter.id).measurements[0], {}) is False


@pytest.mark.parametrize("golden", ["burn-pass", "burn-fail"])
def test_every_golden_burn_is_borne_out(golden: str) -> None:
    assert burn_findings(golden) == []


@pytest.mark.parametrize("proof", ["readback_final", "readback_interleaved"])
@pytest.mark.parametrize("after", ["", "0" * 64])
def test_a_burn_passes_only_with_its_image_read_back(proof: str, after: str) -> None:
    assert any("was read back instead" in text for text in burn_findings(proof=proof, after_sha256=after))


@pytest.mark.parametrize("proof", ["checksum", "none"])
def test_a_burn_without_read_back_says_so_by_its_proof_and_is_no_contradiction(proof: str) -> None:
    assert burn_findings(proof=proof, after_sha256="") == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"failure": FAILURE}, "a failure is named"),
        ({"stages": []}, "no stage was done"),
        ({"result": "ERROR"}, "no failure is named"),
        ({"kind": "stock"}, "names no order"),
        ({"kind": "unit", "unit": None}, "names no unit"),
        ({"finished_at": "2026-11-23T08:00:00.000000Z"}, "finished before it started"),
    ],
)
def test_a_result_that_contradicts_its_burn_is_found(changes: dict[str, Any], said: str) -> None:
    assert any(said in text for text in burn_findings(**changes))


def test_a_verdict_not_borne_out_is_stored_with_a_discrepancy_and_answered(
    server: RunningServer, book: LetterBook
) -> None:
    letter = book.run(measurements=[measurement(value=9.0)])
    answer = server.put(letter)
    assert answer.status_code == 201
    assert answer.json()["discrepancies"] == ["rail_5v: the outcome is PASS, but 9.0 V is not inside the limit"]
    assert server.put(letter).json()["discrepancies"] == answer.json()["discrepancies"]


def test_a_clock_that_is_ahead_is_a_discrepancy(server: RunningServer, book: LetterBook) -> None:
    content = book.run().content | {"created_at": "2199-01-01T00:00:00.000000Z"}
    answer = server.put(Letter("run", content["id"], json.dumps(content).encode()))
    assert answer.status_code == 201
    assert any("clock" in text for text in answer.json()["discrepancies"])

"""What becomes of a letter by each answer of the server, over real sockets."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from station.model.errors import ServerError
from station.outbox.answers import Fate, read_answer
from station.outbox.courier import LONGEST_PAUSE_S, Courier, Pauses, Round
from station.outbox.letter import Place
from station.outbox.spool import Spool
from station.outbox.turn import courier_turn
from tests.station.outbox.answering_server import AnsweringServer, Got, Reply, receipt, stored
from tests.station.runner.bench_pieces import START, CountingClock

OTHER = "f" * 64


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "outbox.sqlite3")


def _commit(spool: Spool, count: int) -> list[str]:
    ids = [f"01a00000-0000-7000-8000-{number:012d}" for number in range(count)]
    for letter_id in ids:
        spool.commit("runs", letter_id, "unit", "bench-1", START, _body)
    return ids


def _body(place: Place) -> bytes:
    return json.dumps({"seq": place.seq, "prev": place.prev_sha256}).encode()


def _carry(spool: Spool, server: AnsweringServer) -> Round:
    with Courier(spool, server.url, "secret", CountingClock()) as courier:
        return courier.carry()


@pytest.mark.parametrize(("status", "outcome"), [(201, "stored"), (200, "duplicate")])
def test_a_receipt_with_our_digest_empties_the_outbox(spool: Spool, status: int, outcome: str) -> None:
    ids = _commit(spool, 25)
    with AnsweringServer(lambda got: (status, receipt(got.sha256, outcome))) as server:
        done = _carry(spool, server)
    assert (done.delivered, done.problems, spool.waiting_count()) == (25, [], 0)
    assert [got.path for got in server.got] == [f"/v1/runs/{letter_id}" for letter_id in ids]
    assert {got.token for got in server.got} == {"Bearer secret"}


@pytest.mark.parametrize(("status", "outcome"), [(409, "conflict"), (422, "quarantined")])
def test_a_conflict_and_a_quarantine_are_set_aside_shown_and_kept(spool: Spool, status: int, outcome: str) -> None:
    (letter_id,) = _commit(spool, 1)
    with AnsweringServer(lambda got: (status, receipt(got.sha256, outcome, "unit: missing"))) as server:
        done = _carry(spool, server)
    assert (done.set_aside, spool.waiting_count()) == (1, 0)
    (aside,) = spool.all_set_aside()
    assert (aside.id, aside.receipt, aside.problem) == (letter_id, outcome, "unit: missing")
    assert Pauses().after(done) == 0.0


@pytest.mark.parametrize("status", [400, 413])
def test_a_letter_the_server_cannot_take_is_set_aside_without_a_receipt(spool: Spool, status: int) -> None:
    _commit(spool, 2)
    with AnsweringServer(lambda got: (status, b"too large")) as server:
        done = _carry(spool, server)
    assert (done.set_aside, len(server.got), spool.waiting_count()) == (2, 2, 0)
    assert spool.all_set_aside()[0].problem.endswith("too large")


@pytest.mark.parametrize(
    ("status", "who"),
    [
        (401, "administrator must renew"),
        (403, "administrator must allow"),
        (404, "FANJI_SERVER_URL"),
        (408, "log"),
        (429, "slowly"),
        (500, "log"),
        (502, "log"),
        (503, "busy"),
        (302, "FANJI_SERVER_URL"),
    ],
)
def test_every_other_answer_keeps_the_letter_and_says_who_must_act(spool: Spool, status: int, who: str) -> None:
    _commit(spool, 1)
    with AnsweringServer(lambda got: (status, b"")) as server:
        done = _carry(spool, server)
    assert (done.delivered, done.set_aside, spool.waiting_count()) == (0, 0, 1)
    assert who in done.problems[0]
    assert Pauses().after(done) > 0


@pytest.mark.parametrize("status", [200, 201, 409, 422])
@pytest.mark.parametrize("reply", [b"", b"<html>welcome</html>", receipt(OTHER), b'{"sha256": 7}'])
def test_an_answer_without_our_digest_keeps_the_letter(spool: Spool, status: int, reply: bytes) -> None:
    _commit(spool, 1)
    with AnsweringServer(lambda got: (status, reply)) as server:
        done = _carry(spool, server)
    assert (done.delivered, done.set_aside, spool.waiting_count()) == (0, 0, 1)


def test_one_letter_the_server_stumbles_over_does_not_hold_up_the_others(spool: Spool) -> None:
    ids = _commit(spool, 4)

    def stumble(got: Got) -> Reply:
        return (500, b"") if ids[1] in got.path else stored(got)

    with AnsweringServer(stumble) as server:
        done = _carry(spool, server)
    assert (done.delivered, spool.waiting_count(), len(done.problems)) == (3, 1, 1)


def test_a_server_that_fails_on_all_is_left_alone_after_three_and_the_last(spool: Spool) -> None:
    _commit(spool, 30)
    with AnsweringServer(lambda got: (500, b"")) as server:
        _carry(spool, server)
    assert len(server.got) == 4


def test_a_refused_token_is_tried_once_not_for_every_letter(spool: Spool) -> None:
    _commit(spool, 30)
    with AnsweringServer(lambda got: (401, b"")) as server:
        _carry(spool, server)
    assert len(server.got) == 1


def test_a_server_that_is_away_keeps_all_and_a_later_round_delivers_in_order(spool: Spool) -> None:
    ids = _commit(spool, 3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Courier(spool, f"http://127.0.0.1:{port}", "secret", CountingClock()) as courier:
        done = courier.carry()
    assert spool.waiting_count() == 3 and "no answer" in done.problems[0]
    with AnsweringServer() as server:
        assert _carry(spool, server).delivered == 3
    assert [got.path.rpartition("/")[2] for got in server.got] == ids


def test_the_same_bytes_arrive_that_were_committed(spool: Spool) -> None:
    spool.commit("burns", "01a00000-0000-7000-8000-00000000000a", "", "bench-1", START, lambda place: "{«é»}".encode())
    with AnsweringServer() as server:
        _carry(spool, server)
    assert (server.got[0].path[:10], server.got[0].body) == ("/v1/burns/", "{«é»}".encode())


def test_pauses_grow_with_jitter_and_heed_the_server() -> None:
    pauses, failed = Pauses(), Round(problems=["away"])
    waits = [pauses.after(failed) for _ in range(12)]
    assert 0.5 <= waits[0] <= 1.0 and 1.0 <= waits[1] <= 2.0
    assert max(waits) <= LONGEST_PAUSE_S
    assert Pauses().after(Round(problems=["busy"], pause_s=40.0)) == 40.0
    assert pauses.after(Round(delivered=1)) == 0.0
    assert pauses.after(failed) <= 1.0


def test_the_servers_wish_to_wait_is_taken_from_its_answer(spool: Spool) -> None:
    _commit(spool, 1)
    with AnsweringServer(lambda got: (503, b""), headers={"Retry-After": "17"}) as server:
        assert _carry(spool, server).pause_s == 17.0


def test_the_snapshot_is_fetched_since_the_version_we_have(spool: Spool) -> None:
    def answer(got: Got) -> Reply:
        return (304, b"") if "since=3" in got.path else (200, b"snapshot")

    with AnsweringServer(answer) as server, Courier(spool, server.url, "secret", CountingClock()) as courier:
        assert courier.fetch_state(None) == b"snapshot"
        assert courier.fetch_state(3) is None
    assert [got.path for got in server.got] == ["/v1/stations/me/state", "/v1/stations/me/state?since=3"]


def test_a_snapshot_that_is_refused_says_who_must_act(spool: Spool) -> None:
    with (
        AnsweringServer(lambda got: (401, b"")) as server,
        Courier(spool, server.url, "secret", CountingClock()) as courier,
        pytest.raises(ServerError, match="token"),
    ):
        courier.fetch_state(None)


def test_only_one_courier_has_the_turn(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.sqlite3"
    with courier_turn(outbox) as first, courier_turn(outbox) as second:
        assert (first, second) == (True, False)
    with courier_turn(outbox) as third:
        assert third


def test_no_answer_delivers_without_the_digest() -> None:
    for status in range(100, 600):
        assert read_answer(status, receipt(OTHER), "a" * 64).fate is not Fate.DELIVERED


@pytest.mark.parametrize("status", [200, 201, 409, 422])
def test_a_receipt_that_names_no_outcome_keeps_the_letter(spool: Spool, status: int) -> None:
    _commit(spool, 1)
    with AnsweringServer(lambda got: (status, receipt(got.sha256, ""))) as server:
        done = _carry(spool, server)
    assert (done.delivered, done.set_aside, spool.waiting_count()) == (0, 0, 1)
    (letter,) = spool.waiting(0, 10)
    assert letter.body == b'{"seq": 1, "prev": "' + b"0" * 64 + b'"}'


def test_letters_the_server_fails_on_do_not_hold_up_those_behind_them(spool: Spool) -> None:
    ids = _commit(spool, 8)

    def answer(got: Got) -> Reply:
        return (500, b"") if any(letter_id in got.path for letter_id in ids[:4]) else stored(got)

    with AnsweringServer(answer) as server:
        done = _carry(spool, server)
    assert done.delivered == 4
    assert [letter.id for letter in spool.waiting(0, 10)] == ids[:4]

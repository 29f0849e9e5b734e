"""Photos are told with their run's letter and sent behind it; nothing is lost, and no letter waits for one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from station.config.question import PHOTO_PATTERN
from station.model.limit import Comparator, Limit
from station.model.run_record import Measurement, RunRecord
from station.outbox.attachment_post import AttachmentPost
from station.outbox.attachments import NOT_HERE, Attachments, photos_of
from station.outbox.courier import Courier, Round
from station.outbox.spool import Spool
from station.runner.entries import MadeSafe
from station.runner.record import record_of
from tests.station.outbox.answering_server import AnsweringServer, Got, Reply, receipt, stored
from tests.station.playing.pictures import png
from tests.station.runner.bench_pieces import SAFE, START, CountingClock, plan_of, row, start_of
from tests.station.runner.test_play import first

PHOTO, OTHER = png(), b"\xff\xd8\xff another"
LIMIT = Limit("kit_packed", "", Comparator.MATCHES, None, None, (PHOTO_PATTERN,), True, "x")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Bench:
    """An outbox with a folder of photos."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder / "attachments", CountingClock()
        self.folder.mkdir()
        self.spool = Spool(folder / "outbox.sqlite3")
        self.photos: Attachments = self.spool.attachments(self.folder)
        self.post = AttachmentPost(self.photos, self.clock)
        start = start_of(plan_of(folder, [first], row("idle", unit="A", high=9.0)))
        self.blank = record_of([start, MadeSafe(SAFE, START)], START)

    def record(self, number: int, *photos: bytes, limit: Limit = LIMIT) -> RunRecord:
        taken = [
            Measurement("pack", limit, f"{digest(one)}/{len(one)}", "PASS", 0, "operator", None, START)
            for one in photos
        ]
        run_id = f"01a00000-0000-7000-8000-{number:012d}"
        return msgspec.structs.replace(self.blank, id=run_id, measurements=tuple(taken))

    def keep(self, number: int, *photos: bytes) -> None:
        for content in photos:
            (self.folder / f"{digest(content)}.{'png' if content is PHOTO else 'jpeg'}").write_bytes(content)
        self.spool.commit_run(self.record(number, *photos), "bench-1", START, lambda place: b"letter %d" % number)

    def carry(self, server: AnsweringServer) -> Round:
        with Courier(self.spool, server.url, "secret", self.clock) as courier:
            courier.carry()
            return self.post.carry(courier)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_photo_is_sent_behind_its_letter_with_its_bytes_and_once(bench: Bench) -> None:
    bench.keep(1, PHOTO, OTHER)
    bench.keep(2, PHOTO)
    assert bench.photos.waiting_count() == 2
    with AnsweringServer() as server:
        done = bench.carry(server)
        again = bench.carry(server)
    paths = [got.path for got in server.got]
    assert [path.split("/")[2] for path in paths] == ["runs", "runs", "attachments", "attachments"]
    assert [got.body for got in server.got[2:]] == [PHOTO, OTHER]
    assert paths[2:] == [f"/v1/attachments/{digest(PHOTO)}", f"/v1/attachments/{digest(OTHER)}"]
    assert (done.delivered, done.problems, again.delivered, bench.photos.waiting_count()) == (2, [], 0, 0)
    assert not bench.post.is_due() and bench.photos.all_refused() == ()
    assert len(list(bench.folder.iterdir())) == 2


def test_only_what_was_measured_of_a_photo_is_one(bench: Bench) -> None:
    text = Limit("kit_packed", "", Comparator.MATCHES, None, None, ("[0-9a-f/]+",), True, "x")
    assert list(photos_of(bench.record(1, PHOTO, limit=text))) == []
    assert list(photos_of(bench.record(1, PHOTO))) == [digest(PHOTO)]


def test_a_rehearsed_run_leaves_no_photo_behind(bench: Bench) -> None:
    bench.spool.rehearse_run(bench.record(1, PHOTO), "bench-1", START, lambda place: b"")
    assert bench.photos.waiting_count() == 0


@pytest.mark.parametrize("status", [404, 500, 503])
def test_while_the_server_does_not_take_photos_they_wait_and_letters_do_not(bench: Bench, status: int) -> None:
    def answer(got: Got) -> Reply:
        return stored(got) if "/runs/" in got.path else (status, b"")

    bench.keep(1, PHOTO)
    with AnsweringServer(answer) as server:
        done = bench.carry(server)
        assert (done.delivered, len(done.problems), bench.photos.waiting_count()) == (0, 1, 1)
        assert digest(PHOTO)[:12] in bench.post.problem and not bench.post.is_due()
        bench.keep(2)
        with Courier(bench.spool, server.url, "secret", bench.clock) as courier:
            assert courier.carry().delivered == 1
    bench.clock.wait(300.0)
    assert bench.post.is_due()
    with AnsweringServer() as server:
        assert bench.carry(server).delivered == 1
    assert (bench.post.problem, bench.photos.waiting_count()) == ("", 0)


@pytest.mark.parametrize(
    "answer",
    [
        lambda got: (201, receipt("f" * 64)),
        lambda got: (422, receipt("f" * 64, "quarantined")),
        lambda got: (200, b"<html>log in</html>"),
    ],
)
def test_a_photo_waits_until_its_own_digest_is_acknowledged(bench: Bench, answer: Callable[[Got], Reply]) -> None:
    bench.keep(1, PHOTO)
    with AnsweringServer(answer) as server:
        bench.carry(server)
    assert bench.photos.waiting_count() == 1 and bench.photos.all_refused() == ()


def test_a_refused_photo_is_set_aside_with_the_servers_words_and_the_next_one_is_sent(bench: Bench) -> None:
    def answer(got: Got) -> Reply:
        return (422, receipt(got.sha256, "quarantined", "no picture")) if got.body == OTHER else stored(got)

    bench.keep(1, OTHER, PHOTO)
    with AnsweringServer(answer) as server:
        done = bench.carry(server)
    assert (done.delivered, done.set_aside, bench.photos.waiting_count()) == (1, 1, 0)
    (refused,) = bench.photos.all_refused()
    assert (refused.sha256, refused.receipt, refused.problem) == (digest(OTHER), "quarantined", "no picture")
    assert (bench.folder / f"{digest(OTHER)}.jpeg").exists() and bench.post.problem == ""


@pytest.mark.parametrize("content", [None, b"\x89PNG damaged"])
def test_a_photo_that_is_not_on_the_disk_as_it_was_is_never_sent_and_told(bench: Bench, content: bytes | None) -> None:
    bench.keep(1, PHOTO, OTHER)
    file = bench.folder / f"{digest(PHOTO)}.png"
    file.unlink() if content is None else file.write_bytes(content)
    with AnsweringServer() as server:
        done = bench.carry(server)
    assert [got.body for got in server.got[1:]] == [OTHER]
    (refused,) = bench.photos.all_refused()
    assert (refused.receipt, done.delivered, done.set_aside) == (NOT_HERE, 1, 1)

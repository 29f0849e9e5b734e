"""A shared instrument is had by one at a time, first come, first served, and nobody dead or gone has it."""

from __future__ import annotations

import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from station.link.clock import SystemClock
from station.link.lease import Leases
from station.model.errors import StorageError
from tests.conftest import ROOT

Taker = subprocess.Popen[str]
CLOCK = SystemClock()
PSU = "psu"


@pytest.fixture
def take(tmp_path: Path) -> Iterator[Callable[..., Taker]]:
    """``take("left")`` starts a process that takes the lease of psu; it is killed at the end."""
    with ExitStack() as stack:

        def start(slot: str, *more: str) -> Taker:
            command = [sys.executable, "-m", "tests.station.link.lease_taker", str(tmp_path), slot, *more]
            pipe = subprocess.PIPE
            process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe))
            stack.callback(process.kill)
            return process

        yield start


def said(taker: Taker) -> str:
    assert taker.stdout is not None
    return taker.stdout.readline().strip()


def is_silent(taker: Taker) -> bool:
    assert taker.stdout is not None
    return select.select([taker.stdout], [], [], 0.3)[0] == []


def give_back(taker: Taker) -> None:
    assert taker.stdin is not None
    taker.stdin.write("\n")
    taker.stdin.flush()
    assert said(taker) == "gone"


def tickets(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / PSU).iterdir() if path.name.isdigit())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def can_be_had(folder: Path) -> bool:
    lease = Leases(folder, "somebody").of(PSU)
    has_it = lease.take(lambda: False)
    lease.give_back()
    return has_it


def test_six_that_wait_are_served_in_the_order_in_which_they_came(take: Callable[..., Taker], tmp_path: Path) -> None:
    holder = take("first")
    assert said(holder) == "has"
    waiting = []
    for number in range(6):
        waiting.append(take(f"slot_{number}"))
        assert said(waiting[-1]) == "waits first"
    for taker in waiting:
        give_back(holder)
        assert said(taker) == "has"
        assert len(tickets(tmp_path)) == len(waiting) - waiting.index(taker)
        holder = taker
    give_back(holder)
    assert tickets(tmp_path) == []


def test_the_kill_of_whoever_has_it_gives_it_to_the_next_at_once(take: Callable[..., Taker], tmp_path: Path) -> None:
    holder = take("left")
    assert said(holder) == "has"
    following = take("right")
    assert said(following) == "waits left"
    holder.kill()
    assert said(following) == "has"
    give_back(following)
    assert can_be_had(tmp_path)
    assert tickets(tmp_path) == []


def test_the_kill_of_one_that_waits_lets_nobody_overtake(take: Callable[..., Taker], tmp_path: Path) -> None:
    queue = [take("a")]
    assert said(queue[0]) == "has"
    for slot in "bcd":
        queue.append(take(slot))
        assert said(queue[-1]) == "waits a"
    queue[1].kill()
    queue[1].wait()
    assert not can_be_had(tmp_path)
    queue[2].kill()  # whom d waits for: it looks again, and waits for a
    queue[2].wait()
    assert is_silent(queue[3])
    give_back(queue[0])
    assert said(queue[3]) == "has"


def test_who_gives_up_waiting_leaves_no_trace(take: Callable[..., Taker], tmp_path: Path) -> None:
    holder = take("left")
    assert said(holder) == "has"
    lease, waits = Leases(tmp_path, "right").of(PSU), list[str]()
    assert not lease.take(lambda: False, waits.append)
    assert (waits, lease.holder, len(tickets(tmp_path))) == (["left"], "left", 1)

    def stop() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lease.take(stop)
    assert len(tickets(tmp_path)) == 1
    following = take("other")
    assert said(following) == "waits left"
    give_back(holder)
    assert said(following) == "has"


def test_who_is_to_fork_later_waits_without_a_trace_that_a_child_could_inherit(
    take: Callable[..., Taker], tmp_path: Path
) -> None:
    holder = take("left")
    assert said(holder) == "has"
    lease, files = Leases(tmp_path, "right").of(PSU), open_files()
    assert not lease.take_within(CLOCK, 0.05)
    assert (lease.holder, open_files(), len(tickets(tmp_path))) == ("left", files, 1)
    give_back(holder)
    assert lease.take_within(CLOCK, 0.05)
    following = take("other")
    assert said(following) == "waits right"
    lease.give_back()
    assert said(following) == "has"


def test_what_dead_ones_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / PSU).mkdir()
    for name in ("000000000003", "000000000008", "notes.txt"):
        (tmp_path / PSU / name).write_text("left")
    assert can_be_had(tmp_path)
    assert tickets(tmp_path) == []


def test_leases_of_two_instruments_have_nothing_to_do_with_each_other(
    take: Callable[..., Taker], tmp_path: Path
) -> None:
    assert said(take("left")) == "has"
    other = Leases(tmp_path, "right").of("dmm")
    assert other.take(lambda: False)
    other.give_back()
    other.give_back()  # a second time is no time


def test_nobody_has_it_while_another_one_has(tmp_path: Path) -> None:
    inside = most = 0

    def work(slot: str) -> None:
        nonlocal inside, most
        for _ in range(25):
            lease = Leases(tmp_path, slot).of(PSU)
            lease.take(lambda: True)
            inside += 1
            most = max(most, inside)
            time.sleep(0.0005)
            inside -= 1
            lease.give_back()

    threads = [threading.Thread(target=work, args=(f"s{number}",), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert (most, tickets(tmp_path)) == (1, [])


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="psu"):
        Leases(tmp_path / "file", "left").of(PSU)


def test_a_turn_is_one_processs_and_may_be_entered_again(take: Callable[..., Taker], tmp_path: Path) -> None:
    other = take("left", "turn")
    assert said(other) == "has"
    turn = Leases(tmp_path, "right").turn(PSU, CLOCK)
    seen = []

    def enter() -> None:
        with turn:
            with turn:
                seen.append("inner")
            seen.append("outer")

    thread = threading.Thread(target=enter, daemon=True)
    thread.start()
    thread.join(0.2)
    assert seen == []
    give_back(other)
    thread.join(10)
    assert seen == ["inner", "outer"]
    again = take("left", "turn")
    assert said(again) == "has"


def test_a_turn_ends_with_its_process_and_need_not_be_waited_for_for_ever(
    take: Callable[..., Taker], tmp_path: Path
) -> None:
    other = take("left", "turn")
    assert said(other) == "has"
    bounded, began = Leases(tmp_path, "right").turn(PSU, CLOCK, 0.1), time.monotonic()
    with bounded:
        assert time.monotonic() - began >= 0.1
    other.kill()
    other.wait()
    began = time.monotonic()
    with Leases(tmp_path, "right").turn(PSU, CLOCK):
        assert time.monotonic() - began < 5


def test_an_instrument_is_free_while_nobody_alive_has_it_or_waits_for_it(
    take: Callable[..., Taker], tmp_path: Path
) -> None:
    leases = Leases(tmp_path, "right")
    assert leases.is_free(PSU)
    taker = take("left")
    assert said(taker) == "has"
    assert not leases.is_free(PSU)
    taker.kill()
    taker.wait()
    assert leases.is_free(PSU)

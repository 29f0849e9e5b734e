"""A thread that waits does what it is asked for in that order, and is in nobody's way."""

from __future__ import annotations

import threading

from station.system.spare_thread import SpareThread


def test_it_does_one_thing_after_the_other_and_ends_when_all_is_done() -> None:
    done: list[str] = []
    is_allowed = threading.Event()

    def slowly() -> None:
        assert is_allowed.wait(20.0)
        done.append(threading.current_thread().name)

    with SpareThread("spare") as spare:
        spare.do(slowly)
        spare.do(lambda: done.append("then"))
        assert done == []
        is_allowed.set()
    assert done == ["spare", "then"]
    assert [thread for thread in threading.enumerate() if thread.name == "spare"] == []


def test_it_keeps_no_process_alive() -> None:
    spare = SpareThread("left behind")
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "left behind"]
    assert thread.daemon
    spare.end()

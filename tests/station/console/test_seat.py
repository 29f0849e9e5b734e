"""Signing on over HTTP: guessing gets slower, a badge does not wait, and the answers give nothing away."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.outbox.operators import Roster
from tests.station.console.speaking_console import Console, speaking_console

GOLDEN = Path(__file__).parents[3] / "fixtures/wire/v1/golden/state-operators.json"
BADGE, PIN = "EMP-00042", "246810"


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    shutil.copy(GOLDEN, tmp_path / "state.json")
    with speaking_console(tmp_path) as console:
        yield console


def sign_on(console: Console, name: str, pin: str = "") -> dict[str, Any]:
    answer = console.command("sign-on", name=name, pin=pin)
    body: dict[str, Any] = answer.json() if answer.content else {"problem": ""}
    return body


def operator(console: Console) -> str:
    return str(console.state()["station"]["operator"])


def test_wrong_pins_wait_longer_and_longer_while_a_badge_does_not(console: Console) -> None:
    assert sign_on(console, "李娜", "111111") == {"problem": "not_known", "wait_s": 1}
    early = sign_on(console, "李娜", PIN)
    assert early == {"problem": "not_known", "wait_s": 1}, "within the second even the right one is not looked at"
    assert operator(console) == ""
    assert sign_on(console, BADGE)["problem"] == ""
    assert operator(console) == "王芳"


def test_the_wait_doubles_and_ends_with_a_success(console: Console) -> None:
    waits = []
    for _ in range(3):
        answer = sign_on(console, "nobody", PIN)
        waits.append(answer["wait_s"])
        time.sleep(answer["wait_s"] + 0.05)
    assert waits == [1, 2, 4]
    assert sign_on(console, "李娜", PIN)["problem"] == ""
    assert sign_on(console, "李娜", "111111")["wait_s"] == 1


def test_a_name_that_nobody_has_is_answered_as_one_that_somebody_has(console: Console) -> None:
    assert sign_on(console, "李娜") == sign_on(console, "nobody") == sign_on(console, "EMP-00043") == {"problem": "pin"}


def test_the_state_of_the_page_holds_no_hash_and_no_list_of_people(console: Console) -> None:
    told = json.dumps(console.state(), ensure_ascii=False)
    assert "argon2" not in told and "李娜" not in told
    assert console.state()["station"]["has_list"] is True


def test_nobody_leaves_and_nobody_signs_on_while_a_unit_is_tested(console: Console) -> None:
    sign_on(console, BADGE)
    console.command("start", serial="GOOD126110001")
    console.wait_for_event("prompted")
    assert sign_on(console, "李娜", PIN) == {"problem": "shift_running"}
    assert console.command("leave").json() == {"problem": "shift_running"}
    assert console.command("badge", code=BADGE).json() == {"problem": "shift_running"}
    assert console.command("badge", code="X-1").status_code == 204
    assert operator(console) == "王芳"
    assert console.command("abort").status_code == 204


def test_a_list_that_came_later_is_asked_for_from_then_on(tmp_path: Path) -> None:
    with speaking_console(tmp_path) as console:
        assert console.command("sign-on", name="Wang Fang").status_code == 204
        shutil.copy(GOLDEN, tmp_path / "state.json")
        console.wait_for(lambda state: state["station"]["has_list"] is True)
        assert sign_on(console, "Wang Fang") == {"problem": "pin"}


def test_a_roster_of_nobody_lets_nobody_in() -> None:
    assert Roster().by_badge(BADGE) is None
    assert Roster().by_pin("李娜", PIN) is None
    assert Roster().by_pin("", "") is None

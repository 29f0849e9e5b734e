"""A process that speaks the run protocol as the design documents it; the serial number says how it goes.

GOOD… passes, BAD… fails a measurement, LOST… ends in ERROR, DIES… ends without a word, DEAF… ignores an abort,
NOINST… refuses, RETRY… passes at a step's second attempt, SLOW… stays in a step until it is stopped. All ask for the
accessories, but NOINST, DIES and SLOW; QUIZ… asks questions before.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from datetime import UTC, datetime

STEPS = [("power_up", "接通电源", "Connect B+"), ("boot", "开机", "Boot"), ("accessories", "配件", "Accessories")]
ROWS = [
    ("supply_voltage", "power_up", "供电电压", "Supply voltage", "V", "between", 13.5, 14.5),
    ("boot_time", "boot", "开机时间", "Boot time", "s", "at_most", None, 5.0),
    ("idle_current", "boot", "工作电流", "Operating current", "A", "between", 0.3, 0.9),
]
ITEMS = [
    ("power_cable", "电源线", "Power cable"),
    ("remote", "遥控器", "Remote control"),
    ("manual", "说明书", "Manual"),
]
COLOURS = [
    {"name": "white", "zh": "白色", "en": "White"},
    {"name": "blue", "zh": "蓝色", "en": "Blue"},
    {"name": "red", "zh": "红色", "en": "Red"},
]
QUESTIONS: list[tuple[str, str, dict[str, object]]] = [
    ("confirm", "confirm_asked", {"zh": "螺丝齐全，封漆完好？", "en": "All screws there, their seals unbroken?"}),
    ("confirm", "confirm_asked", {"zh": "A 区无划痕？", "en": "No scratch in zone A?"}),
    (
        "choose",
        "choose_asked",
        {"zh": "按键背光是什么颜色？", "en": "What colour are the keys lit in?", "options": COLOURS},
    ),
    ("enter", "enter_asked", {"zh": "请读出 5 V 电源轨电压", "en": "Read the 5 V rail off the voltmeter", "unit": "V"}),
]
aborted, answered = threading.Event(), threading.Event()
present: list[str] = []
orders: queue.SimpleQueue[dict[str, object]] = queue.SimpleQueue()


def say(event: str, **facts: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **facts}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def now() -> str:
    return datetime.now(UTC).isoformat()


def hear() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        if order["command"] == "abort":
            aborted.set()
            answered.set()
            orders.put(order)
        elif order["command"] != "answer":
            orders.put(order)
        elif order["prompt_id"] == "accessories-1":
            present.extend(order["present"])
            answered.set()


def main() -> int:
    serial = sys.argv[1]
    given = dict(zip(sys.argv[2:-1:2], sys.argv[3::2], strict=False))
    threading.Thread(target=hear, daemon=True).start()
    if serial.startswith("NOINST"):
        say("refused", kind="link", message="dmm: connection refused at tcp://127.0.0.1:5025")
        return 3
    start(serial, given)
    for step in ("power_up", "boot"):
        if serial.startswith("SLOW") and step == "boot":
            say("step_started", step=step, at=now(), deadline_s=100)
            aborted.wait(100)
            return end(serial)
        if serial.startswith("RETRY") and step == "boot":
            measure(step, is_bad=True)
            say("step_retried", step=step, at=now(), outcome="FAIL", message="idle_current 1.234 A is above 0.9 A")
        measure(step, is_bad=serial.startswith("BAD"))
        if serial.startswith("DIES"):
            sys.stderr.write("the disk is full\n")
            return 70
        say("step_finished", step=step, at=now(), outcome="PASS", message="")
        if step == "power_up":
            say("step_waiting", step="boot", resource="generator", holder="slot-2")
            time.sleep(0.15)
    if serial.startswith("QUIZ"):
        quiz()
    if not aborted.is_set():
        ask()
    while not answered.wait(10) or (aborted.is_set() and serial.startswith("DEAF")):
        answered.clear()
    return end(serial)


def measure(step: str, is_bad: bool) -> None:
    say("step_started", step=step, at=now(), deadline_s=10)
    values = {"supply_voltage": 14.0, "boot_time": 2.1, "idle_current": 1.234 if is_bad else 0.5}
    for name, of, _, _, unit, _, _, _ in ROWS:
        if of == step:
            outcome = "FAIL" if values[name] == 1.234 else "PASS"
            say("measured", step=step, name=name, value=values[name], unit=unit, outcome=outcome, instrument="dmm",
                cal_due=None, retries=0, taken_at=now())  # fmt: skip
    for part in range(5 if step == "boot" else 0):
        x = [part * 0.4 + i * 0.04 for i in range(10)]
        say("trace", step=step, name="current", x_unit="s", y_unit="A", x=x, y=[0.1 + 0.2 * v for v in x])


def quiz() -> None:
    """Ask every question until it has its answer; what was answered is in the entries."""
    for number, (command, event, asked) in enumerate(QUESTIONS, 1):
        prompt_id = f"question-{number}"
        say(event, prompt_id=prompt_id, **asked)
        order: dict[str, object] = {}
        while not aborted.is_set() and (order.get("command"), order.get("prompt_id")) != (command, prompt_id):
            order = orders.get()
        if aborted.is_set():
            return
        said = next(order[key] for key in ("is_so", "option", "text") if key in order)
        say("answered", prompt_id=prompt_id, accessories=[], said=said)


def ask() -> None:
    say("step_started", step="accessories", at=now(), deadline_s=600)
    items = [{"name": name, "zh": zh, "en": en} for name, zh, en in ITEMS]
    say(
        "prompted",
        prompt_id="accessories-1",
        kind="checklist",
        zh="请清点配件",
        en="Check the accessories",
        items=items,
    )


def end(serial: str) -> int:
    if aborted.is_set():
        return finish("ABORTED", [], failure("operator", "", "stopped by the operator"))
    ticked = [{"name": name, "is_present": name in present} for name, _, _ in ITEMS]
    say("answered", prompt_id="accessories-1", accessories=ticked)
    say("step_finished", step="accessories", at=now(), outcome="PASS", message="")
    if serial.startswith("LOST"):
        return finish("ERROR", [], failure("link", "dmm", "dmm: the peer closed the connection"))
    failed = ["idle_current"] if serial.startswith("BAD") else []
    failed += [name for name, _, _ in ITEMS if name not in present]
    marginal = ["boot_time", "idle_current"] if serial.startswith("RETRY") else []
    return finish("FAIL" if failed else "PASS", failed, None, marginal)


def start(serial: str, given: dict[str, str]) -> None:
    say(
        "run_started",
        run_id=f"0190b2c4-0000-7000-8000-{abs(hash(serial + now())) % 10**12:012d}",
        at=now(),
        unit={"family": "FJ-R1", "serial": serial, "id": "b2f0"},
        is_provisional=False,
        product=given["--product"],
        plan={"name": "outgoing", "version": "1", "sha256": "0" * 64},
        slot="slot-1",
        operator=given["--operator"],
        steps=[{"name": name, "zh": zh, "en": en} for name, zh, en in STEPS],
        measurements=[
            {"name": name, "step": step, "zh": zh, "en": en, "unit": unit, "comparator": comparator, "low": low,
             "high": high, "expected": [], "required": True, "source": "data sheet"}
            for name, step, zh, en, unit, comparator, low, high in ROWS
        ],
        accessories=[],
    )  # fmt: skip


def failure(kind: str, subject: str, message: str) -> dict[str, object]:
    return {"kind": kind, "subject": subject, "message": message, "step": "boot", "at": now()}


def finish(verdict: str, failed: list[str], why: dict[str, object] | None, marginal: list[str] | None = None) -> int:
    say("made_safe", actions=[{"role": "supply", "action": "off", "is_proved": True, "detail": "0.01 V"}], at=now())
    say(
        "run_finished",
        run_id="",
        verdict=verdict,
        failed=failed,
        failure=why,
        marginal=marginal or [],
        letter={"id": "", "seq": 1, "sha256": ""},
    )
    return {"PASS": 0, "FAIL": 1, "ERROR": 3, "ABORTED": 4}[verdict]


if __name__ == "__main__":
    sys.exit(main())

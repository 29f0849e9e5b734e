"""The operator's page while values come: how soon a value is drawn, what an open page costs the run, its weight.

A real console, a real run on the bench in a box, Debian's Chromium without a window.
"""

from __future__ import annotations

import gzip
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from playwright.sync_api import Browser, Response

from benchmarks.many_steps import FEW, MANY, product, write_product
from benchmarks.result import Result
from tests.browser.console_page import OperatorPage, chromium, console_process, operator_page
from tests.conftest import WORLDS, start_bench

RATES = {20: 120, 200: 600}
"""Values a second, and how many of them."""
BARS_MS = {20: 20.0, 200: 100.0}
MAX_RATIO = 2.0
MAX_COLD_KB = 60.0
ROUNDS, UNIT_ROUNDS = 9, 7
SETTLED_MS = 500
READY_FAMILY = 3
AT_REST_S = 0.5
"""Who uses no processor for so long waits: the console's next process is ready."""
END_S = 60.0
CODE = '''"""{count} values, {rate} a second."""

from __future__ import annotations

from station.model.clock import Clock
from station.model.reading import Reading
from station.runner.measure import Measure
from station.runner.step import step

NAMES = tuple(f"m{{number}}" for number in range({count}))


@step(zh="步", en="Paced", deadline_s=60, measures=dict.fromkeys(NAMES, "V"))
def paced(clock: Clock, measure: Measure) -> None:
    clock.wait(1.0)  # the list of all that will be measured is drawn meanwhile
    begun = clock.now()
    for number, name in enumerate(NAMES):
        clock.wait(begun + number / {rate} - clock.now())
        measure(name, Reading(5.0 + number / 1000, "V", "benchmark", "", clock.utc()))


STEPS = (paced,)
'''
HEAD = '[plan]\nname = "Paced"\nproduct = "{product}"\nversion = "1"\n'
ROW = (
    '[measurements.m{number}]\nzh = "值"\nen = "Value"\nunit = "V"\ncomparator = "between"\nlow = 4.0\nhigh = 6.0\n'
    'source = "this benchmark"\n'
)
WATCH = """() => {
    window.drawn = [];
    const places = new Map();
    const placeOf = (cell) => {
        const all = places.has(cell) ? [] : document.querySelectorAll('#table td.value');
        all.forEach((one, place) => places.set(one, place));
        return places.get(cell);
    };
    new MutationObserver((changes) => {
        const cells = new Set(changes.map((change) => change.target.parentElement?.closest('td.value')
            ?? change.target.closest?.('td.value')).filter(Boolean));
        if (!cells.size) return;
        const written = performance.timeOrigin + performance.now();
        const channel = new MessageChannel();  // its task comes after the frame was painted
        channel.port1.onmessage = () => {
            const at = performance.timeOrigin + performance.now();
            for (const cell of cells) window.drawn.push([placeOf(cell), written, at]);
        };
        channel.port2.postMessage(0);
    }).observe(document.getElementById('table'), { subtree: true, childList: true, characterData: true });
}"""


def measure() -> list[Result]:
    """Latency at each rate, run time with the page open and without it in turn, cold weight."""
    with _stage() as url, chromium() as browser:
        unit_ms = statistics.median(_unit_ms(url) for _ in range(UNIT_ROUNDS))
        cold_kb, results = _cold_kb(browser, url), list[Result]()
        rounds = [(_per_step_us(url), _watched_us(browser, url)) for _ in range(ROUNDS)]
        alone, watched = (statistics.median(column) for column in zip(*rounds, strict=True))
        with operator_page(browser, url, "en") as shown:
            for rate in RATES:
                results += _latencies(shown, url, rate)
    return [
        *results,
        Result("page", f"a step, page open, of {MANY} steps", watched, "us", MAX_RATIO * alone, "no page", alone),
        Result("page", f"a unit of {FEW} steps, order to verdict, with make-safe", unit_ms, "ms", None),
        Result("page", "the page cold, compressed", cold_kb, "KB", MAX_COLD_KB),
    ]


@contextmanager
def _stage() -> Iterator[str]:
    """The console's address; its serial rules name a product for each rate, and one of many steps."""
    with tempfile.TemporaryDirectory(prefix="fanji-page-") as name:
        bench_file = Path(name) / "bench.toml"
        box = start_bench(WORLDS / "demo.world.toml", bench_file, 0.0)
        try:
            folder = bench_file.with_name("steps")
            folder.mkdir()
            text = bench_file.read_text(encoding="utf-8")
            bench_file.write_text(text.replace("[bench]\n", '[bench]\nsequences_path = ["steps"]\n', 1), "utf-8")
            for count in (FEW, MANY):
                write_product(folder, count)
            for rate, count in RATES.items():
                _write_paced(folder, rate, count)
            names = {"MANY": product(MANY), "FEW": product(FEW)} | {f"R{rate}X": f"PACED-{rate}" for rate in RATES}
            rules = [{"family": "B", "product": one, "pattern": f"{head}.*"} for head, one in names.items()]
            with console_process(bench_file, Path(name) / "state", rules) as (url, process):
                try:
                    _command(url, "sign-on", name="Bench")
                    yield url
                finally:
                    process.terminate()
        finally:
            box.stop()


def _write_paced(folder: Path, rate: int, count: int) -> None:
    (folder / f"paced_{rate}.py").write_text(CODE.format(count=count, rate=rate), encoding="utf-8")
    rows = "".join(ROW.format(number=number) for number in range(count))
    (folder / f"paced_{rate}.toml").write_text(HEAD.format(product=f"PACED-{rate}") + rows, encoding="utf-8")


def _latencies(shown: OperatorPage, url: str, rate: int) -> list[Result]:
    """From when the value was taken, by the step's own clock, until the page has it, and until its frame is painted.

    A screen of 60 Hz begins a frame each 16.7 ms: no page can do anything about that part.
    """
    shown.page.evaluate(WATCH)
    taken = [_ms(entry["taken_at"]) for entry in _played(url, f"R{rate}X1") if entry["event"] == "measured"]
    shown.page.wait_for_timeout(500)
    drawn: dict[int, tuple[float, float]] = {}
    for place, written, painted in shown.page.evaluate("window.drawn"):
        drawn.setdefault(place, (written, painted))
    if len(taken) != RATES[rate] or len(drawn) != len(taken):
        raise RuntimeError(f"{len(taken)} values were taken, {len(drawn)} drawn")
    results = []
    for part, (what, bar) in enumerate((("in the page", BARS_MS[rate]), ("its frame painted", None))):
        late_ms = [drawn[place][part] - at for place, at in enumerate(taken)]
        p95, middle = statistics.quantiles(late_ms, n=20)[-1], statistics.median(late_ms)
        results.append(Result("page", f"{rate} values a second, {what}, p95", p95, "ms", bar, "median", middle))
    return results


def _unit_ms(url: str) -> float:
    """From the console's being told to start until it tells the verdict to a page, whose process was ready for it."""
    _let_it_be_ready()
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=END_S, trust_env=False) as browser:
        browser.get("/state").raise_for_status()  # a browser has its connection
        with browser.stream("GET", "/events") as events:
            lines = events.iter_lines()
            next(line for line in lines if line.startswith("data:"))  # the state as it is
            started = time.perf_counter()
            browser.post("/commands/start", json={"serial": "FEW1"}).raise_for_status()
            next(line for line in lines if '"run_finished"' in line)
            return (time.perf_counter() - started) * 1e3


def _let_it_be_ready() -> None:
    """Until the process that the console keeps for the next run waits, and its two."""
    used, until = 0.0, time.monotonic() + END_S
    while time.monotonic() < until:
        waiting = [one for one in psutil.Process().children(recursive=True) if _is_for_next_run(one)]
        before, used = used, sum(sum(one.cpu_times()[:2]) for one in waiting)
        if len(waiting) == READY_FAMILY and used == before:
            return
        time.sleep(AT_REST_S)
    raise RuntimeError("the console has no process ready")


def _is_for_next_run(process: psutil.Process) -> bool:
    try:
        return "ready" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def _watched_us(browser: Browser, url: str) -> float:
    """With a page that was opened for it and has come to rest."""
    with operator_page(browser, url, "en") as shown:
        shown.page.wait_for_timeout(SETTLED_MS)
        return _per_step_us(url)


def _per_step_us(url: str) -> float:
    entries = _played(url, "MANY1")
    ends = [_ms(entry["at"]) for entry in entries if entry["event"] in ("step_started", "step_finished")]
    return (ends[-1] - ends[0]) * 1e3 / MANY


def _played(url: str, serial: str) -> list[dict[str, Any]]:
    """Have the console play the unit's plan; every line of the run."""
    _command(url, "start", serial=serial)
    until = time.monotonic() + END_S
    while time.monotonic() < until:
        time.sleep(0.5)  # no question while it is played: it would be an open page of its own
        run = httpx.get(f"{url}/state", timeout=END_S, trust_env=False).json()["runs"][0]
        if not run["is_running"]:
            entries: list[dict[str, Any]] = run["entries"]
            if entries[-1].get("verdict") != "PASS":
                raise RuntimeError(f"the run of {serial} ended with {entries[-1]}")
            return entries
    raise RuntimeError(f"the run of {serial} did not end")


def _command(url: str, command: str, **body: object) -> None:
    answer = httpx.post(f"{url}/commands/{command}", json=body, headers={"Origin": url}, timeout=END_S, trust_env=False)
    if answer.status_code != 204:
        raise RuntimeError(f"{command}: {answer.status_code} {answer.text}")


def _cold_kb(browser: Browser, url: str) -> float:
    """Everything that a browser which has never been here loads, each compressed by itself."""
    context = browser.new_context()
    page, answers = context.new_page(), list[Response]()
    page.on("response", lambda answer: answers.append(answer) if not answer.url.endswith("/events") else None)
    page.goto(url)
    page.wait_for_timeout(1000)
    size = sum(len(gzip.compress(answer.body())) for answer in answers)
    context.close()
    return size / 1000


def _ms(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() * 1e3

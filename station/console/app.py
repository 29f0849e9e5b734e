"""Builds the console and serves it on one address until a signal ends it."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from station.bench import repertoire
from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import Settings, read_settings
from station.console.bench_camera import BenchCamera
from station.console.board import Letters
from station.console.burn_desk import BurnDesk
from station.console.burn_routes import burn_routes
from station.console.commands import Products, Refused, command_routes, refusal
from station.console.desk import BenchCard, Desk
from station.console.door import Door, allowed_hosts
from station.console.golden_units import GoldenUnits, golden_told
from station.console.history_routes import history_routes
from station.console.ic_labels import IcLabels, ic_label_routes
from station.console.label_jobs import LabelJobs, label_routes
from station.console.label_queue import LabelQueue
from station.console.lookout import Lookout
from station.console.mail import Mail
from station.console.page import page_routes
from station.console.photo_route import photo_routes
from station.console.ready import Ready
from station.console.remedies import RemedyDesk
from station.console.seat import Seat
from station.console.seat_commands import seat_routes
from station.gates.golden_rules import golden_rules
from station.gates.selftest_result import last_selftest
from station.history.past_runs import PastRuns
from station.link.clock import SystemClock
from station.model.clock import Clock
from station.outbox.operators import roster_of
from station.outbox.remedies import fetch_remedies
from station.outbox.spool import Spool
from station.outbox.state_cache import StateCache

RUN_COMMAND = (sys.executable, "-m", "station.cli", "run")
BURN_COMMAND = (sys.executable, "-m", "station.cli", "burn")
READY_COMMAND = (sys.executable, "-m", "station.cli", "ready")
LABEL_COMMAND = (sys.executable, "-m", "station.cli", "label")
STATIC = Path(__file__).parent / "static"
STREAM_PATIENCE_S = 2
"""How long an open page may keep its stream once the console is told to end."""


def create_app(
    desk: Desk,
    known: Products,
    hosts: Collection[str],
    mail: Callable[[Callable[[Letters], None]], Mail],
    seat: Seat,
    lookout: Lookout,
    past: PastRuns,
) -> FastAPI:
    """The application; when it ends, the runs that are played are aborted and awaited."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        courier = mail(lambda letters: _hand_over(loop, desk, letters))
        courier.start()
        await lookout.look()
        looking = asyncio.create_task(lookout.run())
        if desk.ready is not None:
            desk.ready.begin()
        yield
        looking.cancel()
        await asyncio.gather(*(slot.stop() for slot in desk.slots.values()), *(stop() for stop in desk.when_stopped))
        if desk.ready is not None:
            await desk.ready.stop()
        courier.stop()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Door, hosts=hosts)
    app.add_exception_handler(Refused, refusal)
    app.include_router(page_routes(desk))
    app.include_router(command_routes(desk, known, seat))
    app.include_router(seat_routes(seat, known))
    app.include_router(history_routes(past, seat))
    app.mount("/static", StaticFiles(directory=STATIC))
    return app


def serve(bench: Path, slot: str, host: str, port: int) -> None:
    """Serve the console of ``slot`` at ``bench``, empty for all that it has; says its address on standard output.

    Port 0 takes a free one.

    Raises ConfigError for a bench file or settings that are wrong, OSError where the address cannot be had.
    """
    row = read_bench_file(bench)
    slots = (row.for_slot(slot),) if slot else tuple(row.for_slot(name) for name in row.slots)
    names = tuple(each.slot for each in slots)
    settings, clock = read_settings(), SystemClock()
    camera = BenchCamera(slots, clock)
    card = BenchCard(row.name, row.station_id, names, str(bench.resolve()), bool(row.programmers), cameras=camera.slots)
    with _listening(host, port) as listener:
        port = listener.getsockname()[1]
        ready = Ready((*READY_COMMAND, f"--bench={card.file}"), RUN_COMMAND)
        desk = Desk(card, lambda name: (*RUN_COMMAND, f"--slot={name}"), ready)
        seat = Seat(desk, lambda: roster_of(settings.cached_state), clock, 60 * settings.idle_lock_min)
        past = PastRuns(settings.history, row.station_id)
        golden = GoldenUnits(
            row, names, Spool(settings.outbox), clock, lambda: golden_told(settings.cached_state, clock)
        )
        app = create_app(
            desk,
            products_of(settings, clock, slots),
            allowed_hosts(host, port, socket.gethostname()),
            lambda note: Mail(settings, clock, note),
            seat,
            Lookout(desk, seat, past, row, clock, lambda: last_selftest(settings, row.station_id), golden.stand),
            past,
        )
        remedies = RemedyDesk(desk, lambda product, failed: fetch_remedies(settings, product, failed))
        desk.when_ended.append(remedies.run_ended)
        app.include_router(photo_routes(desk, settings.attachments, camera))
        if row.programmers:
            burns = burn_ics(app, desk, row, settings, clock, seat)
            if any(each.ic_label is not None for each in slots):
                label_ics(app, desk, burns, (*LABEL_COMMAND, "--ic"))
        if any(each.label is not None for each in slots):
            print_labels(app, desk, LABEL_COMMAND)
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=STREAM_PATIENCE_S,
            server_header=False,
        )
        sys.stdout.write(f"console http://{f'[{host}]' if ':' in host else host}:{port}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


def print_labels(app: FastAPI, desk: Desk, command: Sequence[str]) -> None:
    """Have the label of every run that passed printed by ``command``."""
    jobs = LabelJobs(desk, LabelQueue(desk.bench.file, command))
    desk.when_ended.append(jobs.run_ended)
    app.include_router(label_routes(desk, jobs))


def label_ics(app: FastAPI, desk: Desk, burns: BurnDesk, command: Sequence[str]) -> None:
    """Have the label of every IC that passed printed by ``command``."""
    labels = IcLabels(burns, LabelQueue(desk.bench.file, command))
    burns.when_passed.append(labels.passed)
    app.include_router(ic_label_routes(burns, labels))


def burn_ics(app: FastAPI, desk: Desk, bench: BenchFile, settings: Settings, clock: Clock, seat: Seat) -> BurnDesk:
    """Serve the clerk's page; what burns there is stopped when the console ends."""
    burns = BurnDesk(desk, bench, settings, clock, (*BURN_COMMAND, f"--bench={desk.bench.file}"))
    desk.when_stopped.append(burns.stop)
    app.include_router(burn_routes(burns, seat))
    return burns


def products_of(settings: Settings, clock: Clock, slots: Sequence[BenchFile]) -> Products:
    """The products that can be tested in each slot, chosen by the serial rules that the server last sent."""
    cache = StateCache(settings.cached_state)

    def of_serial(serial: str) -> str:
        state = cache.valid_at(clock.utc())
        rules = state.serial_rules if state else ()
        return next((rule.product for rule in rules if re.fullmatch(rule.pattern, serial)), "")

    names = {bench.slot: tuple(each.product for each in repertoire(bench) if not each.problem) for bench in slots}

    def golden() -> Mapping[str, str]:
        told = golden_told(settings.cached_state, clock)
        return {product: rule.serial for bench in slots for product, rule in golden_rules(bench, told).items()}

    return Products(of_serial, names, golden)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=64)
    # the body of an answer must not wait until its head is acknowledged
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.set_inheritable(False)
    return listener


def _hand_over(loop: asyncio.AbstractEventLoop, desk: Desk, letters: Letters) -> None:
    """Carry the courier's news to the event loop's thread; there is nobody to tell once the loop has ended."""
    try:
        loop.call_soon_threadsafe(desk.note_letters, letters)
    except RuntimeError:
        return

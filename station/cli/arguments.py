"""What can be typed after ``fanji-station``; the standard library's parser, because a run must start at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from station import __version__
from station.cli.chip_arguments import (
    LOOK_EXITS,
    LOOKS,
    bench_argument,
    burn_arguments,
    custody_arguments,
    erase_arguments,
    look_arguments,
    media_arguments,
    socket_arguments,
)

PURPOSES = ("outgoing", "incoming", "golden", "grr", "debug")


class Typed(argparse.Namespace):
    """What was typed; each command fills the fields of its own arguments."""

    verbose: int
    command: str
    serial: str
    product: str
    operator: str
    purpose: str
    events: bool
    tick: str
    steps: str
    with_prerequisites: bool
    break_on_fail: bool
    single_step: bool
    loop: int
    record: Path | None
    recording: Path
    sequences: list[Path]
    folder: Path
    kind: str
    study: Path | None
    parts: str
    operators: str
    trials: int
    runs: int
    hours: float
    reference: list[str]
    out: Path
    bench: Path
    slot: str
    base: int
    keep_holes: bool
    protect: str
    unprotect: bool
    erase_all_to_unlock: bool
    accept_no_proof: bool
    region: str
    yes: str
    image: Path
    order: str
    target: str
    programmer: str
    socket: str
    event: str
    quantity: int
    reason: str
    note: str
    after_burn: str
    media: str
    name: str
    set_version: str
    manifest: Path
    card: Path
    source: Path | None
    any_folder: bool
    unit: str
    serviced: str
    what: str
    run_id: str
    ic: bool
    number: int | None
    follow: bool
    ask_every: float
    json: bool
    host: str
    port: int


def parse(arguments: list[str] | None = None) -> Typed:
    """The command line as typed; ends the process with exit code 2 where it makes no sense."""
    return parser_of_all().parse_args(arguments, Typed())


def parser_of_run() -> argparse.ArgumentParser:
    """The parser of what comes after ``run``: it takes half as long as the one of all."""
    parser = argparse.ArgumentParser(prog="fanji-station run", epilog=_EXITS)
    _run(parser)
    return parser


def parser_of_all() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="fanji-station",
        description="Tests units and burns ICs at a bench; keeps every record until the server has it.",
    )
    parser.add_argument("--version", action="version", version=f"fanji-station {__version__}")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="-v decisions, -vv wire bytes")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _run(commands.add_parser("run", help="test a unit", epilog=_EXITS))
    bench_argument(
        commands.add_parser("ready", help="for programs: load what a run needs and wait for its order on stdin")
    )
    burn = commands.add_parser("burn", help="burn an IC and read it back", epilog=_EXITS)
    burn_arguments(burn)
    _job(burn)
    erase = commands.add_parser("erase", help="erase an IC, or a part of it, and read that it is", epilog=_EXITS)
    erase_arguments(erase)
    _job(erase)
    for name, what in LOOKS.items():
        look_arguments(commands.add_parser(name, help=what, epilog=LOOK_EXITS), name)
    media_arguments(commands.add_parser("media", help="write a navigation upgrade onto an SD card or USB stick"))
    custody_arguments(commands.add_parser("custody", help="ICs are taken for a burn order, scrapped or given back"))
    socket_arguments(commands.add_parser("sockets", help="say how the sockets wear, or that one was serviced"))
    bench_argument(commands.add_parser("doctor", help="say whether everything a bench needs is there"))
    selftest = commands.add_parser("selftest", help="test the bench itself and keep the result", epilog=_SELFTESTS)
    bench_argument(selftest)
    selftest.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    flush = commands.add_parser("flush", help="send the letters that wait; exit code 0 only if none waits then")
    flush.add_argument("--follow", action="store_true", help="go on sending until stopped")
    flush.add_argument(
        "--ask-every",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="while following: the pause before a server that is away is asked for news again (5)",
    )
    _label(commands.add_parser("label", help="print the label of a run that passed, or of an IC", epilog=_LABELS))
    _replay(commands.add_parser("replay", help="play a recorded run once more, without its bench"))
    _study(commands.add_parser("study", help="play many runs and say what the measurements are worth", epilog=_STUDIES))
    new = commands.add_parser("new", help="write a product of your own: sequence, limits, bench file, test")
    new.add_argument("product", help="its name, as --product will have it")
    new.add_argument("folder", type=Path, metavar="DIR", help="where its files go")
    _console(commands.add_parser("console", help="serve the operator's page"))
    return parser


_SELFTESTS = "Exit code: 0 the bench may be used, 2 a wrong file or a run in progress, 3 the bench needs a person."
_EXITS = "Exit code: 0 PASS, 1 FAIL, 2 wrong use or a wrong file, 3 ERROR or nothing begun, 4 ABORTED."


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("serial", help="the unit's serial number, as scanned")
    bench_argument(parser)
    _slot(parser)
    parser.add_argument("--product", required=True, help="whose plan is played")
    _job(parser)
    parser.add_argument(
        "--tick", choices=("ask", "all", "none"), default="ask", help="who ticks lists and says yes or no"
    )
    parser.add_argument("--purpose", choices=PURPOSES, default="outgoing")
    parser.add_argument("--record", type=Path, metavar="DIR", help="keep all that is needed to replay the run")
    debug = parser.add_argument_group("for authors, with --purpose debug")
    debug.add_argument("--steps", default="", metavar="A,B", help="play these steps only")
    debug.add_argument("--with-prerequisites", action="store_true", help="and all that they come after")
    debug.add_argument("--break-on-fail", action="store_true", help="end with the first step that does not pass")
    debug.add_argument("--single-step", action="store_true", help="wait for ENTER before each step")
    debug.add_argument("--loop", type=_count, default=1, metavar="N", help="play N runs, then show their statistics")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


_STUDIES = "Exit code: 0 complete, 1 a soak that did not pass throughout, 2 wrong use, 3 ERROR, 4 to be gone on with."


def _study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "kind", choices=("rr", "repeat", "soak"), help="gauge repeatability and reproducibility, repeatability, soak"
    )
    parser.add_argument("serial", nargs="?", default="", help="the unit (repeat, soak)")
    bench_argument(parser)
    _slot(parser)
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="the study's folder; goes on where it is"
    )
    parser.add_argument("--study", type=Path, metavar="FILE", help="a study file; what is typed takes precedence")
    parser.add_argument("--product", default="", help="whose plan is played")
    parser.add_argument("--steps", default="", metavar="A,B", help="play these steps only")
    parser.add_argument("--with-prerequisites", action="store_true", help="and all that they come after")
    parser.add_argument("--operator", default="", metavar="NAME", help="who is at the bench (repeat, soak)")
    parser.add_argument("--parts", default="", metavar="A,B", help="the units' serial numbers (rr)")
    parser.add_argument("--operators", default="", metavar="A,B", help="who tests them (rr)")
    parser.add_argument("--trials", type=_count, default=0, metavar="N", help="how often each tests each (rr)")
    parser.add_argument("--runs", type=_count, default=0, metavar="N", help="how many runs (repeat, soak)")
    parser.add_argument("--hours", type=_hours, default=0.0, metavar="H", help="or for how long (soak)")
    parser.add_argument(
        "--reference", action="append", default=[], metavar="NAME=VALUE", help="a known value of the unit (repeat)"
    )
    parser.add_argument(
        "--tick", choices=("ask", "all", "none"), default="ask", help="who ticks lists and says yes or no"
    )


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= 24 * 365:
        raise argparse.ArgumentTypeError("more than 0")
    return hours


_LABELS = "Exit code: 0 printed, 2 wrong use or a wrong file, 3 not printed."


def _label(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="ID", help="the id of the run, or of the burn")
    parser.add_argument("--ic", action="store_true", help="it is the label of an IC, burned by an order")
    bench_argument(parser)
    parser.add_argument(
        "--number", type=_count, default=None, metavar="N", help="which print it is; one that was asked for is refused"
    )
    parser.add_argument("--events", action="store_true", help="a JSON line instead of words")


def _replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recording", type=Path, metavar="DIR", help="what --record made")
    parser.add_argument(
        "--sequences",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="take the plan from here, not from what was recorded",
    )


def _console(parser: argparse.ArgumentParser) -> None:
    bench_argument(parser)
    _slot(parser)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; another than this PC needs a reason")
    parser.add_argument("--port", type=int, choices=range(65536), default=8710, metavar="PORT", help="0: a free one")


def _slot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--slot", default="", metavar="NAME", help="which slot of the bench, where it has several")


def _job(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--operator", required=True, metavar="NAME", help="who is at the bench")
    parser.add_argument("--events", action="store_true", help="JSON lines: events on stdout, commands on stdin")

"""The station's front door: ``fanji-station``."""

from __future__ import annotations

import io
import logging
import sys

from station.cli.arguments import Typed, parse
from station.cli.exits import Exit


def main() -> None:
    """Do what was typed; the process ends with the command's exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    typed = parse()
    level = {0: logging.WARNING, 1: logging.INFO}.get(typed.verbose, logging.DEBUG)
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    try:
        code = _command(typed)
    except Exception:
        logging.getLogger(__name__).exception("the program itself failed: this says nothing of the unit")
        code = Exit.ERROR
    sys.exit(code)


def _command(typed: Typed) -> Exit:
    """Each command imports what it needs and nothing of the others."""
    match typed.command:
        case "run":
            from station.cli.run_command import run_unit

            return run_unit(typed)
        case "ready":
            from station.cli.ready_command import stand_ready

            return stand_ready(typed.bench)
        case "burn" | "erase" | "identify" | "read" | "verify" | "blank-check" | "sockets" | "custody" | "media":
            return _chip_command(typed)
        case "label":
            from station.cli.label_command import print_label

            return print_label(typed)
        case "replay":
            from station.cli.replay_command import replay_recording

            return replay_recording(typed.recording, typed.sequences)
        case "study":
            from station.cli.study_command import play_study

            return play_study(typed)
        case "new":
            from station.cli.new_command import scaffold_product

            return scaffold_product(typed.product, typed.folder)
        case "doctor":
            from station.cli.doctor_command import examine_station

            return examine_station(typed.bench)
        case "selftest":
            from station.cli.selftest_command import selftest_bench

            return selftest_bench(typed.bench, typed.json)
        case "flush":
            from station.cli.flush_command import flush_outbox

            return flush_outbox(typed.follow, typed.ask_every)
        case _:
            from station.cli.console_command import serve_console

            return serve_console(typed.bench, typed.slot, typed.host, typed.port)


def _chip_command(typed: Typed) -> Exit:
    """Those that concern ICs."""
    match typed.command:
        case "burn":
            from station.cli.burn_command import burn_chip

            return burn_chip(typed)
        case "erase":
            from station.cli.erase_command import erase_chip

            return erase_chip(typed)
        case "sockets":
            from station.cli.sockets_command import show_sockets

            return show_sockets(typed)
        case "media":
            from station.cli.media_command import do_media

            return do_media(typed)
        case "custody":
            from station.cli.custody_command import hand_ics_over

            return hand_ics_over(typed)
        case _:
            from station.cli.chip_command import look_at_chip

            return look_at_chip(typed)

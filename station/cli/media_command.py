"""``fanji-station media``: a file set is listed, written onto a card, or compared with one."""

from __future__ import annotations

import sys
from pathlib import Path

from station.cli.arguments import Typed
from station.cli.burn_terminal import BurnTerminal
from station.cli.exits import Exit, of_refusal, of_verdict
from station.cli.json_lines import JsonLines
from station.config.bench_file import read_bench_file
from station.config.settings import read_settings
from station.ic_programmer.media.card import Card
from station.ic_programmer.media.manifest import manifest_of, read_manifest
from station.ic_programmer.media.upgrade import MediaJob
from station.link.clock import SystemClock
from station.model.errors import OperatorError, StationError
from station.playing.burn_entries import BurnFinished
from station.playing.events import Refused
from station.playing.media_burn import burn_media, order_media


def do_media(typed: Typed) -> Exit:
    """As was typed."""
    if typed.media == "write":
        return _write(typed)
    try:
        return _list(typed) if typed.media == "list" else _verify(typed)
    except StationError as error:
        sys.stderr.write(f"{error}\n")
        return of_refusal(error)


def _list(typed: Typed) -> Exit:
    if not typed.folder.is_dir():
        raise OperatorError(f"there is no folder {typed.folder}")
    sys.stdout.write(manifest_of(typed.folder, typed.name, typed.set_version, typed.product))
    return Exit.PASS


def _write(typed: Typed) -> Exit:
    watcher: JsonLines | BurnTerminal = JsonLines() if typed.events else BurnTerminal()
    try:
        bench = read_bench_file(typed.bench)
        manifest = read_manifest(typed.manifest)
        job = MediaJob(manifest, typed.source or Path(typed.manifest).parent)
        card = typed.card.resolve()
        order = order_media(job, card, typed.operator, typed.unit, bench, read_settings(), SystemClock())
    except StationError as error:
        watcher.tell(Refused.by(error))
        return of_refusal(error)
    try:
        result = burn_media(order, bench, typed.any_folder, watcher)
    except StationError as error:
        watcher.tell(Refused.by(error))
        return Exit.ERROR
    return of_verdict(result.result) if isinstance(result, BurnFinished) else Exit.ERROR


def _verify(typed: Typed) -> Exit:
    """FAIL where a file is missing or another; what the set does not name is only told."""
    manifest, card = read_manifest(typed.manifest), Card(typed.card.resolve(), is_any_folder=True)
    card.require_there()
    bad = 0
    for file in manifest.files:
        size_bytes, sha256 = card.read(file, lambda _: None)
        if (size_bytes, sha256) != (file.size_bytes, file.sha256):
            bad += 1
            sys.stdout.write(f"{'differs' if sha256 else 'missing':8}{file.path}\n")
    others = card.other_files(manifest.files)
    sys.stdout.write(f"{len(manifest.files) - bad} of {len(manifest.files)} files as they should be")
    sys.stdout.write(f", {others} others on the card\n")
    return Exit.FAIL if bad else Exit.PASS

"""``fanji-station identify``, ``read``, ``verify`` and ``blank-check``: look at an IC and change nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from station.cli.arguments import Typed
from station.cli.exits import Exit
from station.config.bench_file import BenchFile, read_bench_file
from station.config.settings import Settings, read_settings
from station.ic_programmer.chip import Progress
from station.ic_programmer.chip_types import ChipType, read_chip_types
from station.ic_programmer.image import base_in, load_image
from station.link.clock import SystemClock
from station.model.errors import ConfigError, OperatorError, StationError, StorageError
from station.playing.chip_visit import identify, is_of_the_chip, region_of, target_of, visit


def look_at_chip(typed: Typed) -> Exit:
    """Do one of them; a chip that is not as it should be is exit code 1, the station's or the contact's trouble 3."""
    try:
        settings, bench, targets = read_settings(), read_bench_file(typed.bench), read_chip_types()
        told = _LOOKS[typed.command](typed, settings, bench, targets)
    except StationError as error:
        _say(typed, {"problem": str(error)}, sys.stderr.write)
        return _exit_of(error)
    except KeyboardInterrupt:
        _say(typed, {"problem": "stopped by the operator"}, sys.stderr.write)
        return Exit.ABORTED
    _say(typed, told, sys.stdout.write)
    return Exit.PASS


Told = dict[str, object]


def _identify(typed: Typed, settings: Settings, bench: BenchFile, targets: Mapping[str, ChipType]) -> Told:
    found = identify(settings, bench, typed.programmer, targets, SystemClock())
    volts = {name: "{:g} to {:g}".format(*targets[name].supply_v) for name in found.targets}
    return {
        "programmer": found.programmer,
        "jedec": found.identity.jedec,
        "unique_id": found.identity.unique_id,
        "sfdp_sha256": found.identity.sfdp_sha256,
        "targets": list(found.targets),
        "supply_v": volts,
    }


def _read(typed: Typed, settings: Settings, bench: BenchFile, targets: Mapping[str, ChipType]) -> Told:
    target = target_of(typed.target, targets)
    start, length = region_of(typed.region, target)
    with _new_file(typed.out) as write, _progress(typed, "read", length) as progress:
        with visit(settings, bench, typed.programmer, target, SystemClock()) as chip:
            dump = chip.read(start, length, progress)
        write(dump.content)
    return {"file": str(typed.out), "start": start, "bytes": length, "sha256": dump.sha256}


def _verify(typed: Typed, settings: Settings, bench: BenchFile, targets: Mapping[str, ChipType]) -> Told:
    target = target_of(typed.target, targets)
    base = typed.base or base_in(typed.image, target.base)
    image = load_image(typed.image, target.size_bytes, base=base, keeps_holes=typed.keep_holes)
    with (
        _progress(typed, "verify", image.size_bytes) as progress,
        visit(settings, bench, typed.programmer, target, SystemClock()) as chip,
    ):
        chip.verify(image, progress)
    return {"image": image.name, "bytes": image.size_bytes, "sha256": image.sha256, "is_same": True}


def _blank_check(typed: Typed, settings: Settings, bench: BenchFile, targets: Mapping[str, ChipType]) -> Told:
    target = target_of(typed.target, targets)
    start, length = region_of(typed.region, target)
    with (
        _progress(typed, "blank check", length) as progress,
        visit(settings, bench, typed.programmer, target, SystemClock()) as chip,
    ):
        chip.require_blank(start, length, progress)
    return {"start": start, "bytes": length, "is_blank": True}


_LOOKS: Mapping[str, Callable[[Typed, Settings, BenchFile, Mapping[str, ChipType]], Told]] = {
    "identify": _identify,
    "read": _read,
    "verify": _verify,
    "blank-check": _blank_check,
}


@contextmanager
def _new_file(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Writes a file that was not there, whole or not at all; raises OperatorError where there is one already."""
    if path.exists():
        raise OperatorError(f"{path} is there already: what it holds is not overwritten")
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")

    def write(content: bytes) -> None:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)

    try:
        yield write
    except OSError as error:
        raise StorageError(str(path), error.strerror or str(error)) from None
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _progress(typed: Typed, what: str, total: int) -> Iterator[Progress]:
    """A bar with rate and time left at a terminal, else nothing."""
    if typed.json or not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, start=True)
        yield lambda done: bar.update(task, completed=done)


def _say(typed: Typed, told: Told, write: Callable[[str], object]) -> None:
    if typed.json:
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        return
    lines = [f"{value}" if name == "problem" else f"{name}: {_text(value)}" for name, value in told.items() if value]
    write("\n".join(lines) + "\n")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(each)}" for name, each in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _exit_of(error: StationError) -> Exit:
    if is_of_the_chip(error):
        return Exit.FAIL
    return Exit.USAGE if isinstance(error, ConfigError | OperatorError) else Exit.ERROR

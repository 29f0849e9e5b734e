"""The commands of upkeep: ``fanji-server backup``, ``restore``, ``verify``, ``rebuild-sums`` and ``demo-data``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from server.config import read_settings
from server.opened_database import opened, reading, writing

upkeep = typer.Typer()
FOUND = 1
"""The exit code where the records are not sound."""

Folder = Annotated[Path, typer.Argument(help="The backup: a folder.")]


@upkeep.command()
def backup(folder: Folder) -> None:
    """Write database and files into a new folder, also while a server serves."""
    from server.upkeep.backup import back_up

    made = back_up(read_settings(os.environ), folder, datetime.now(UTC))
    typer.echo(f"backup {folder}: schema {made.schema}, {len(made.files) - 1} files")


@upkeep.command()
def restore(folder: Folder) -> None:
    """Put a backup where there are no records; refuses while a server serves."""
    from server.upkeep.restore import restore as put_back

    made = put_back(read_settings(os.environ), folder)
    typer.echo(f"restored {folder} of {made.made_at}: schema {made.schema}; run `fanji-server migrate`, then verify")


@upkeep.command()
def verify() -> None:
    """Check every letter, chain of events and file; prints what is broken, with exit code 1."""
    from server.upkeep.verify import broken_records

    count = 0
    with reading() as connection:
        for count, found in enumerate(broken_records(connection, read_settings(os.environ).data_dir), 1):  # noqa: B007
            typer.echo(found)
    if count:
        raise typer.Exit(FOUND)
    typer.echo("the records are sound")


@upkeep.command("rebuild-sums")
def rebuild_sums() -> None:
    """Make the hourly sums and the first results of visits anew from the runs."""
    from server.runs.summing import rebuild

    with writing() as connection:
        typer.echo(f"{rebuild(connection)} runs summed up")


@upkeep.command("demo-data")
def demo_data(
    units: Annotated[int, typer.Option(min=1, help="How many units came back within the year.")] = 100,
    seed: Annotated[int, typer.Option(help="The same one makes the same values.")] = 1,
) -> None:
    """Make up a year of tests, for a trial or a benchmark; refuses where letters are on record."""
    from server.runs.summing import sum_up
    from server.upkeep.demo_data import make_history

    settings = read_settings(os.environ)
    with opened(settings) as database:
        runs = make_history(database, settings.site, units, seed)
        is_left = True
        while is_left:
            with database.writing() as connection:
                is_left = sum_up(connection) > 0
    typer.echo(f"{runs} runs of {units} units")

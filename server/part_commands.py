"""The commands of the parts ledger, ``fanji-server parts``: check it against itself, make its balances anew."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from server.opened_database import reading, writing
from server.parts.verify import differences
from server.parts.verify import rebuild as rebuild_balances

parts = typer.Typer(no_args_is_help=True, help="The parts ledger, checked against itself.")
FOUND = 1
"""The exit code where the ledger is not sound."""


@parts.command("verify")
def parts_verify() -> None:
    """Say whether every balance is the sum of its movements; prints the first difference, with exit code 1."""
    with reading() as connection:
        first = next(differences(connection), None)
    typer.echo(first or "the parts ledger is sound")
    if first:
        raise typer.Exit(FOUND)


@parts.command("rebuild")
def parts_rebuild() -> None:
    """Make the balances anew from the movements, which are never changed."""
    with writing() as connection:
        count = rebuild_balances(connection, datetime.now(UTC))
    typer.echo(f"{count} balances made anew")

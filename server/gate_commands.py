"""The commands of the gates, ``plan``, ``hold``, ``route`` and ``golden``: an account answers for each change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from server.admin.author import Author
from server.errors import BadInput
from server.gates import flows, golden_flows
from server.gates.golden_queries import golden_units
from server.gates.queries import demands, holds, releases
from server.opened_database import reading, writing

plan = typer.Typer(no_args_is_help=True, help="Plans that may judge units.")
hold = typer.Typer(no_args_is_help=True, help="Units and products that must not be tested.")
route = typer.Typer(no_args_is_help=True, help="What a unit needs before its outgoing test.")
golden = typer.Typer(no_args_is_help=True, help="Which unit has to pass at which station first.")

By = Annotated[str, typer.Option("--by", help="The account that answers for it.")]
Product = Annotated[str, typer.Option(help="As the plan's file names it.")]
Station = Annotated[str, typer.Option(help="As its token names it.")]
Reason = Annotated[str, typer.Option(help="Shown at the bench.")]


@plan.command("approve")
def plan_approve(sha256: str, product: Product, by: By) -> None:
    """Let the plan of this digest judge units of PRODUCT; from the first one on no other plan does."""
    with writing() as connection:
        flows.release_plan(connection, product, sha256, _author(by))
    typer.echo(f"plan {sha256[:12]} is released for {product}")


@plan.command("withdraw")
def plan_withdraw(sha256: str, product: Product, reason: Reason, by: By) -> None:
    """Take a release back."""
    with writing() as connection:
        flows.withdraw_plan(connection, product, sha256, reason, _author(by))


@plan.command("list")
def plan_list() -> None:
    """List the released plans."""
    with reading() as connection:
        for row in releases(connection):
            typer.echo(f"{row.product}\t{row.sha256}\t{row.released_by}\t{row.released_at:%Y-%m-%d}")


@hold.command("add")
def hold_add(
    reason: Reason,
    by: By,
    serial: Annotated[str, typer.Option(help="One unit.")] = "",
    product: Annotated[str, typer.Option(help="Every unit of a product.")] = "",
) -> None:
    """Hold one unit, or all of a product; prints the hold's id."""
    if bool(serial) == bool(product):
        raise BadInput("give --serial or --product", "hold")
    with writing() as connection:
        if serial:
            made = flows.hold_unit(connection, serial, reason, _author(by))
        else:
            made = flows.hold_product(connection, product, reason, _author(by))
    typer.echo(made)


@hold.command("release")
def hold_release(
    hold_id: Annotated[str, typer.Argument(help="As `hold list` shows it, or its beginning.")], reason: Reason, by: By
) -> None:
    """End a hold."""
    with writing() as connection:
        flows.release_hold(connection, hold_id, reason, _author(by))


@hold.command("list")
def hold_list() -> None:
    """List the holds in force."""
    with reading() as connection:
        for row in holds(connection):
            what = row.serial or f"product {row.product}"
            typer.echo(f"{row.id}\t{what}\t{row.held_by}\t{row.held_at:%Y-%m-%d}\t{row.reason}")


@route.command("repair")
def route_repair(
    serial: str, by: By, detail: Annotated[str, typer.Option(help="What is to be repaired.")] = ""
) -> None:
    """Have a unit repaired before its outgoing test."""
    with writing() as connection:
        flows.demand_repair(connection, serial, detail, _author(by))


@route.command("burn")
def route_burn(
    serial: str,
    image: Annotated[str, typer.Option(help="The image's sha256.")],
    by: By,
    detail: Annotated[str, typer.Option(help="Its name and version, for the bench.")] = "",
) -> None:
    """Have an image burned before the outgoing test; the letter of such a burn closes it."""
    with writing() as connection:
        flows.demand_burn(connection, serial, image, detail, _author(by))


@route.command("repaired")
def route_repaired(serial: str, by: By) -> None:
    """Put a unit's repair on record; its failed attempts are counted anew."""
    with writing() as connection:
        flows.close_repair(connection, serial, _author(by))


@route.command("list")
def route_list() -> None:
    """List what is missing."""
    with reading() as connection:
        for row in demands(connection):
            what = f"{row.what} {row.detail or row.image_sha256[:12]}".strip()
            typer.echo(f"{row.serial}\t{what}\t{row.demanded_by}\t{row.demanded_at:%Y-%m-%d}")


@golden.command("set")
def golden_set(
    serial: str,
    station: Station,
    product: Product,
    by: By,
    every_h: Annotated[float, typer.Option(help="For how many hours a PASS of it holds.")] = 24.0,
) -> None:
    """Have this unit pass at STATION before units of PRODUCT are judged there, instead of what its bench file says."""
    with writing() as connection:
        golden_flows.set_golden_unit(connection, station, product, serial, every_h, _author(by))


@golden.command("end")
def golden_end(station: Station, product: Product, reason: Reason, by: By) -> None:
    """Take a golden unit back."""
    with writing() as connection:
        golden_flows.end_golden_unit(connection, station, product, reason, _author(by))


@golden.command("list")
def golden_list() -> None:
    """List the golden units that are set."""
    with reading() as connection:
        for row in golden_units(connection):
            typer.echo(f"{row.station_id}\t{row.product}\t{row.serial}\t{row.every_h:g} h\t{row.set_by}")


def _author(name: str) -> Author:
    return Author(name, datetime.now(UTC))

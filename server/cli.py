"""The server's front door: serve, migrate, and what an administrator sets up."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from server.admin import flows as admin
from server.admin import operators
from server.admin.queries import accounts, station_tokens
from server.config import read_settings
from server.db.engine import database_of
from server.db.schema import migrate as migrate_schema
from server.db.serving_lock import serving_lock
from server.errors import ServerError
from server.gate_commands import golden, hold, plan, route
from server.opened_database import opened, reading, writing
from server.part_commands import parts
from server.units import flows as units
from server.units.queries import serial_rules
from server.upkeep_commands import upkeep

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Fanji's server.")
user = typer.Typer(no_args_is_help=True, help="Accounts of people.")
token = typer.Typer(no_args_is_help=True, help="Tokens of stations.")
serial_rule = typer.Typer(no_args_is_help=True, help="What serial numbers mean.")
GROUPS = {
    "user": user,
    "token": token,
    "serial-rule": serial_rule,
    "plan": plan,
    "hold": hold,
    "route": route,
    "golden": golden,
    "parts": parts,
}
for name, group in GROUPS.items():
    app.add_typer(group, name=name)
app.add_typer(upkeep)

PAGE = 500
CHANGE_AT_LOGIN = typer.Option(
    "--change-at-login/--no-change-at-login", help="Whether the person has to choose another password first."
)
USAGE_ERROR = 2


def main() -> None:
    """Run the command line; an error of ours is one line on stderr and exit code 2."""
    try:
        app()
    except ServerError as error:
        typer.echo(f"fanji-server: {error}", err=True)
        sys.exit(USAGE_ERROR)


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema; refuses while a server runs."""
    settings = read_settings(os.environ)
    with serving_lock(settings):
        database = database_of(settings)
        before, after = migrate_schema(database)
        database.close()
    typer.echo(f"schema {after}" if before == after else f"schema {before or 'empty'} -> {after}")


@app.command()
def serve(host: str = "127.0.0.1", port: Annotated[int, typer.Option(min=0, max=65535)] = 8000) -> None:
    """Serve until SIGTERM or SIGINT; prints one line when it is ready. Port 0 takes a free one."""
    settings = read_settings(os.environ)
    with serving_lock(settings, serves=True), opened(settings):
        pass
    from server.serving import serve_app  # the web is loaded for this command alone: the others start in half the time

    serve_app(settings, host, port)


@user.command("add")
def user_add(
    name: str,
    role: Annotated[str, typer.Option(help="A role of permissions.toml.")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    must_change: Annotated[bool, CHANGE_AT_LOGIN] = False,
) -> None:
    """Make an account."""
    password = _password(password_stdin)
    with writing() as connection:
        admin.add_user(connection, name, role, password, datetime.now(UTC), must_change)
    typer.echo(f"account {name} ({role})")


@user.command("password")
def user_password(
    name: str,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    must_change: Annotated[bool, CHANGE_AT_LOGIN] = True,
) -> None:
    """Give an account another password; its sessions end, and the person chooses one of their own at the next login."""
    password = _password(password_stdin)
    with writing() as connection:
        admin.set_password(connection, name, password, datetime.now(UTC), must_change)


@user.command("pin")
def user_pin(
    name: str,
    pin_stdin: Annotated[bool, typer.Option("--pin-stdin", help="Read the PIN from stdin.")] = False,
    is_taken: Annotated[bool, typer.Option("--remove", help="Take the PIN away.")] = False,
) -> None:
    """Give a person a PIN for the benches, 6 to 12 digits."""
    pin = "" if is_taken else _password(pin_stdin, "PIN")
    with writing() as connection:
        operators.set_pin(connection, name, pin, datetime.now(UTC))


@user.command("badge")
def user_badge(
    name: str,
    code: Annotated[str, typer.Argument(help="As the scanner types it; left out, it is asked for and not shown.")] = "",
    is_taken: Annotated[bool, typer.Option("--remove", help="Take the badge away.")] = False,
) -> None:
    """Give a person a badge for the benches; the code is kept as a hash only."""
    badge = "" if is_taken else code or str(typer.prompt("Badge", hide_input=True))
    with writing() as connection:
        operators.set_badge(connection, name, badge, datetime.now(UTC))


@user.command("language")
def user_language(name: str, language: operators.Language) -> None:
    """Say in which language the benches speak to a person."""
    with writing() as connection:
        operators.set_language(connection, name, language, datetime.now(UTC))


@user.command("disable")
def user_disable(name: str) -> None:
    """Close an account; its records stay."""
    with writing() as connection:
        admin.disable_user(connection, name, datetime.now(UTC))


@user.command("list")
def user_list() -> None:
    """List the accounts."""
    with reading() as connection:
        for row in accounts(connection):
            typer.echo(f"{row.name}\t{row.role}\t{'disabled' if row.disabled_at else 'active'}")


@token.command("add")
def token_add(station_id: str, days: Annotated[int, typer.Option(min=1)] = 365) -> None:
    """Make a station token and print it, this one time."""
    with writing() as connection:
        made = admin.add_token(connection, station_id, days, datetime.now(UTC))
    typer.echo(made)


@token.command("revoke")
def token_revoke(prefix: Annotated[str, typer.Argument(help="As `token list` shows it.")]) -> None:
    """End a token."""
    with writing() as connection:
        admin.revoke_token(connection, prefix, datetime.now(UTC))


@token.command("list")
def token_list() -> None:
    """List the tokens by their beginning."""
    with reading() as connection:
        for row in station_tokens(connection):
            state = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else f"until {row.expires_at:%Y-%m-%d}"
            typer.echo(f"{row.prefix}\t{row.station_id}\t{state}")


@serial_rule.command("add")
def serial_rule_add(family: str, product: str, pattern: str) -> None:
    """Serial numbers that PATTERN (a regular expression) matches as a whole belong to FAMILY."""
    with writing() as connection:
        version = units.add_serial_rule(connection, family, product, pattern, datetime.now(UTC))
    typer.echo(f"serial rule {version}")


@serial_rule.command("retire")
def serial_rule_retire(version: int) -> None:
    """End a rule."""
    with writing() as connection:
        units.retire_serial_rule(connection, version, datetime.now(UTC))


@serial_rule.command("list")
def serial_rule_list() -> None:
    """List the rules in the order they are tried."""
    with reading() as connection:
        for row in serial_rules(connection):
            typer.echo(f"{row.version}\t{row.family}\t{row.product}\t{row.pattern}")


@app.command()
def letters(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List every letter on record with its digest."""
    from server.ingest.queries import letters as letter_rows  # every domain's tables, for this command alone

    with reading() as connection:
        after: tuple[str, str] | None = None
        while rows := letter_rows(connection, after, PAGE):
            for row in rows:
                line = f"{row.id}\t{row.kind}\t{row.outcome}\t{row.station_id}\t{row.seq}\t{row.sha256}"
                typer.echo(msgspec.json.encode(row).decode() if as_json else line)
            after = (rows[-1].id, rows[-1].sha256)


def _password(is_on_stdin: bool, asked: str = "Password") -> str:
    if is_on_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(asked, hide_input=True, confirmation_prompt=True))


if __name__ == "__main__":
    main()

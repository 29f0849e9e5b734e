"""Products: the list with the serial rules, and one with its configuration, its accessories and its history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Path, Request, Response

from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.db.engine import Database
from server.errors import NotAllowed, NotFound, RequestError
from server.products import flows
from server.products.flows import ACTIVATE, WRITE
from server.products.form import SPARE_ROWS, ConfigurationForm, differences, form_of
from server.products.queries import (
    ConfigurationVersion,
    activations_of,
    product_by_name,
    products,
    versions_of,
)
from server.units.flows import RULES, add_serial_rule, retire_serial_rule
from server.units.queries import serial_rules
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page

HERE = "/products"
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(WRITE))]
Activator = Annotated[User, Depends(require(ACTIVATE))]
Ruler = Annotated[User, Depends(require(RULES))]
Text = Annotated[str, Form(max_length=500)]
Name = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True, slots=True)
class _Refused:
    """What a form of one ``part`` of a page could not do, and what was typed into it."""

    part: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    error: RequestError | None = None

    @property
    def context(self) -> dict[str, object]:
        return {"part": self.part, "typed": self.typed, "refusal": refusal_of(self.error)}

    @property
    def status(self) -> int:
        return self.error.status if self.error else 200


@router.get("/products")
def products_page(request: Request, user: Reader, connection: Reading) -> Response:
    """Every product, and every serial rule in the order in which they are tried."""
    return _list_page(request, user, connection, _Refused())


@router.post("/products")
def add_form(
    request: Request, user: Writer, database: InDatabase, at: Now, product: Text = "", family: Text = ""
) -> Response:
    """Bring a product on record and go on to its configuration."""
    typed = {"product": product, "family": family}

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _list_page(request, user, connection, _Refused("products", typed, error))

    onward = f"{HERE}/{product.strip()}/configuration"
    author = Author(user.name, at)
    return done_or_told(
        database, lambda connection: flows.add_product(connection, product, family, author), onward, tell
    )


@router.post("/products/serial-rules")
def rule_form(
    request: Request,
    user: Ruler,
    database: InDatabase,
    at: Now,
    product: Text = "",
    family: Text = "",
    pattern: Text = "",
) -> Response:
    """Add a serial rule; the stations hear of it at once."""
    typed = {"rule_product": product, "rule_family": family, "pattern": pattern}
    actor = Author(user.name, at).actor
    return _rule_change(
        request,
        user,
        database,
        lambda connection: add_serial_rule(connection, family.strip(), product.strip(), pattern.strip(), at, actor),
        typed,
    )


@router.post("/products/serial-rules/{version}/retirement")
def retire_form(request: Request, user: Ruler, database: InDatabase, at: Now, version: int) -> Response:
    """End a serial rule; units that it named keep their names."""
    actor = Author(user.name, at).actor
    return _rule_change(
        request, user, database, lambda connection: retire_serial_rule(connection, version, at, actor), {}
    )


@router.get("/products/{name}")
def product_page(request: Request, user: Reader, connection: Reading, name: Name, version: int = 0) -> Response:
    """The version in force, or the one that the address asks for, and the history."""
    return _product_page(request, user, connection, name, version, _Refused())


@router.get("/products/{name}/configuration")
def configuration_page(request: Request, user: Writer, connection: Reading, name: Name, version: int = 0) -> Response:
    """The form, filled in with the newest version or the one that the address asks for."""
    versions = versions_of(connection, name)
    chosen = next((row for row in versions if row.version == version), versions[0] if versions else None)
    base = versions[0].version if versions else 0
    form = form_of(chosen.configuration, base) if chosen else ConfigurationForm()
    return _form_page(request, user, connection, name, form, None)


@router.post("/products/{name}/configurations")
def configuration_form(
    request: Request,
    user: Writer,
    form: Annotated[ConfigurationForm, Form()],
    database: InDatabase,
    at: Now,
    name: Name,
) -> Response:
    """Keep a new version as a draft, or say what is wrong and keep everything typed."""

    def change(connection: sa.Connection) -> None:
        flows.write_configuration(
            connection, name, form.as_configuration(), form.note, form.base, Author(user.name, at)
        )

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _form_page(request, user, connection, name, form, error)

    return done_or_told(database, change, f"{HERE}/{name}?version={form.base + 1}", tell)


@router.post("/products/{name}/activation")
def activation_form(
    request: Request,
    user: Activator,
    database: InDatabase,
    at: Now,
    name: Name,
    version: Annotated[int, Form(ge=1, le=10**6)],
) -> Response:
    """Put a version in force."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _product_page(request, user, connection, name, version, _Refused("activation", {}, error))

    author = Author(user.name, at)
    return done_or_told(
        database,
        lambda connection: flows.activate(connection, name, version, author),
        f"{HERE}/{name}",
        tell,
        (*USUAL, NotAllowed),
    )


def _rule_change(
    request: Request,
    user: User,
    database: Database,
    change: Callable[[sa.Connection], object],
    typed: dict[str, str],
) -> Response:
    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _list_page(request, user, connection, _Refused("rules", typed, error))

    return done_or_told(database, change, f"{HERE}#rules", tell, (*USUAL, NotFound))


def _list_page(request: Request, user: User, connection: sa.Connection, refused: _Refused) -> Response:
    rules = serial_rules(connection, with_retired=True)
    rows = products(connection)
    active = {row.name: _shown(versions_of(connection, row.name), row.active_version or 0) for row in rows}
    unlisted = sorted({rule.product for rule in rules if rule.retired_in is None} - {row.name for row in rows})
    return page(
        request,
        "products/list.html",
        status=refused.status,
        user=user,
        rows=rows,
        active=active,
        rules=rules,
        unlisted=unlisted,
        **refused.context,
    )


def _product_page(
    request: Request, user: User, connection: sa.Connection, name: str, version: int, refused: _Refused
) -> Response:
    found = product_by_name(connection, name)
    if found is None:
        raise NotFound("no such product is on record")
    versions = versions_of(connection, name)
    newest = versions[0].version if versions else 0
    shown = _shown(versions, version or found.active_version or newest)
    before = _shown(versions, shown.version - 1) if shown else None
    changed = list(differences(before.configuration, shown.configuration)) if shown and before else []
    return page(
        request,
        "products/one.html",
        status=refused.status,
        user=user,
        product=found,
        shown=shown,
        changed=changed,
        versions=versions,
        activations=activations_of(connection, name),
        rules=[rule for rule in serial_rules(connection) if rule.product == name],
        **refused.context,
    )


def _shown(versions: list[ConfigurationVersion], version: int) -> ConfigurationVersion | None:
    return next((row for row in versions if row.version == version), None)


def _form_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    name: str,
    form: ConfigurationForm,
    error: RequestError | None,
) -> Response:
    found = product_by_name(connection, name)
    if found is None:
        raise NotFound("no such product is on record")
    return page(
        request,
        "products/configuration.html",
        status=error.status if error else 200,
        user=user,
        product=found,
        form=form,
        spare=SPARE_ROWS,
        refusal=refusal_of(error),
    )

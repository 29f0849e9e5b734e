"""Products are added, their configuration is written in versions, and a second person puts a version in force."""

from __future__ import annotations

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import Change, note
from server.errors import BadInput, Contradiction, NotFound
from server.products.content import Configuration, checked, digest, written
from server.products.queries import Product, activations_of, product_by_name, versions_of
from server.products.tables import product, product_activation, product_configuration

WRITE, ACTIVATE = "products.write", "products.activate"
MAX_NAME, MAX_FAMILY, MAX_NOTE = 64, 40, 500


def add_product(connection: sa.Connection, name: str, family: str, author: Author) -> str:
    """Bring a product on record; its name. Raises BadInput, and Contradiction for one that is there already."""
    author.require(connection, WRITE)
    name = typed(name, "product", MAX_NAME)
    if set(name) & set("/?#%\\"):
        raise BadInput("has none of / ? # % \\", "product")
    if product_by_name(connection, name) is not None:
        raise Contradiction(f"{name} is on record already")
    row = {"name": name, "family": typed(family, "family", MAX_FAMILY)}
    connection.execute(sa.insert(product), row | {"added_at": author.at, "added_by": author.name})
    note(connection, author.at, author.actor, "product.add", name, str(row["family"]))
    return name


def write_configuration(
    connection: sa.Connection, name: str, asked: Configuration, remark: str, base: int, author: Author
) -> int:
    """Keep a new version of the configuration, not in force yet; its number.

    ``base`` is the newest version that the writer saw, 0 for none: Contradiction where somebody wrote one since, or
    where the newest says the same.
    """
    author.require(connection, WRITE)
    _known(connection, name)
    content = written(checked(asked))
    versions = versions_of(connection, name)
    newest = versions[0] if versions else None
    if (newest.version if newest else 0) != base:
        raise Contradiction(f"version {newest.version if newest else 0} was written meanwhile")
    if newest is not None and newest.sha256 == digest(content):
        raise Contradiction(f"version {newest.version} says the same")
    row = {
        "product": name,
        "version": base + 1,
        "sha256": digest(content),
        "content": content,
        "note": typed(remark, "note", MAX_NOTE, may_be_empty=True),
        "written_at": author.at,
        "written_by": author.name,
    }
    connection.execute(sa.insert(product_configuration), row)
    note(connection, author.at, author.actor, "product.configure", name, f"version {base + 1} {row['sha256']}")
    return base + 1


def activate(connection: sa.Connection, name: str, version: int, author: Author) -> None:
    """Put a version in force, and with it end the one before.

    Raises NotAllowed to who wrote it, NotFound, and Contradiction for the one that is in force.
    """
    author.require(connection, ACTIVATE)
    found = _known(connection, name)
    wanted = next((row for row in versions_of(connection, name) if row.version == version), None)
    if wanted is None:
        raise NotFound(f"{name} has no version {version}")
    if found.active_version == version:
        raise Contradiction(f"version {version} is in force already")
    said = f"{wanted.written_by} wrote this version: another person puts it in force"
    author.require_other(connection, ACTIVATE, wanted.written_by, said)
    before = activations_of(connection, name)
    row = {
        "product": name,
        "seq": before[0].seq + 1 if before else 1,
        "version": version,
        "sha256": wanted.sha256,
        "activated_at": author.at,
        "activated_by": author.name,
    }
    connection.execute(sa.insert(product_activation), row)
    changed = Change(f"version {before[0].version}" if before else "", f"version {version}")
    note(connection, author.at, author.actor, "product.activate", name, wanted.sha256, changed)


def _known(connection: sa.Connection, name: str) -> Product:
    found = product_by_name(connection, name)
    if found is None:
        raise NotFound(f"no product {name} is on record")
    return found

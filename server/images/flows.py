"""Images come in, are tested, approved by a second person, and withdrawn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.images.file_format import content_sha256, format_of
from server.images.queries import DRAFT, WITHDRAWN, Image, approvals_of, image_by_sha256
from server.images.recipe import parse_recipe, write_recipe
from server.images.store import ImageStore, Incoming
from server.images.tables import image, image_approval, image_test, image_withdrawal
from server.wire.ids import new_id

UPLOAD, TEST, APPROVE, WITHDRAW = "images.upload", "images.test", "images.approve", "images.withdraw"
MAX_NAME, MAX_VERSION, MAX_NOTE, MAX_REASON = 200, 80, 500, 500
MAX_PRODUCT, MAX_REVISION, MAX_TARGET = 100, 40, 100
SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Upload:
    """What was typed beside a file; ``sha256`` is the digest that its maker gave, empty where none is at hand."""

    name: str
    version: str
    sha256: str
    note: str


@dataclass(frozen=True, slots=True)
class Use:
    """What an image is approved for, as typed; an empty revision is every revision.

    ``options`` say how it is burned, by the names of the wire; empty where nothing is said.
    """

    product: str
    board_revision: str
    target: str
    recipe: str
    options: Mapping[str, str] = field(default_factory=dict)


def take_image(database: Database, store: ImageStore, asked: Upload, source: BinaryIO, author: Author) -> str:
    """Keep a file and bring it on record as a draft; its sha256. The file is in its place before the row is.

    Raises BadInput, TooLarge, StorageError, and Contradiction where these bytes are on record already.
    """
    with database.reading() as connection:
        author.require(connection, UPLOAD)
    name = typed(PurePosixPath(asked.name.replace("\\", "/")).name, "file", MAX_NAME)
    version = typed(asked.version, "version", MAX_VERSION)
    remark = typed(asked.note, "note", MAX_NOTE, may_be_empty=True)
    kind, expected = format_of(name), asked.sha256.strip().lower()
    if expected and not SHA256.fullmatch(expected):
        raise BadInput("is no sha256 in full", "sha256")
    with store.taking(source) as incoming:
        if expected and incoming.sha256 != expected:
            raise BadInput(f"the file's is {incoming.sha256}: it is another file, or damaged", "sha256")
        row = {
            "sha256": incoming.sha256,
            "content_sha256": content_sha256(incoming.path, kind, incoming.sha256),
            "name": name,
            "version": version,
            "format": kind,
            "size_bytes": incoming.size_bytes,
            "note": remark,
            "uploaded_at": author.at,
            "uploaded_by": author.name,
        }
        _keep(database, store, incoming, row, author)
    return incoming.sha256


def put_test(connection: sa.Connection, sha256: str, evidence: str, author: Author) -> None:
    """Say on what the image was tried; raises NotFound, and Contradiction for a withdrawn one."""
    author.require(connection, TEST)
    found = _usable(connection, sha256)
    row = {"id": new_id(author.at), "sha256": sha256, "evidence": typed(evidence, "evidence", MAX_NOTE)}
    connection.execute(sa.insert(image_test), row | {"tested_at": author.at, "tested_by": author.name})
    note(connection, author.at, author.actor, "image.test", sha256, f"{found.name}: {row['evidence']}")


def approve_image(connection: sa.Connection, sha256: str, use: Use, author: Author) -> str:
    """Let the image be burned into this target of this product and board; the approval's id.

    Raises NotAllowed to who uploaded it, Contradiction for one that is a draft or withdrawn or approved for it already.
    """
    author.require(connection, APPROVE)
    found = _usable(connection, sha256)
    said = f"{found.uploaded_by} uploaded this image: another person approves it"
    author.require_other(connection, APPROVE, found.uploaded_by, said)
    if found.state == DRAFT:
        raise NotInForce("the image was not tested yet", DRAFT)
    product = typed(use.product, "product", MAX_PRODUCT)
    revision = typed(use.board_revision, "board_revision", MAX_REVISION, may_be_empty=True)
    target = typed(use.target, "target", MAX_TARGET)
    recipe = write_recipe(parse_recipe(use.recipe, use.options))
    known = [(row.product, row.board_revision, row.target) for row in approvals_of(connection, sha256)]
    if (product, revision, target) in known:
        raise Contradiction("the image is approved for this already")
    row = {
        "id": new_id(author.at),
        "sha256": sha256,
        "product": product,
        "board_revision": revision,
        "target": target,
        "recipe": recipe,
        "approved_at": author.at,
        "approved_by": author.name,
    }
    connection.execute(sa.insert(image_approval), row)
    what = f"{found.name} {found.version} for {product} {revision} {target}"
    note(connection, author.at, author.actor, "image.approve", sha256, what)
    return str(row["id"])


def withdraw_image(connection: sa.Connection, sha256: str, reason: str, author: Author) -> None:
    """Forbid the image for good: stations hear of it at once, orders that name it burn no more."""
    author.require(connection, WITHDRAW)
    found = _usable(connection, sha256)
    row = {"sha256": sha256, "reason": typed(reason, "reason", MAX_REASON)}
    connection.execute(sa.insert(image_withdrawal), row | {"withdrawn_at": author.at, "withdrawn_by": author.name})
    note(connection, author.at, author.actor, "image.withdraw", sha256, f"{found.name}: {row['reason']}")


def _keep(database: Database, store: ImageStore, incoming: Incoming, row: dict[str, object], author: Author) -> None:
    with database.reading() as connection:
        _refuse_known(connection, incoming.sha256)
    store.keep(incoming)
    with database.writing() as connection:
        _refuse_known(connection, incoming.sha256)
        connection.execute(sa.insert(image), row)
        note(connection, author.at, author.actor, "image.upload", incoming.sha256, f"{row['name']} {row['version']}")


def _refuse_known(connection: sa.Connection, sha256: str) -> None:
    known = image_by_sha256(connection, sha256)
    if known is not None:
        raise Contradiction(f"these bytes are on record as {known.name} {known.version}")


def _usable(connection: sa.Connection, sha256: str) -> Image:
    found = image_by_sha256(connection, sha256)
    if found is None:
        raise NotFound(f"no image {sha256[:64]}")
    if found.state == WITHDRAWN:
        raise NotInForce("the image is withdrawn", WITHDRAWN)
    return found

"""Plans are released, units are held, repairs and burns are demanded and done; each by an account that may do it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.errors import BadInput, Contradiction, NotFound
from server.gates.queries import BURN, REPAIR, Demand, demands, holds, releases
from server.gates.tables import hold, hold_release, plan_release, plan_withdrawal, route_demand, route_done
from server.units.flows import UnitName, name_unit
from server.wire.ids import new_id

PLANS, HOLDS, ROUTES = "plans.release", "holds.write", "routes.write"
SHA256 = re.compile("[0-9a-f]{64}")
MAX_REASON, MAX_PRODUCT, MAX_DETAIL = 500, 100, 200


def release_plan(connection: sa.Connection, product: str, sha256: str, author: Author) -> str:
    """Let the plan of this digest judge units of ``product``; the release's id. From the first one on no other does."""
    author.require(connection, PLANS)
    product = typed(product, "product", MAX_PRODUCT)
    if not SHA256.fullmatch(sha256):
        raise BadInput("is no sha256 in full: `fanji-station doctor` shows it", "sha256")
    if any((row.product, row.sha256) == (product, sha256) for row in releases(connection)):
        raise Contradiction(f"this plan is released for {product} already")
    row = {"id": new_id(author.at), "product": product, "sha256": sha256}
    connection.execute(sa.insert(plan_release), row | {"released_at": author.at, "released_by": author.name})
    note(connection, author.at, author.actor, "plan.release", product, sha256)
    return row["id"]


def withdraw_plan(connection: sa.Connection, product: str, sha256: str, reason: str, author: Author) -> None:
    """Take the release back; units of the product are then judged by those that are left, or by none."""
    author.require(connection, PLANS)
    reason = typed(reason, "reason", MAX_REASON)
    found = next((row for row in releases(connection) if (row.product, row.sha256) == (product, sha256)), None)
    if found is None:
        raise NotFound(f"no plan {sha256[:12]} is released for {product}")
    row = {"release_id": found.id, "reason": reason, "withdrawn_at": author.at, "withdrawn_by": author.name}
    connection.execute(sa.insert(plan_withdrawal), row)
    note(connection, author.at, author.actor, "plan.withdraw", product, f"{sha256}: {reason}")


def hold_unit(connection: sa.Connection, serial: str, reason: str, author: Author) -> str:
    """Hold one unit, on record or not; the hold's id."""
    author.require(connection, HOLDS)
    name = name_unit(connection, serial)
    return _hold(connection, name.unit_id, name.serial, "", reason, author)


def hold_product(connection: sa.Connection, product: str, reason: str, author: Author) -> str:
    """Hold every unit of a product; the hold's id."""
    author.require(connection, HOLDS)
    return _hold(connection, None, "", typed(product, "product", MAX_PRODUCT), reason, author)


def release_hold(connection: sa.Connection, hold_id: str, reason: str, author: Author) -> None:
    """End the hold whose id begins so; raises NotFound, or BadInput where it is not the only one."""
    author.require(connection, HOLDS)
    reason = typed(reason, "reason", MAX_REASON)
    found = [row for row in holds(connection) if row.id.startswith(hold_id)]
    if len(found) != 1 or not hold_id:
        raise (NotFound if not found else Contradiction)(f"{len(found)} holds in force begin with {hold_id!r}")
    row = {"hold_id": found[0].id, "reason": reason, "released_at": author.at, "released_by": author.name}
    connection.execute(sa.insert(hold_release), row)
    note(connection, author.at, author.actor, "hold.release", found[0].serial or found[0].product, reason)


def demand_repair(connection: sa.Connection, serial: str, detail: str, author: Author) -> str:
    """Have the unit repaired before its outgoing test; the demand's id."""
    author.require(connection, ROUTES)
    return _demand(connection, name_unit(connection, serial), REPAIR, "", detail, author)


def demand_burn(connection: sa.Connection, serial: str, image_sha256: str, detail: str, author: Author) -> str:
    """Have this image burned and read back before the unit's outgoing test; done by the letter of such a burn."""
    author.require(connection, ROUTES)
    if not SHA256.fullmatch(image_sha256):
        raise BadInput("is no sha256 in full", "image")
    return _demand(connection, name_unit(connection, serial), BURN, image_sha256, detail, author)


def close_repair(connection: sa.Connection, serial: str, author: Author) -> None:
    """Put the unit's repair on record, demanded or not: stations count its attempts anew."""
    author.require(connection, ROUTES)
    name = name_unit(connection, serial)
    missing = [one.id for one in demands(connection, [name.unit_id]) if one.what == REPAIR]
    _done(connection, missing or [_demand(connection, name, REPAIR, "", "", author)], author.name, author.at)
    note(connection, author.at, author.actor, "route.repaired", name.serial)


def take_burns(connection: sa.Connection, burned: dict[str, set[tuple[str, str]]], at: datetime) -> None:
    """Close what passing burns were demanded for; ``burned`` is (image sha256, burn id) by unit."""
    if not burned:
        return
    for demand in demands(connection, burned):
        burn_id = next((burn for image, burn in sorted(burned[demand.unit_id]) if image == demand.image_sha256), None)
        if demand.what == BURN and burn_id is not None:
            _done(connection, [demand.id], f"burn:{burn_id}", at)


def _hold(
    connection: sa.Connection, unit_id: str | None, serial: str, product: str, reason: str, author: Author
) -> str:
    row = {"unit_id": unit_id, "serial": serial, "product": product, "reason": typed(reason, "reason", MAX_REASON)}
    made = new_id(author.at)
    connection.execute(sa.insert(hold), row | {"id": made, "held_at": author.at, "held_by": author.name})
    note(connection, author.at, author.actor, "hold.add", serial or product, reason)
    return made


def _demand(
    connection: sa.Connection, name: UnitName, what: str, image_sha256: str, detail: str, author: Author
) -> str:
    known = (one for one in demands(connection, [name.unit_id]) if (one.what, one.image_sha256) == (what, image_sha256))
    if (same := next(known, None)) is not None:
        return same.id
    detail = typed(detail, "detail", MAX_DETAIL) if detail else ""
    row = Demand(new_id(author.at), name.unit_id, name.serial, what, image_sha256, detail, author.at, author.name)
    connection.execute(sa.insert(route_demand), asdict(row))
    note(connection, author.at, author.actor, "route.demand", name.serial, f"{what} {image_sha256} {detail}".strip())
    return row.id


def _done(connection: sa.Connection, demand_ids: Iterable[str], by: str, at: datetime) -> None:
    connection.execute(sa.insert(route_done), [{"demand_id": one, "done_at": at, "done_by": by} for one in demand_ids])

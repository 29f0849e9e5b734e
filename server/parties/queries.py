"""Parties by name and kind, one with its history and contacts, and the party that a text names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.parties.tables import party, party_change, party_contact

KINDS = ("customer", "agent", "dealer_4s", "courier", "supplier", "service_station")
HIDDEN = "*"


@dataclass(frozen=True, slots=True)
class Party:
    """A party as it stands; ``version`` counts its changes."""

    id: str
    version: int
    kind: str
    name: str
    name_key: str
    region: str
    note: str
    is_closed: bool
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class PartyChange:
    """The party as a change left it."""

    version: int
    kind: str
    name: str
    region: str
    note: str
    is_closed: bool
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call; personal data unless masked."""

    id: str
    name: str
    phone: str
    address: str

    def masked(self) -> Contact:
        """Enough to tell one contact from another, not enough to reach anybody."""
        return Contact(self.id, self.name[:1] + HIDDEN * 2, _masked_phone(self.phone), self.address[:6] + HIDDEN * 3)


@dataclass(frozen=True, slots=True)
class PartyFilter:
    """What a line of the list must satisfy; ``text`` is part of the name or the region."""

    text: str = ""
    kind: str = ""
    with_closed: bool = False


def key_of(name: str) -> str:
    """A name as names are compared: width, case and spaces make no other party."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def parties(
    connection: sa.Connection, wanted: PartyFilter | None = None, after: tuple[str, str] | None = None, limit: int = 50
) -> list[Party]:
    """Parties by name; ``after`` is (name_key, id) of the last row of the page before."""
    wanted = wanted or PartyFilter()
    query = sa.select(party).order_by(party.c.name_key, party.c.id).limit(limit)
    text = key_of(wanted.text)
    if text:
        query = query.where(
            sa.or_(
                party.c.name_key.contains(text, autoescape=True),
                sa.func.lower(party.c.region).contains(text, autoescape=True),
            )
        )
    if wanted.kind:
        query = query.where(party.c.kind == wanted.kind)
    if not wanted.with_closed:
        query = query.where(party.c.is_closed.is_(False))
    if after is not None:
        query = query.where(party.c.name_key > after[0])
    return [Party(**row) for row in connection.execute(query).mappings()]


def party_by_id(connection: sa.Connection, party_id: str) -> Party | None:
    """The party, if it is on record."""
    row = connection.execute(sa.select(party).where(party.c.id == party_id)).mappings().first()
    return Party(**row) if row else None


def parties_named(connection: sa.Connection, names: Iterable[str]) -> dict[str, Party]:
    """Each text that names a party, with it."""
    wanted = {name: key_of(name) for name in names if name.strip()}
    query = sa.select(party).where(party.c.name_key.in_(set(wanted.values())))
    found = {row["name_key"]: Party(**row) for row in connection.execute(query).mappings()}
    return {name: found[key] for name, key in wanted.items() if key in found}


def names_of(connection: sa.Connection, kinds: Iterable[str], limit: int = 500) -> list[str]:
    """Names for the list of a form, of parties that are not closed."""
    query = sa.select(party.c.name).where(party.c.kind.in_(list(kinds)), party.c.is_closed.is_(False))
    return list(connection.scalars(query.order_by(party.c.name_key).limit(limit)))


def changes_of(connection: sa.Connection, party_id: str) -> list[PartyChange]:
    """What was changed, the newest first."""
    columns = [column for column in party_change.c if column.name != "party_id"]
    query = sa.select(*columns).where(party_change.c.party_id == party_id).order_by(party_change.c.version.desc())
    return [PartyChange(**row) for row in connection.execute(query).mappings()]


def contacts_of(connection: sa.Connection, party_id: str) -> list[Contact]:
    """The party's contacts unmasked: only for a flow that audits the view."""
    columns = party_contact.c
    query = sa.select(columns.id, columns.name, columns.phone, columns.address)
    return [Contact(*row) for row in connection.execute(query.where(columns.party_id == party_id).order_by(columns.id))]


def _masked_phone(phone: str) -> str:
    """The first three and the last two characters where there are more than seven."""
    return phone[:3] + HIDDEN * 4 + phone[-2:] if len(phone) > 7 else HIDDEN * 4 if phone else ""

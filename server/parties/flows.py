"""Parties and their contacts are written; who sees a contact unmasked is on record."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import Change, note
from server.errors import BadInput, Contradiction, NotFound
from server.parties.queries import KINDS, Contact, Party, contacts_of, key_of, parties_named, party_by_id
from server.parties.tables import party, party_change, party_contact
from server.wire.ids import new_id

WRITE, PERSONAL = "parties.write", "parties.personal"
MAX_NAME, MAX_REGION, MAX_NOTE = 200, 80, 500
MAX_PERSON, MAX_PHONE, MAX_ADDRESS = 80, 40, 300
PHONE_CHARACTERS = frozenset("0123456789+-()/ #转")


@dataclass(frozen=True, slots=True)
class PartyEntry:
    """A party as typed."""

    kind: str
    name: str
    region: str = ""
    note: str = ""
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """A contact as typed; a phone or an address may be missing, not both."""

    name: str
    phone: str = ""
    address: str = ""


def checked_party(entry: PartyEntry) -> PartyEntry:
    """The entry with its texts trimmed; raises BadInput."""
    if entry.kind not in KINDS:
        raise BadInput(f"is one of {', '.join(KINDS)}", "kind")
    name = typed(" ".join(entry.name.split()), "party_name", MAX_NAME)
    region = typed(entry.region, "region", MAX_REGION, may_be_empty=True)
    return PartyEntry(entry.kind, name, region, typed(entry.note, "note", MAX_NOTE, may_be_empty=True), entry.is_closed)


def checked_contact(entry: ContactEntry) -> ContactEntry:
    """The contact with its texts trimmed; raises BadInput."""
    made = ContactEntry(
        typed(entry.name, "contact_name", MAX_PERSON),
        typed(entry.phone, "phone", MAX_PHONE, may_be_empty=True),
        typed(entry.address, "address", MAX_ADDRESS, may_be_empty=True),
    )
    if set(made.phone) - PHONE_CHARACTERS or not (made.phone or made.address):
        raise BadInput("has digits, + - ( ) and spaces; without one there is an address", "phone")
    return made


def add_party(connection: sa.Connection, entry: PartyEntry, author: Author) -> str:
    """Bring a party on record; its id. Raises BadInput, and Contradiction where one has this name."""
    author.require(connection, WRITE)
    made = checked_party(entry)
    _refuse_taken(connection, made.name, None)
    party_id = new_id(author.at)
    row = _row(made, author) | {"id": party_id, "version": 1}
    connection.execute(sa.insert(party), row | {"name_key": key_of(made.name)})
    _keep_change(connection, party_id, 1, made, author)
    note(connection, author.at, author.actor, "party.add", party_id, f"{made.kind}: {made.name}")
    return party_id


def change_party(connection: sa.Connection, party_id: str, entry: PartyEntry, base: int, author: Author) -> int:
    """Change or close a party that still stands as its version ``base``; the new version.

    Raises NotFound, BadInput, and Contradiction where it was changed meanwhile or the name is taken.
    """
    author.require(connection, WRITE)
    before = _known(connection, party_id)
    made = checked_party(entry)
    if before.version != base:
        raise Contradiction(f"{before.name} was changed meanwhile by {before.changed_by}")
    _refuse_taken(connection, made.name, party_id)
    values = _row(made, author) | {"version": base + 1, "name_key": key_of(made.name)}
    connection.execute(sa.update(party).where(party.c.id == party_id).values(values))
    _keep_change(connection, party_id, base + 1, made, author)
    was = PartyEntry(before.kind, before.name, before.region, before.note, before.is_closed)
    note(connection, author.at, author.actor, "party.change", party_id, made.name, Change(str(was), str(made)))
    return base + 1


def add_contact(connection: sa.Connection, party_id: str, entry: ContactEntry, author: Author) -> str:
    """Add a contact; its id. The audit does not repeat personal data."""
    author.require(connection, WRITE)
    author.require(connection, PERSONAL)
    found, made = _known(connection, party_id), checked_contact(entry)
    contact_id = new_id(author.at)
    row = {"id": contact_id, "party_id": party_id, "name": made.name, "phone": made.phone, "address": made.address}
    connection.execute(sa.insert(party_contact), row | {"added_at": author.at, "added_by": author.name})
    note(connection, author.at, author.actor, "party.contact.add", party_id, f"{found.name}: {contact_id}")
    return contact_id


def remove_contact(connection: sa.Connection, party_id: str, contact_id: str, author: Author) -> None:
    """Delete a contact for good; raises NotFound."""
    author.require(connection, WRITE)
    author.require(connection, PERSONAL)
    found = _known(connection, party_id)
    gone = connection.execute(
        sa.delete(party_contact).where(party_contact.c.id == contact_id, party_contact.c.party_id == party_id)
    )
    if gone.rowcount != 1:
        raise NotFound("no such contact is on record")
    note(connection, author.at, author.actor, "party.contact.remove", party_id, f"{found.name}: {contact_id}")


def view_contacts(connection: sa.Connection, party_id: str, author: Author) -> list[Contact]:
    """The contacts unmasked; that they were looked at is on record. Raises NotAllowed and NotFound."""
    author.require(connection, PERSONAL)
    found = _known(connection, party_id)
    contacts = contacts_of(connection, party_id)
    note(connection, author.at, author.actor, "party.contact.view", party_id, f"{found.name}: {len(contacts)}")
    return contacts


def _known(connection: sa.Connection, party_id: str) -> Party:
    found = party_by_id(connection, party_id)
    if found is None:
        raise NotFound("no such party is on record")
    return found


def _refuse_taken(connection: sa.Connection, name: str, own_id: str | None) -> None:
    other = parties_named(connection, [name]).get(name)
    if other is not None and other.id != own_id:
        raise Contradiction(f"{other.name} is on record already ({other.kind})")


def _row(entry: PartyEntry, author: Author) -> dict[str, object]:
    return {
        "kind": entry.kind,
        "name": entry.name,
        "region": entry.region,
        "note": entry.note,
        "is_closed": entry.is_closed,
        "changed_at": author.at,
        "changed_by": author.name,
    }


def _keep_change(connection: sa.Connection, party_id: str, version: int, entry: PartyEntry, author: Author) -> None:
    connection.execute(sa.insert(party_change), _row(entry, author) | {"party_id": party_id, "version": version})


def take_parties(
    connection: sa.Connection, entries: list[tuple[PartyEntry, ContactEntry | None]], author: Author
) -> int:
    """Bring many on record at once, as a file lists them; how many. Contacts need the right to see them."""
    author.require(connection, WRITE)
    if any(contact for _, contact in entries):
        author.require(connection, PERSONAL)
    for entry, contact in entries:
        party_id = add_party(connection, entry, author)
        if contact is not None:
            add_contact(connection, party_id, contact, author)
    return len(entries)

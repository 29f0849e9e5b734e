"""Who may sign on at a bench, as the server's last snapshot says: people by the hashes of badge and PIN."""

from __future__ import annotations

import hmac
from pathlib import Path

import msgspec

from station.model.errors import ServerError
from station.outbox.snapshot_file import parsed


class Operator(msgspec.Struct, frozen=True):
    """A person; ``badge`` and ``pin`` are argon2id hashes in PHC form, empty where there is none."""

    id: str
    name: str
    role: str
    badge: str = ""
    pin: str = ""
    language: str = ""


class _Snapshot(msgspec.Struct, frozen=True):
    operators: tuple[Operator, ...] = ()


class Roster(msgspec.Struct, frozen=True):
    """Everybody who may sign on; empty where the server has told nobody."""

    operators: tuple[Operator, ...] = ()

    def by_badge(self, code: str) -> Operator | None:
        """Whose badge was scanned; works as long as one hash takes, some 50 ms, for each salt in use."""
        made = {salt: _hash(code, salt) for salt in {_salt_of(one.badge) for one in self.operators if one.badge}}
        return next(
            (one for one in self.operators if one.badge and hmac.compare_digest(made[_salt_of(one.badge)], one.badge)),
            None,
        )

    def by_pin(self, name: str, pin: str) -> Operator | None:
        """The person of this name and PIN; takes as long for a name that nobody has."""
        wanted = " ".join(name.split()).casefold()
        person = next((one for one in self.operators if one.pin and one.name.casefold() == wanted), None)
        hashes = [person.pin] if person else [one.pin for one in self.operators if one.pin][:1]
        is_right = any(hmac.compare_digest(_hash(pin, _salt_of(one)), one) for one in hashes)
        return person if is_right else None


def roster_of(cached_state: Path) -> Roster:
    """The people of the snapshot on this disk, though it may have expired: nobody signs on by waiting for that.

    Nobody where there is no snapshot, or none that can be read.
    """
    try:
        return parsed(cached_state, checked_roster)
    except (OSError, ServerError):
        return Roster()


def checked_roster(body: bytes) -> Roster:
    """The people of a snapshot as the server sent it; raises ServerError for what cannot be used."""
    try:
        roster = Roster(msgspec.json.decode(body, type=_Snapshot).operators)
        for one in roster.operators:
            for kept in (one.badge, one.pin):
                if kept:
                    _salt_of(kept)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the snapshot's operators cannot be read: {error}") from None
    return roster


def _salt_of(kept: str) -> str:
    """Everything of a PHC string before the hash itself; raises ServerError where it is none of argon2id."""
    head, _, made = kept.rpartition("$")
    if not made or not head.startswith("$argon2id$v=19$") or head.count("$") != 4:
        raise ServerError("the snapshot's operators cannot be read: no hash of argon2id")
    return head


def _hash(secret: str, salt: str) -> str:
    """The PHC string that ``secret`` makes with the parameters and the salt in ``salt``."""
    import base64  # loaded where somebody signs on: runs start without it

    from argon2 import extract_parameters
    from argon2.low_level import Type, hash_secret

    kept = extract_parameters(salt + "$" + "A" * 43)
    text = salt.rpartition("$")[2]
    raw = base64.b64decode(text + "=" * (-len(text) % 4))
    made = hash_secret(secret.encode(), raw, kept.time_cost, kept.memory_cost, kept.parallelism, kept.hash_len, Type.ID)
    return made.decode()

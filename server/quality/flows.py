"""Fault codes are added, changed and retired, one by one or from a file; a code is never taken out of the records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from server.admin.author import Author
from server.admin.flows import note
from server.db.pending import Row
from server.errors import BadInput
from server.quality.code_file import STATE_WORDS, TypedCode, read_rows
from server.quality.queries import fault_tree, tree_version
from server.quality.tables import fault_code
from server.quality.tree import KIND_ABOVE, KINDS, FaultTree

WRITE = "codes.write"
CODE = re.compile("[A-Z0-9][A-Z0-9.-]{0,11}")
MAX_WORDS, MAX_PARENTS = 80, 38
ADDED, CHANGED, SAME, REFUSED = "added", "changed", "same", "refused"


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a row: added, changed, same, or refused for ``why``, which may be about ``subject``."""

    row: TypedCode
    outcome: str
    why: str = ""
    subject: str = ""


def judge_file(connection: sa.Connection, text: str) -> list[Judged]:
    """What would become of each row of a CSV file; nothing is changed. Raises BadInput for no such file."""
    return judge(fault_tree(connection), read_rows(text))


def judge(tree: FaultTree, rows: Sequence[TypedCode]) -> list[Judged]:
    """What would become of ``rows`` over ``tree``; a row under one that is refused is refused too."""
    seen: set[str] = set()
    judged = []
    for row in rows:
        judged.append(Judged(row, REFUSED, "twice") if row.code in seen else _judge_alone(tree, row))
        seen.add(row.code)
    while True:
        kinds = {code.code: code.kind for code in tree.codes.values()}
        kinds |= {one.row.code: one.row.kind for one in judged if one.outcome != REFUSED}
        again = [_judge_parents(one, kinds) for one in judged]
        if again == judged:
            return judged
        judged = again


def take_file(connection: sa.Connection, text: str, author: Author) -> list[Judged]:
    """Put on record what a file adds and changes; what it could not take is told. Raises BadInput for no such file."""
    author.require(connection, WRITE)
    judged = judge_file(connection, text)
    _keep(connection, judged, author)
    return judged


def take_code(connection: sa.Connection, row: TypedCode, author: Author) -> None:
    """Add or change one code; raises BadInput that names the field."""
    author.require(connection, WRITE)
    (judged,) = judge(fault_tree(connection), [row])
    if judged.outcome == REFUSED:
        raise BadInput(f"cannot be used: {judged.why} {judged.subject}".strip(), f"code_{judged.why}")
    _keep(connection, [judged], author)


def _judge_alone(tree: FaultTree, row: TypedCode) -> Judged:
    if row.kind not in KINDS:
        return Judged(row, REFUSED, "kind", row.kind)
    if not CODE.fullmatch(row.code):
        return Judged(row, REFUSED, "code", row.code)
    for field, words in (("zh", row.zh), ("en", row.en)):
        if not 0 < len(words) <= MAX_WORDS or not words.isprintable():
            return Judged(row, REFUSED, field)
    if row.state not in STATE_WORDS:
        return Judged(row, REFUSED, "state", row.state)
    known = tree.get(row.code)
    if known is None:
        return Judged(row, ADDED)
    if known.kind != row.kind:
        return Judged(row, REFUSED, "kind_changed", known.kind)
    before = (set(known.parents), known.zh, known.en, known.is_retired)
    after = (set(row.parents), row.zh, row.en, STATE_WORDS[row.state])
    return Judged(row, SAME if before == after else CHANGED)


def _judge_parents(judged: Judged, kinds: dict[str, str]) -> Judged:
    """Refused for the first parent that is no code of the kind above."""
    if judged.outcome == REFUSED:
        return judged
    if len(judged.row.parents) > MAX_PARENTS:
        return replace(judged, outcome=REFUSED, why="parents", subject=str(MAX_PARENTS))
    above = KIND_ABOVE[judged.row.kind]
    wrong = next((parent for parent in judged.row.parents if not above or kinds.get(parent) != above), None)
    return judged if wrong is None else replace(judged, outcome=REFUSED, why="parent", subject=wrong)


def _keep(connection: sa.Connection, judged: Sequence[Judged], author: Author) -> None:
    taken = [one for one in judged if one.outcome in (ADDED, CHANGED)]
    if not taken:
        return
    version = tree_version(connection) + 1
    connection.execute(sa.insert(fault_code), [_as_row(one.row, version, author) for one in taken])
    codes = " ".join(one.row.code for one in taken)
    note(connection, author.at, author.actor, "fault_codes.change", f"version {version}", codes[:500])


def _as_row(row: TypedCode, version: int, author: Author) -> Row:
    return {
        "code": row.code,
        "version": version,
        "kind": row.kind,
        "parents": " ".join(sorted(set(row.parents))),
        "zh": row.zh,
        "en": row.en,
        "is_retired": STATE_WORDS[row.state],
        "changed_at": author.at,
        "changed_by": author.name,
    }

"""Fault codes: the tree to start from, what a file of them may hold, and that a used code is never lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from server.admin.author import Author
from server.admin.permissions import permissions
from server.admin.tables import audit
from server.db.engine import Database
from server.errors import BadInput, NotAllowed
from server.quality.code_file import decode_file, read_rows, write_rows
from server.quality.flows import ADDED, CHANGED, REFUSED, SAME, WRITE, judge_file, take_file
from server.quality.queries import fault_tree, history_of, tree_version
from server.quality.tree import ACTION, CAUSE, KIND_ABOVE, SYMPTOM
from tests.server.conftest import RunningServer

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LEADER = Author("repair_leader", NOW)
HEAD = "kind,code,parents,zh,en\n"


def outcomes(database: Database, text: str) -> list[tuple[str, str, str]]:
    with database.reading() as connection:
        return [(one.outcome, one.why, one.subject) for one in judge_file(connection, text)]


def take(database: Database, text: str, author: Author = LEADER) -> None:
    with database.writing() as connection:
        take_file(connection, text, author)


def test_the_starting_tree_leads_from_every_symptom_to_an_action_and_names_nothing_that_is_not_there(
    database: Database,
) -> None:
    with database.reading() as connection:
        tree, version = fault_tree(connection), tree_version(connection)
    assert version == 1
    assert [len(tree.offered(kind)) for kind in (SYMPTOM, CAUSE, ACTION)] == [31, 39, 15]
    for code in tree.codes.values():
        assert code.changed_by == "built-in"
        assert all(tree.codes[parent].kind == KIND_ABOVE[code.kind] for parent in code.parents), code
        assert code.zh != code.en
    for symptom in tree.offered(SYMPTOM):
        assert len(tree.offered(CAUSE, symptom.code)) >= 3, symptom
    for cause in tree.offered(CAUSE):
        assert any(action.code not in ("A51", "A99") for action in tree.offered(ACTION, cause.code)) or (
            cause.code == "C99"
        ), cause
    assert [code.code for code in tree.offered(CAUSE, "S64")][:2] == ["C23", "C92"], "its own before those of all"


def test_a_file_that_is_tried_changes_nothing_and_each_row_says_what_would_become_of_it(database: Database) -> None:
    text = (
        HEAD
        + "cause,C18,S11 S12,复位芯片失效,Reset IC failed\n"
        + "symptom,S11,,不开机,Dead\n"
        + "symptom,S12,,死机或自动重启,Freezes or restarts\n"
        + "fault,X1,,x,x\n"
        + "cause,c 19,,x,x\n"
        + "cause,C19,,,x\n"
        + "cause,C19,,x,"
        + "x" * 81
        + "\n"
        + "cause,C20,S00,x,x\n"
        + "cause,C26,C11,x,x\n"
        + "symptom,S65,S64,x,x\n"
        + "symptom,C11,,x,x\n"
    )
    assert outcomes(database, text) == [
        (ADDED, "", ""),
        (CHANGED, "", ""),
        (SAME, "", ""),
        (REFUSED, "kind", "fault"),
        (REFUSED, "code", "C 19"),
        (REFUSED, "zh", ""),
        (REFUSED, "twice", ""),
        (REFUSED, "parent", "S00"),
        (REFUSED, "parent", "C11"),
        (REFUSED, "parent", "S64"),
        (REFUSED, "kind_changed", "cause"),
    ]
    with database.reading() as connection:
        assert tree_version(connection) == 1


def test_a_row_under_a_row_that_is_refused_is_refused_too(database: Database) -> None:
    text = HEAD + "action,A61,C66,换,Swap\ncause,C66,S66,坏,Bad\nsymptom,S66,,,Nothing\n"
    assert outcomes(database, text) == [(REFUSED, "parent", "C66"), (REFUSED, "parent", "S66"), (REFUSED, "zh", "")]
    assert outcomes(database, text.replace("S66,,,", "S66,,无,")) == [(ADDED, "", "")] * 3


def test_what_is_taken_is_one_version_with_its_audit_and_what_was_before_stays_readable(database: Database) -> None:
    take(database, HEAD + "symptom,S11,,不通电,Dead\ncause,C18,S11,复位芯片失效,Reset IC failed\ncause,,,x,x\n")
    with database.reading() as connection:
        assert tree_version(connection) == 2
        assert [(code.version, code.zh) for code in history_of(connection, "S11")] == [(2, "不通电"), (1, "不开机")]
        assert fault_tree(connection).offers(CAUSE, "C18", "S11")
        detail = connection.scalar(sa.select(audit.c.detail).where(audit.c.action == "fault_codes.change"))
    assert detail == "S11 C18"
    take(database, HEAD + "symptom,S11,,不通电,Dead\n")
    with database.reading() as connection:
        assert tree_version(connection) == 2, "nothing changed, so there is no version"


def test_a_retired_code_is_not_offered_and_keeps_its_words(database: Database) -> None:
    take(database, "kind,code,zh,en,state\nsymptom,S34,音量不能调,Volume cannot be set,retired\n")
    with database.reading() as connection:
        tree = fault_tree(connection)
    assert not tree.offers(SYMPTOM, "S34")
    assert tree.name("S34", "en") == "Volume cannot be set"
    assert (tree.name("S00", "en"), tree.both("S34")) == ("S00", "音量不能调 / Volume cannot be set")


def test_what_is_saved_can_be_read_again_and_would_change_nothing(database: Database) -> None:
    with database.reading() as connection:
        text = write_rows(fault_tree(connection).codes.values())
        assert {one.outcome for one in judge_file(connection, text)} == {SAME}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_a_chinese_spreadsheet_is_read_in_the_encoding_it_writes(encoding: str) -> None:
    content = "类别,代码,上级,中文,英文,状态\n原因,c18,s11;s12,复位芯片失效,Reset IC failed,停用\n".encode(encoding)
    (row,) = read_rows(decode_file(content))
    assert (row.kind, row.code, row.parents, row.zh, row.state) == (
        "cause",
        "C18",
        ("S11", "S12"),
        "复位芯片失效",
        "停用",
    )


@pytest.mark.parametrize("text", ["", "code,zh\nC1,x\n", HEAD, 'kind,code,zh,en\n"cause,C1,x,x\n'])
def test_a_file_without_the_columns_or_without_rows_is_refused_as_a_whole(database: Database, text: str) -> None:
    with pytest.raises(BadInput):
        outcomes(database, text)
    with pytest.raises(BadInput):
        decode_file(b"\xff\xff\xff")


def test_only_who_may_changes_the_codes(server: RunningServer) -> None:
    body = {"kind": "cause", "parents": ["S11"], "zh": "复位芯片失效", "en": "Reset IC failed"}
    for role in permissions().roles:
        answer = server.log_in(role).put("/v1/fault-codes/C18", json=body)
        assert answer.status_code == (200 if permissions().allows(role, WRITE) else 403), role
    with pytest.raises(NotAllowed):
        take(server.database, HEAD + "cause,C19,,x,y\n", Author("technician", NOW))


def test_the_api_has_the_tree_takes_its_own_example_and_says_what_it_refuses(server: RunningServer) -> None:
    client = server.log_in("engineer")
    spec: dict[str, Any] = client.get("/openapi.json").json()
    (example,) = spec["components"]["schemas"]["CodeBody"]["examples"]
    assert client.put("/v1/fault-codes/C18", json=example).json()["version"] == 2
    assert client.put("/v1/fault-codes/C18", json=example).json()["version"] == 2
    answer = client.get("/v1/fault-codes").json()
    assert answer["version"] == 2
    assert {code["code"]: code["parents"] for code in answer["codes"]}["C18"] == ["S11", "S12"]
    refused = client.put("/v1/fault-codes/C18", json=example | {"parents": ["A11"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "code_parent")

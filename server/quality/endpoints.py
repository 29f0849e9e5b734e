"""The fault codes over the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.quality.code_file import IN_FORCE, RETIRED, TypedCode
from server.quality.flows import CODE, MAX_PARENTS, MAX_WORDS, WRITE, take_code
from server.quality.queries import fault_tree, tree_version
from server.quality.tree import FaultCode

router = APIRouter(prefix="/v1", tags=["fault codes"])
EXAMPLE: JsonDict = {
    "kind": "cause",
    "parents": ["S11", "S12"],
    "zh": "复位芯片失效",
    "en": "Reset IC failed",
    "is_retired": False,
}


class CodeBody(BaseModel):
    """What a code is to be; ``parents`` are the codes of the kind above that it is offered under, none for all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    kind: str = Field(max_length=10)
    parents: list[str] = Field(default=[], max_length=MAX_PARENTS)
    zh: str = Field(max_length=MAX_WORDS)
    en: str = Field(max_length=MAX_WORDS)
    is_retired: bool = False


class CodeAnswer(BaseModel):
    """A code as it stands since ``version`` of the tree."""

    code: str
    version: int
    kind: str
    parents: list[str]
    zh: str
    en: str
    is_retired: bool


class TreeAnswer(BaseModel):
    """Every code, the retired ones too."""

    version: int
    codes: list[CodeAnswer]


@router.get("/fault-codes")
def get_codes(user: Annotated[User, Depends(require("records.read"))], connection: Reading) -> TreeAnswer:
    """The whole tree, by code."""
    codes = [_answer(code) for code in fault_tree(connection).codes.values()]
    return TreeAnswer(version=tree_version(connection), codes=codes)


@router.put("/fault-codes/{code}")
def put_code(
    code: Annotated[str, Path(pattern=f"^{CODE.pattern}$", examples=["C18"])],
    body: CodeBody,
    user: Annotated[User, Depends(require(WRITE))],
    database: InDatabase,
    at: Now,
) -> CodeAnswer:
    """Add or change a code; the same again changes nothing."""
    state = RETIRED if body.is_retired else IN_FORCE
    typed = TypedCode(1, body.kind, code, tuple(body.parents), body.zh.strip(), body.en.strip(), state)
    with database.writing() as connection:
        take_code(connection, typed, Author(user.name, at))
        return _answer(fault_tree(connection).codes[code])


def _answer(code: FaultCode) -> CodeAnswer:
    return CodeAnswer.model_validate(code, from_attributes=True)

"""The trade's words for fault codes and repairs, and the sentences for what stands in the way of them."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


CODE_KINDS = {
    "symptom": mark("symptom"),
    "cause": mark("cause"),
    "action": mark("action"),
}
CODE_STATES = {
    "in force": mark("in force"),
    "retired": mark("retired"),
}
CODE_OUTCOMES = {
    "added": mark("added"),
    "changed": mark("changed"),
    "same": mark("as it is"),
}
CODE_REFUSALS = {
    "code_kind": mark("The kind is symptom, cause or action; this is none:"),
    "code_code": mark("A code has capital letters, digits, dots and hyphens, at most 12."),
    "code_zh": mark("The Chinese words are missing or longer than 80 characters."),
    "code_en": mark("The English words are missing or longer than 80 characters."),
    "code_state": mark("The state is in force or retired; this is neither:"),
    "code_twice": mark("The code comes twice; the first row counts."),
    "code_kind_changed": mark("The code is on record as another kind:"),
    "code_parents": mark("It is offered under too many codes; leave it empty for all. The most are:"),
    "code_parent": mark("It cannot be offered under this: it is no code of the kind above."),
}

REPAIR_TABLES = {
    "code_kind": CODE_KINDS,
    "code_state": CODE_STATES,
    "code_outcome": CODE_OUTCOMES,
    "code_refusal": CODE_REFUSALS,
}

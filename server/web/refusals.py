"""What stands in the way of a form, as a code that the pages have a sentence for."""

from __future__ import annotations

from server.errors import BadInput, Contradiction, NotAllowed, NotInForce, RequestError, TooLarge


def refusal_of(error: RequestError | None) -> str:
    """The field that cannot be used, ``is_`` with a state, or what kind of refusal it is; empty for none."""
    match error:
        case None:
            return ""
        case BadInput():
            return error.field
        case NotInForce():
            return f"is_{error.state}"
        case Contradiction():
            return "already"
        case TooLarge():
            return "too_large"
        case NotAllowed():
            return "same_person"
        case _:
            return "gone"

"""How the errors of a link say what was asked and why it failed."""

from __future__ import annotations

_SHOWN_BYTES = 80


def shown(asked: bytes | str) -> str:
    """A message as people read it; a long one is cut, so that it does not drown the reason."""
    if isinstance(asked, str):
        return asked
    return repr(asked) if len(asked) <= _SHOWN_BYTES else f"{asked[:_SHOWN_BYTES]!r}… ({len(asked)} bytes)"


def reason(error: OSError | EOFError) -> str:
    """The system's words, without its number; a channel raises EOFError where its peer has closed."""
    if isinstance(error, EOFError):
        return "the peer closed the link"
    return error.strerror or str(error) or type(error).__name__

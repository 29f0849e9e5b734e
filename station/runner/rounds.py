"""What things are called in one round of a group of steps that is played several times."""

from __future__ import annotations


def numbered(name: str, number: int) -> str:
    """``name`` as it is called in round ``number``, which counts from 1; 0 is no round."""
    return f"{name}_{number}" if number else name


def plain(name: str, number: int) -> str:
    """``name`` without its round."""
    return name.removesuffix(f"_{number}") if number else name

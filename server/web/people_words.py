"""The words of people's rights: states of delegations, scopes of tokens, and what stands in the way."""

from __future__ import annotations


def mark(text: str) -> str:
    """Marks ``text`` for extraction; the catalogue is asked when the page is drawn."""
    return text


DELEGATION_STATES = {
    "ahead": mark("ahead"),
    "in_force": mark("holds at present"),
    "over": mark("over"),
    "ended": mark("taken back"),
}
TOKEN_SCOPES = {
    "letters.write": mark("a bench: sends and asks"),
    "letters.send": mark("sends letters only"),
}
REFUSALS = {
    "already": mark("Nothing was changed: the name is taken, or somebody else changed it meanwhile. Look at it again."),
    "same_person": mark("Another person has to do this: nobody changes rights of their own."),
    "gone": mark("Nothing was changed: it is not there any more."),
    "name": mark("A name has 1 to 80 characters that can be printed."),
    "role": mark("The role is none of the list."),
    "last_keeper": mark("Nobody else sees to accounts: make another supervisor first."),
    "old": mark("The old password is wrong."),
    "again": mark("The two are not the same. Type the new password twice."),
    "password": mark("A password has 8 to 1000 characters."),
    "weak": mark("This password is soon guessed. Take a sentence of some words, without your name."),
    "same": mark("This is the old password. Choose another."),
    "code": mark("The code is used up, over, or mistyped. Ask for another."),
    "taker": mark("Choose a person whose account is open."),
    "actions": mark("Choose rights that you have yourself and may hand on."),
    "days": mark("Give whole numbers or days: the last not before the first, not past, and not too far away."),
    "reason": mark("Say why, in at most 200 characters."),
    "station_id": mark("A station's name has lower-case letters, digits and hyphens, at most 63."),
    "scope": mark("Choose what the token is for."),
}
PEOPLE_TABLES = {
    "delegation_state": DELEGATION_STATES,
    "token_scope": TOKEN_SCOPES,
    "people_refusal": REFUSALS,
}

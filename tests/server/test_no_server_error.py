"""Whatever is asked, the server answers for it: 2xx to 4xx, never a 5xx (`make soak AREA=api` asks far more)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest
from schemathesis import GenerationMode

from server.wire.ids import new_id
from tests.server.asked_anything import Inquiry, ask_described, ask_hostile, ask_spoiled_examples
from tests.server.asked_in_process import office
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook


@contextmanager
def inquiry_at(site: Site) -> Iterator[Inquiry]:
    """An inquiry at the site, where a run, a burn and a return case are on record."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        there = runner.run(stack.enter_async_context(office(site, ["supervisor"])))
        try:
            keep_something(Inquiry(there, runner))
            made = Inquiry(there, runner)
            yield made
            assert made.still_lets_in(), "the session was lost on the way"
        finally:
            runner.run(stack.aclose())


def keep_something(inquiry: Inquiry) -> None:
    """A run, a burn and a return case."""
    book = LetterBook()
    for letter in (book.run(), book.burn()):
        kind = {"Content-Type": "application/json"}
        inquiry.ask(letter.path, "PUT", letter.path, content=letter.body, headers=kind)
    units = [{"serial": "FJR126110009", "reason": "no sound"}]
    arrival = {"waybill": {"courier": "SF", "number": "1"}, "source": "4S", "units": units}
    inquiry.ask("arrival", "PUT", f"/v1/arrivals/{new_id(book.born)}", json=arrival)


def test_what_the_apis_description_allows_is_never_a_server_error(site: Site) -> None:
    with inquiry_at(site) as inquiry:
        ask_described(inquiry, 1, [GenerationMode.POSITIVE])
        assert inquiry.asked > 50
        assert not inquiry.broken, said(inquiry)


def test_what_nobody_should_send_is_never_a_server_error(site: Site) -> None:
    with inquiry_at(site) as inquiry:
        ask_hostile(inquiry, ("\0",))
        ask_spoiled_examples(inquiry, ("\ud800", 2**63))
        assert not inquiry.broken, said(inquiry)


def said(inquiry: Inquiry) -> str:
    return "\n".join(f"{name} — {what}" for name, what in inquiry.broken.items())


@pytest.mark.both_databases
def test_a_command_whose_id_is_none_is_refused_before_anything_is_on_record(site: Site) -> None:
    """Once it was on record, no page of its case could be read again."""
    with inquiry_at(site) as inquiry:
        case = f"/cases/{inquiry.known['case_id'][0]}"
        form = {
            "item": "packing",
            "present": "packing",
            "gate": "passed",
            "reason": "as is",
            "note": "",
            "how": "install",
        }
        for part in ("checks", "overrides", "boards", "merge", "moves"):
            inquiry.ask(
                part, "POST", f"{case}/{part}", data=form | {"made": "1", "board": "FJR126110001", "move": "take"}
            )
        inquiry.ask("the case", "GET", case)
        assert not inquiry.broken, said(inquiry)

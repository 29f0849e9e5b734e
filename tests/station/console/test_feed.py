"""What an open page hears: a state first, then every change in its order; a frame's values are told together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from sse_starlette.event import ServerSentEvent

from station.console.feed import CAPACITY, PACE_S, Feed


def trial(body: Callable[[Feed, AsyncIterator[ServerSentEvent]], Awaitable[None]]) -> None:
    async def bounded() -> None:
        feed = Feed(lambda: b'"whole"')
        follower = feed.follow()
        assert said(await anext(follower)) == ("state", "whole")
        await asyncio.wait_for(body(feed, follower), 20)
        await follower.aclose()
        assert feed.listener_count == 0

    asyncio.run(bounded())


def said(event: ServerSentEvent) -> tuple[str | None, object]:
    return event.event, msgspec.json.decode(str(event.data))


def test_entries_that_came_together_are_told_together_and_what_came_between_apart() -> None:
    async def body(feed: Feed, follower: AsyncIterator[ServerSentEvent]) -> None:
        for name, content in [("run", b"1"), ("entry", b"2"), ("entry", b"3"), ("station", b"4"), ("entry", b"5")]:
            feed.publish(name, content)
        told = [said(await anext(follower)) for _ in range(4)]
        assert told == [("run", 1), ("entries", [2, 3]), ("station", 4), ("entries", [5])]

    trial(body)


def test_one_entry_waits_for_nothing_and_what_follows_it_for_half_a_frame() -> None:
    async def body(feed: Feed, follower: AsyncIterator[ServerSentEvent]) -> None:
        clock = asyncio.get_running_loop().time
        feed.publish("entry", b"1")
        first = asyncio.ensure_future(anext(follower))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert first.done() and said(first.result()) == ("entries", [1])
        began = clock()
        for number in (b"2", b"3"):
            feed.publish("entry", number)
        assert said(await anext(follower)) == ("entries", [2, 3])
        assert clock() - began >= PACE_S / 2

    trial(body)


def test_a_page_that_is_too_slow_hears_the_whole_again_and_no_rest_of_what_it_lost() -> None:
    async def body(feed: Feed, follower: AsyncIterator[ServerSentEvent]) -> None:
        for _ in range(CAPACITY + 1):
            feed.publish("entry", b"1")
        assert said(await anext(follower)) == ("state", "whole")
        feed.publish("entry", b"2")
        assert said(await anext(follower)) == ("entries", [2])

    trial(body)

"""The pages of the console, drawn in the reader's language with the state they start from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from html import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from sse_starlette import EventSourceResponse

from station import __version__
from station.console.burn_words import clerk_words
from station.console.desk import BenchCard, Desk
from station.console.words import COOKIE, LANGUAGES, language_of, page_names, translations, words

YEAR_S = 365 * 24 * 3600
TEMPLATES: Mapping[str, str] = {"/": "operator.html", "/burn": "burn.html"}
"""What is drawn at which path."""
WORDS: Mapping[str, Callable[[Callable[[str], str]], dict[str, str]]] = {"/": words, "/burn": clerk_words}
"""Whose scripts look up which texts."""


def page_routes(desk: Desk) -> APIRouter:
    """The page, the state, and the stream of its changes."""
    router = APIRouter()

    @router.get("/")
    async def operator_page(request: Request, lang: str = "") -> Response:
        return answered(request, lang, lambda language: draw("/", desk.bench, desk.snapshot(), language))

    @router.get("/state")
    async def state() -> Response:
        return Response(desk.snapshot(), media_type="application/json", headers={"Cache-Control": "no-store"})

    @router.get("/events")
    async def events() -> Response:
        return EventSourceResponse(desk.feed.follow(), ping=10)

    return router


def answered(request: Request, lang: str, draw_in: Callable[[str], str]) -> Response:
    """The page in the reader's language; ``lang`` chooses one and comes back to the page."""
    if lang in LANGUAGES:
        answer: Response = RedirectResponse(request.url.path, status_code=303)
        answer.set_cookie(COOKIE, lang, max_age=YEAR_S, samesite="strict")
        return answer
    language = language_of(request.cookies.get(COOKIE, ""), request.headers.get("accept-language", ""))
    return HTMLResponse(draw_in(language), headers={"Cache-Control": "no-store"})


def draw(path: str, bench: BenchCard, state: bytes, language: str) -> str:
    """The HTML of the page at ``path``, which starts from ``state``."""
    catalogue = translations(language)
    names = page_names(catalogue.gettext)
    if not bench.has_programmers:
        del names["/burn"]
    return (
        _environment(language)
        .get_template(TEMPLATES[path])
        .render(
            language=language,
            html_language=language.replace("_", "-"),
            languages=LANGUAGES,
            bench=bench,
            page=path,
            pages=names,
            version=__version__,
            words=WORDS[path](catalogue.gettext),
            state=json_island(state),
        )
    )


def json_island(body: bytes) -> Markup:
    """``body`` for a script element of type application/json; no text in it can end the element."""
    text = body.decode()
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (no markup is left in it)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("station.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.globals["icon"] = icon
    catalogue = translations(language)
    # The extension adds this method when it is loaded; its type is not known to the checker.
    environment.extend(newstyle_gettext=True)
    environment.globals.update(gettext=catalogue.gettext, ngettext=catalogue.ngettext, _=catalogue.gettext)
    return environment


def icon(name: str) -> Markup:
    """One of our pictograms; decoration, the word beside it says the same."""
    return Markup(f'<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#{escape(name)}"></use></svg>')  # noqa: S704

"""Draws a template in the reader's language: the only way a page is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server.web import amounts, formats
from server.web.csrf import csrf_token
from server.web.headers import GUARDS, PRIVATE
from server.web.language import COOKIE, LANGUAGES, Language, catalogue, choose_language
from server.web.limit_bar import limit_bar
from server.web.navigation import navigation
from server.web.spoken import spoken
from server.web.static_files import static_url

TEMPLATES = Path(__file__).parent / "templates"
SESSION_COOKIE = "fanji_session"


@dataclass(frozen=True, slots=True)
class Site:
    """Where the pages are read: the site's name in the header, the zone of its clocks."""

    name: str
    zone: ZoneInfo


def page(request: Request, template: str, /, status: int = 200, **context: object) -> HTMLResponse:
    """Draw ``template``; every page gets ``user`` (None before login), the formats and the form token with it."""
    language = reader_language(request)
    site: Site = request.app.state.site
    session = request.cookies.get(SESSION_COOKIE, "")
    drawn = environment(language).get_template(template)
    shared: dict[str, object] = {
        "user": None,
        "request": request,
        "here": here(request),
        "language": language,
        "languages": LANGUAGES,
        "site": site,
        "fmt": formats.Formats(language, site.zone, datetime.now(UTC)),
        "csrf": csrf_token(session) if session else "",
    }
    html = drawn.render(shared | context)
    return HTMLResponse(
        html, status_code=status, headers=GUARDS | {"Content-Language": language.tag, "Cache-Control": PRIVATE}
    )


def reader_language(request: Request) -> Language:
    return choose_language(request.cookies.get(COOKIE), request.headers.get("accept-language"))


def here(request: Request) -> str:
    """Path and query of this page, to come back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def local_path(target: str) -> str:
    """``target`` if it is a path of this site, else the front page: a link may not lead a reader elsewhere."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_local else "/"


@lru_cache(maxsize=len(LANGUAGES))
def environment(language: Language) -> Environment:
    """Templates bound to a language; an undefined name is an error, and every text is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    texts = catalogue(language)
    made.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    made.globals.update(
        static=static_url,
        limit_bar=limit_bar,
        navigation=navigation,
        limit_text=formats.limit_text,
        word=lambda table, code: spoken(language, table, code),
        query=_query,
    )
    made.filters.update(
        quantity=formats.quantity,
        byte_size=formats.byte_size,
        short=formats.short_digest,
        person=formats.person,
        money=amounts.money_text,
        kilograms=amounts.kilograms,
    )
    return made


def _query(pairs: dict[str, object]) -> str:
    """``?verdict=FAIL&text=x`` of the pairs that say something; empty for none."""
    said = {name: str(value) for name, value in pairs.items() if value not in (None, "")}
    return f"?{urlencode(said)}" if said else ""

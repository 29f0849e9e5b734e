"""Gives an application what its pages need: the site, the static files, the language link and the headers."""

from __future__ import annotations

from fastapi import FastAPI

from server.web import language_switch
from server.web.headers import PageHeaders
from server.web.render import Site
from server.web.static_files import PREFIX, static_files


def furnish(app: FastAPI, site: Site) -> None:
    """Call once, before the application serves."""
    app.state.site = site
    app.mount(PREFIX, static_files(), name="static")
    app.include_router(language_switch.router)
    app.add_middleware(PageHeaders)

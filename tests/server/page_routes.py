"""The addresses an application answers, as they are with the prefixes of their routers."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts


def api_routes(app: FastAPI) -> list[tuple[str, str, APIRoute]]:
    """Method, address and route of everything that is asked or told."""
    return [
        (method, context.path or "", context.original_route)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in sorted(context.original_route.methods)
    ]


def page_routes(app: FastAPI) -> list[str]:
    """The addresses of pages, and of what they link to: everything read that is not part of the API."""
    return sorted({path for method, path, route in api_routes(app) if method == "GET" and not route.include_in_schema})

"""The page that shows the API, drawn from our own static files alone."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from server.web.static_files import static_url

router = APIRouter(include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fanji API</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="{style}">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{bundle}"></script>
<script src="{init}"></script>
</body>
</html>
"""


@router.get("/docs")
def api_docs() -> HTMLResponse:
    """Swagger UI over /openapi.json."""
    return HTMLResponse(
        PAGE.format(
            icon=static_url("server-icon.svg"),
            style=static_url("vendor/swagger-ui.css"),
            bundle=static_url("vendor/swagger-ui-bundle.js"),
            init=static_url("docs-init.js"),
        )
    )

"""Puts the server together: every domain's endpoints and pages over one database and one letter writer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version

import sqlalchemy as sa
from fastapi import FastAPI, Request

import server.admin.audit_page
import server.admin.delegation_pages
import server.admin.endpoints
import server.admin.own_pages
import server.admin.pages
import server.admin.people_endpoints
import server.admin.people_pages
import server.admin.security_endpoints
import server.admin.token_pages
import server.attachments.endpoints
import server.attachments.pages
import server.burns.pages
import server.desk.pages
import server.dock.parcel_pages
import server.dock.receive_pages
import server.freight.pages
import server.gates.case_endpoints
import server.gates.case_forms
import server.gates.case_page
import server.gates.endpoints
import server.gates.pages
import server.gates.scan_page
import server.gates.unit_page
import server.images.endpoints
import server.images.pages
import server.ingest.acceptance_pages
import server.ingest.endpoints
import server.ingest.order_endpoints
import server.ingest.pages
import server.interception.endpoints
import server.interception.pages
import server.logistics.pages
import server.numbers.pages
import server.orders.endpoints
import server.orders.pages
import server.parties.pages
import server.parts.endpoints
import server.parts.pages
import server.products.pages
import server.quality.endpoints
import server.quality.pages
import server.repairs.board_pages
import server.repairs.endpoints
import server.repairs.figure_endpoints
import server.repairs.figure_pages
import server.repairs.pages
import server.reports.pages
import server.returns.endpoints
import server.returns.pages
import server.runs.comparison_pages
import server.runs.pages
import server.service.endpoints
import server.service.pages
import server.statistics.pages
import server.units.endpoints
import server.units.pages
from server.admin.asked_from import AskedFrom
from server.attachments.endpoints import ATTACHMENT_PATHS
from server.config import Settings
from server.db.engine import Database, database_of
from server.db.schema import head_revision, require_migrated
from server.db.serving_lock import serving_lock
from server.errors import StorageError
from server.freight.pages import BILL_PATH
from server.freight.pages import MAX_UPLOAD_BYTES as MAX_FREIGHT_BYTES
from server.gates.watch import StateWatch
from server.images.pages import MAX_UPLOAD_BYTES
from server.ingest.letter_body import LETTER_PATHS
from server.ingest.writer import LetterWriter
from server.interception.catching import catch_up
from server.logistics.waybill_page import MAX_UPLOAD_BYTES as MAX_SLIP_BYTES
from server.logistics.waybill_page import PHOTO_PATH
from server.runs.follower import SumFollower
from server.web import api_docs
from server.web.body_limit import BodyLimit
from server.web.furnish import furnish
from server.web.problems import answer_problems
from server.web.render import Site

ROUTERS = (
    server.ingest.endpoints.router,
    server.attachments.endpoints.router,
    server.attachments.pages.router,
    server.admin.endpoints.router,
    server.admin.people_endpoints.router,
    server.admin.security_endpoints.router,
    server.gates.endpoints.router,
    server.gates.case_endpoints.router,
    server.gates.scan_page.router,
    server.gates.case_page.router,
    server.gates.case_forms.router,
    server.gates.unit_page.router,
    server.gates.pages.router,
    server.admin.pages.router,
    server.admin.own_pages.router,
    server.admin.people_pages.router,
    server.admin.delegation_pages.router,
    server.admin.token_pages.router,
    server.admin.audit_page.router,
    server.desk.pages.router,
    server.units.endpoints.router,
    server.units.pages.router,
    server.runs.pages.router,
    server.runs.comparison_pages.router,
    server.statistics.pages.router,
    server.reports.pages.router,
    server.service.endpoints.router,
    server.service.pages.router,
    server.burns.pages.router,
    server.images.endpoints.router,
    server.images.pages.router,
    server.interception.endpoints.router,
    server.interception.pages.router,
    server.orders.endpoints.router,
    server.orders.pages.router,
    server.parts.endpoints.router,
    server.parts.pages.router,
    server.ingest.acceptance_pages.router,
    server.ingest.order_endpoints.router,
    server.numbers.pages.router,
    server.quality.endpoints.router,
    server.quality.pages.router,
    server.repairs.endpoints.router,
    server.repairs.figure_endpoints.router,
    server.repairs.board_pages.router,
    server.repairs.figure_pages.router,
    server.repairs.pages.router,
    server.products.pages.router,
    server.parties.pages.router,
    server.logistics.pages.router,
    server.freight.pages.router,
    server.dock.receive_pages.router,
    server.dock.parcel_pages.router,
    server.returns.endpoints.router,
    server.returns.pages.router,
    server.ingest.pages.router,
    api_docs.router,
)


def create_app(settings: Settings) -> FastAPI:
    """The application; it opens the database when it starts and refuses to start on a schema of another version."""
    app = FastAPI(
        title="Fanji server", version=version("fanji"), docs_url=None, redoc_url=None, lifespan=_while_serving
    )
    app.state.settings = settings
    app.state.seen_tokens = {}
    app.state.state_watch = None
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/healthz", health, tags=["health"])
    longest = {
        server.images.pages.UPLOAD_PATH: MAX_UPLOAD_BYTES,
        PHOTO_PATH: MAX_SLIP_BYTES,
        BILL_PATH: MAX_FREIGHT_BYTES,
    }
    app.add_middleware(AskedFrom)
    app.add_middleware(BodyLimit, unbounded=(*LETTER_PATHS, ATTACHMENT_PATHS), longest=longest)
    furnish(app, Site(settings.site, settings.zone))
    answer_problems(app)
    return app


def health(request: Request) -> dict[str, str]:
    """Whether the database answers and the writer lives; 503 if not."""
    database: Database = request.app.state.database
    writer: LetterWriter = request.app.state.letter_writer
    with database.reading() as connection:
        connection.execute(sa.text("SELECT 1"))
    if not writer.is_alive:
        raise StorageError("the letter writer has ended: restart the server")
    return {"status": "ok", "version": version("fanji"), "schema": head_revision()}


@asynccontextmanager
async def _while_serving(app: FastAPI) -> AsyncIterator[None]:
    """Hold the lock, the database and the writer for as long as the application serves."""
    settings: Settings = app.state.settings
    with serving_lock(settings, serves=True):
        database = database_of(settings)
        require_migrated(database)
        writer = LetterWriter(database, settings.site, lambda: datetime.now(UTC))
        app.state.database, app.state.letter_writer = database, writer
        app.state.state_watch = StateWatch(database)
        follower = SumFollower(database)
        with database.writing() as connection:
            catch_up(connection, datetime.now(UTC))
        writer.start()
        follower.start()
        watching = asyncio.create_task(app.state.state_watch.run())
        try:
            yield
        finally:
            watching.cancel()
            writer.stop()
            follower.stop()
            database.close()

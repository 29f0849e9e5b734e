"""The pages of the parts ledger; those with a name of their own come before those of one part."""

from __future__ import annotations

from fastapi import APIRouter

from server.parts import (
    count_pages,
    import_pages,
    movement_pages,
    part_forms,
    part_pages,
    plan_pages,
    request_pages,
)

router = APIRouter()
for pages in (movement_pages, request_pages, count_pages, plan_pages, import_pages, part_forms, part_pages):
    router.include_router(pages.router)

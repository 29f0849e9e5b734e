"""Fills the template of a bench file with what a run says."""

from __future__ import annotations

import re

from station.config.label_table import PLACEHOLDER, LabelField, LabelRow
from station.model.errors import PlanError
from station.model.label import CodeMark, Label, TextMark
from station.outbox.label_book import LabelFacts

VALUE = "value."


def label_of(facts: LabelFacts, row: LabelRow) -> Label:
    """The label of a run; raises PlanError where the template names a value that the run does not have."""
    marks = tuple(_mark(field, facts) for field in row.fields_of(facts.product))
    return Label(row.width_mm, row.height_mm, row.gap_mm, row.dots_per_mm, marks)


def _mark(field: LabelField, facts: LabelFacts) -> TextMark | CodeMark:
    text = PLACEHOLDER.sub(lambda match: _said(match, facts), field.content)
    if field.kind == "text":
        if not field.font and not text.isascii():
            raise PlanError(f"{text!r} cannot be printed in the built-in font: give the label's field a font")
        return TextMark(field.x_mm, field.y_mm, field.height_mm, text, field.font)
    return CodeMark(field.kind, field.x_mm, field.y_mm, field.height_mm, field.module_mm, text)


def _said(match: re.Match[str], facts: LabelFacts) -> str:
    name = match[1]
    if name.startswith(VALUE):
        value = facts.values.get(name.removeprefix(VALUE))
        if value is None:
            raise PlanError(f"the label names {name}, which run {facts.run_id} did not measure")
        return value
    local = facts.finished_at.astimezone()
    return {
        "serial": facts.serial,
        "product": facts.product,
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
        "operator": facts.operator,
        "station": facts.station_id,
        "attempt": str(facts.attempt),
        "run": facts.run_id,
        "verdict_zh": "合格",
        "verdict_en": "PASS",
    }[name]

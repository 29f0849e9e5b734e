"""Fills the template of a bench file with what a run or a burn says."""

from __future__ import annotations

import re

from station.config.label_table import PLACEHOLDER, LabelField, LabelRow
from station.model.errors import PlanError
from station.model.label import CodeMark, Label, TextMark
from station.outbox.label_facts import IcLabelFacts, LabelFacts


def label_of(facts: LabelFacts | IcLabelFacts, row: LabelRow) -> Label:
    """The label; raises PlanError where the template names a value that is not there."""
    marks = tuple(_mark(field, facts) for field in row.fields_of(facts.product))
    return Label(row.width_mm, row.height_mm, row.gap_mm, row.dots_per_mm, marks)


def _mark(field: LabelField, facts: LabelFacts | IcLabelFacts) -> TextMark | CodeMark:
    text = PLACEHOLDER.sub(lambda match: _said(match, facts), field.content)
    if field.kind == "text":
        if not field.font and not text.isascii():
            raise PlanError(f"{text!r} cannot be printed in the built-in font: give the label's field a font")
        return TextMark(field.x_mm, field.y_mm, field.height_mm, text, field.font)
    return CodeMark(field.kind, field.x_mm, field.y_mm, field.height_mm, field.module_mm, text)


def _said(match: re.Match[str], facts: LabelFacts | IcLabelFacts) -> str:
    text = facts.said(match[1])
    if text is None:
        raise PlanError(f"the label names {match[1]}, which {facts.record_id} does not have")
    return text

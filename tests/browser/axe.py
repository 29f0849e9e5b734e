"""axe-core as the judge of a page: what it finds that keeps people out, in light and in dark."""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Page

import hatch_build
from tests.conftest import ROOT

GRAVE = ("serious", "critical")
LISTING = "tests/browser/fetched.toml"
RUN = """async (rules) => {
    const only = rules.length ? { runOnly: { type: "rule", values: rules } } : {};
    const found = await axe.run(document, { resultTypes: ["violations"], ...only });
    const told = (node) => `${node.target.join(" ")}: ${node.failureSummary.split("\\n")[1] ?? ""}`;
    return found.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(told) })); }"""
DARK = ["color-contrast"]
"""What can be other in the dark: the page is the same."""


@cache
def source() -> str:
    """axe-core itself; the first test that asks fetches it."""
    hatch_build.fetch_packages(ROOT, LISTING)
    return (ROOT / "tests/browser/vendor/axe.min.js").read_text(encoding="utf-8")


def faults_of(page: Page) -> list[str]:
    """Every serious or critical finding on ``page`` as it is shown; its context has no policy. It is left in light."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(content=source())
    faults = []
    for scheme, rules in (("dark", DARK), ("light", [])):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        for found in page.evaluate(RUN, rules):
            if found["impact"] in GRAVE:
                faults += [f"{scheme}: {found['id']}: {node}" for node in found["nodes"]]
    return faults

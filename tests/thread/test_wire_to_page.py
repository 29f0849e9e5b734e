"""One measurement is followed from the instrument's terminals to the page of the server."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from fixtures.demo.office import Office, lost_letters
from fixtures.demo.story import UNLUCKY, Story

MakeStage = Callable[[float], Story]


def reader(office: Office) -> httpx.Client:
    """A supervisor who reads English."""
    client = office.log_in("zhao")
    client.cookies.set("fanji_lang", "en")
    return client


def test_the_rail_at_the_jig_is_the_value_on_the_page(make_stage: MakeStage) -> None:
    story = make_stage(0.0)
    story.box.ask("insert", unit=UNLUCKY)
    result = story.run(UNLUCKY)
    assert result.last["verdict"] == "PASS"
    started = result.events[0]
    taken = next(event for event in result.events if event["event"] == "measured" and event["name"] == "rail_5v")
    assert abs(taken["value"] - 5.02) <= 0.008 * 5.02 + 0.001  # the unit's data sheet and the multimeter's accuracy
    client = reader(story.office)
    assert lost_letters(client, [result.last["letter"]], 20.0) == []
    letter = client.get(f"/v1/letters/{result.last['run_id']}").json()
    kept = next(row for row in letter["measurements"] if row["name"] == "rail_5v")
    assert (kept["value"], kept["low"], kept["high"]) == (taken["value"], 4.75, 5.25)
    unit_page = client.get(f"/units/{started['unit']['id']}")
    run_path = f"/units/{started['unit']['id']}/runs/{started['run_id']}"
    assert run_path in unit_page.text
    run_page = client.get(run_path)
    assert run_page.status_code == 200
    assert f"{taken['value']:.4g}" in run_page.text or f"{taken['value']:.5g}" in run_page.text
    assert "5 V rail" in run_page.text
    assert result.last["letter"]["sha256"][:12] in run_page.text
    client.close()


def test_a_unit_of_no_serial_rule_is_provisional_at_the_bench_and_on_the_page(make_stage: MakeStage) -> None:
    story = make_stage(0.0)
    story.box.ask("insert", unit=UNLUCKY)
    result = story.run("X-99")
    assert result.events[0]["is_provisional"] is True
    assert result.last["verdict"] == "FAIL"
    assert "serial_number" in result.last["failed"]
    client = reader(story.office)
    assert lost_letters(client, [result.last["letter"]], 20.0) == []
    assert "provisional" in client.get(f"/units/{result.events[0]['unit']['id']}").text.lower()
    client.close()

"""Foreign pages cannot speak to the console, and its own page runs nothing foreign."""

from __future__ import annotations

import pytest

from station.console.door import allowed_hosts
from tests.station.console.speaking_console import Console


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1", "localhost:1"])
def test_a_host_that_is_not_this_console_is_refused(console: Console, host: str) -> None:
    for path in ("/", "/state", "/events", "/static/base.css"):
        assert console.client.get(path, headers={"Host": host}).status_code == 403


def test_localhost_is_this_console(console: Console) -> None:
    port = console.url.rpartition(":")[2]
    assert console.client.get("/", headers={"Host": f"localhost:{port}", "Origin": console.url}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", ""])
@pytest.mark.parametrize("command", ["sign-on", "start", "answer", "abort"])
def test_a_command_from_another_origin_is_refused(console: Console, origin: str, command: str) -> None:
    answer = console.client.post(f"/commands/{command}", json={"name": "mallory"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert console.state()["station"]["operator"] == ""


def test_a_command_without_an_origin_is_refused(console: Console) -> None:
    request = console.client.build_request("POST", "/commands/sign-on", json={"name": "mallory"})
    del request.headers["Origin"]
    assert console.client.send(request).status_code == 403


def test_a_form_cannot_give_a_command(console: Console) -> None:
    headers = {"Content-Type": "text/plain"}
    assert console.client.post("/commands/abort", content="{}", headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/", "/state", "/static/console.js", "/nowhere"])
def test_every_answer_forbids_foreign_content(console: Console, path: str) -> None:
    headers = console.client.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_the_refusal_itself_forbids_foreign_content(console: Console) -> None:
    refused = console.client.get("/", headers={"Host": "evil.example"})
    assert "default-src 'self'" in refused.headers["Content-Security-Policy"]


def test_there_are_no_generated_documents(console: Console) -> None:
    assert [console.client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404] * 3


def test_a_console_for_the_network_is_also_called_by_the_machine_s_name() -> None:
    assert "bench-pc:8321" in allowed_hosts("::", 8321, "Bench-PC")
    assert "bench-pc:8321" not in allowed_hosts("127.0.0.1", 8321, "bench-pc")
    assert "192.168.1.7:8321" in allowed_hosts("192.168.1.7", 8321, "bench-pc")
    assert "[::1]:8321" in allowed_hosts("::1", 8321, "bench-pc")

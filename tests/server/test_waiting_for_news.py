"""A station waits at the server until there is news for it: at once for this server's, soon for the command line's."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest
from typer.testing import CliRunner

from server.admin.flows import TOKEN_PREFIX_LENGTH, add_token, revoke_token
from server.cli import app
from tests.server.conftest import TLS, RunningServer, Site
from tests.server_process import ServerProcess, environment_of

PATH = "/v1/stations/me/state"
SERIAL = "FJR126110001"
LONG_S = 20.0


def ask(url: str, token: str, since: int, wait_s: float) -> tuple[httpx.Response, float]:
    """The answer and how long it took."""
    started = time.monotonic()
    with httpx.Client(base_url=url, verify=TLS, timeout=30.0) as client:
        answer = client.get(
            PATH, params={"since": since, "wait_s": wait_s}, headers={"Authorization": f"Bearer {token}"}
        )
    return answer, time.monotonic() - started


def version(server: RunningServer) -> int:
    headers = {"Authorization": f"Bearer {server.site.tokens['bench-1']}"}
    return int(server.client.get(PATH, headers=headers).json()["version"])


def waiting(server: RunningServer, pool: ThreadPoolExecutor, wait_s: float) -> Future[tuple[httpx.Response, float]]:
    """A station that has begun to wait."""
    answer = pool.submit(ask, server.url, server.site.tokens["bench-1"], version(server), wait_s)
    time.sleep(0.4)
    assert not answer.done()
    return answer


def test_a_unit_that_is_received_ends_the_wait_of_every_station(server: RunningServer) -> None:
    client = server.log_in("logistics")
    arrival = {
        "waybill": {"courier": "SF", "number": "1"},
        "source": "4S",
        "units": [{"serial": SERIAL, "reason": "no sound"}],
    }
    with ThreadPoolExecutor(3) as pool:
        answers = [waiting(server, pool, LONG_S) for _ in range(3)]
        assert client.put("/v1/arrivals/019ab000-0000-7000-8000-0000000000aa", json=arrival).status_code == 201
        for answer in answers:
            response, took_s = answer.result()
            assert response.status_code == 200 and response.json()["routes"][0]["serial"] == SERIAL
            assert took_s < LONG_S / 2


def test_a_hold_of_the_command_line_ends_it_too(server: RunningServer) -> None:
    command = ["hold", "add", "--product", "FJ-R1", "--reason", "recall", "--by", "engineer"]
    with ThreadPoolExecutor(1) as pool:
        answer = waiting(server, pool, LONG_S)
        assert CliRunner().invoke(app, command, env=environment_of(server.site.folder)).exit_code == 0
        response, took_s = answer.result()
    assert response.status_code == 200 and response.json()["holds"][0]["reason"] == "recall"
    assert took_s < LONG_S / 2


def test_without_news_the_wait_ends_with_304_when_it_was_to_end(server: RunningServer) -> None:
    response, took_s = ask(server.url, server.site.tokens["bench-1"], version(server), 0.5)
    assert response.status_code == 304
    assert 0.5 <= took_s < LONG_S / 2


def test_what_has_changed_before_is_answered_at_once(server: RunningServer) -> None:
    response, took_s = ask(server.url, server.site.tokens["bench-1"], version(server) + 1, LONG_S)
    assert response.status_code == 200
    assert took_s < LONG_S / 2


@pytest.mark.parametrize("wait_s", [-1, 31, "long"])
def test_a_wait_that_is_too_long_or_none_is_refused(server: RunningServer, wait_s: object) -> None:
    headers = {"Authorization": f"Bearer {server.site.tokens['bench-1']}"}
    assert server.client.get(PATH, params={"since": 1, "wait_s": str(wait_s)}, headers=headers).status_code == 422


def test_a_station_whose_token_is_revoked_while_it_waits_is_told_nothing(server: RunningServer) -> None:
    at = datetime.now(UTC)
    with server.database.writing() as connection:
        token = add_token(connection, "bench-9", 30, at)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, server.url, token, version(server), 1.0)
        time.sleep(0.3)
        with server.database.writing() as connection:
            revoke_token(connection, token[:TOKEN_PREFIX_LENGTH], datetime.now(UTC))
        assert answer.result()[0].status_code == 401


def test_many_who_wait_hold_up_nobody_else(server: RunningServer) -> None:
    known = version(server)
    threads = [
        threading.Thread(target=ask, args=(server.url, server.site.tokens["bench-1"], known, 6.0), daemon=True)
        for _ in range(30)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    started = time.monotonic()
    assert server.client.get("/healthz").status_code == 200
    assert version(server) == known
    assert time.monotonic() - started < 5.0
    for thread in threads:
        thread.join()


def test_a_server_that_ends_lets_go_who_waits(site: Site) -> None:
    process = ServerProcess(site.folder).start()
    token = site.tokens["bench-1"]
    with httpx.Client(base_url=process.url, verify=TLS) as client:
        known = client.get(PATH, headers={"Authorization": f"Bearer {token}"}).json()["version"]
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, process.url, token, known, LONG_S)
        time.sleep(0.5)
        started = time.monotonic()
        assert process.stop(signal.SIGTERM) == 0
        assert time.monotonic() - started < LONG_S / 2
        assert answer.result()[0].status_code == 304

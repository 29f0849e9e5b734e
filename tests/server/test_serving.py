"""The server as a process: it ends as asked, answers at once, and is alone with its records."""

from __future__ import annotations

import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from server.db.serving_lock import serving_lock
from server.errors import AlreadyServing
from server.serving import listen
from tests.server.conftest import RunningServer, Site
from tests.server_process import ServerProcess


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_ends_without_an_error(site: Site, number: signal.Signals) -> None:
    server = ServerProcess(site.folder).start()
    assert server.stop(number) == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_answer_is_never_held_back_until_its_beginning_is_acknowledged(host: str) -> None:
    with listen(host, 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


@pytest.mark.sqlite_only
def test_a_second_server_on_the_same_database_is_refused_whatever_folder_it_is_given(
    server: RunningServer, tmp_path: Path
) -> None:
    other = replace(server.site.settings, data_dir=tmp_path / "other")
    with pytest.raises(AlreadyServing, match=r"fanji\.sqlite\.lock"), serving_lock(other):
        pass
    moved = replace(server.site.settings, database_url=f"sqlite:///{tmp_path / 'other.sqlite'}")
    with pytest.raises(AlreadyServing, match=r"server\.lock"), serving_lock(moved):
        pass

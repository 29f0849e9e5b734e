"""The build hook fetches what pages need, once, and only the bytes that were agreed."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import hatch_build


def tarball(name: str, content: bytes) -> bytes:
    """An npm package of one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo(f"package/{name}")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


class Registry(ThreadingHTTPServer):
    """A small npm registry that counts what it was asked for."""

    def __init__(self, package: bytes) -> None:
        self.asked: list[str] = []
        self.package = package
        registry = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(package)

            def log_message(self, *args: object) -> None:
                """Keep the test's output quiet."""

        super().__init__(("127.0.0.1", 0), Answer)


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry(tarball("dist/chart.js", b"chart"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def listing(root: Path, registry: Registry, integrity: str) -> None:
    (root / "assets").mkdir()
    (root / "assets/fetched.toml").write_text(
        f'registry = "http://127.0.0.1:{registry.server_address[1]}"\n'
        f'[[package]]\nname = "chart"\nversion = "1.0.0"\nintegrity = "{integrity}"\n'
        'license = "MIT"\nfiles = { "dist/chart.js" = "chart.js" }\nhouses = ["station", "server"]\n',
        encoding="utf-8",
    )


def sha512(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def test_a_package_is_fetched_once_and_unpacked_into_both_houses(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NPM_CONFIG_REGISTRY", raising=False)
    listing(tmp_path, registry, sha512(registry.package))
    hatch_build.fetch_packages(tmp_path)
    hatch_build.fetch_packages(tmp_path)
    assert registry.asked == ["/chart/-/chart-1.0.0.tgz"]
    for static in hatch_build.STATIC.values():
        assert (tmp_path / static / "vendor/chart.js").read_bytes() == b"chart"


def test_a_package_with_another_digest_is_refused_and_leaves_nothing(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NPM_CONFIG_REGISTRY", raising=False)
    listing(tmp_path, registry, sha512(b"something else"))
    with pytest.raises(SystemExit, match=r"chart-1\.0\.0: sha512 is"):
        hatch_build.fetch_packages(tmp_path)
    assert not (tmp_path / "station").exists()


def test_a_registry_that_cannot_be_reached_is_named_as_the_cause(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing(tmp_path, registry, sha512(b""))
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")
    with pytest.raises(SystemExit, match=r"cannot fetch chart 1\.0\.0"):
        hatch_build.fetch_packages(tmp_path)


def test_a_package_of_a_folder_of_its_own_is_in_no_house(tmp_path: Path, registry: Registry) -> None:
    listing(tmp_path, registry, sha512(registry.package))
    listed = tmp_path / "assets/fetched.toml"
    text = listed.read_text(encoding="utf-8").replace('houses = ["station", "server"]', 'folder = "tests/vendor"')
    (tmp_path / "judges.toml").write_text(text, encoding="utf-8")
    hatch_build.fetch_packages(tmp_path, "judges.toml")
    assert (tmp_path / "tests/vendor/chart.js").read_bytes() == b"chart"
    assert not (tmp_path / "station").exists() and not (tmp_path / "server").exists()

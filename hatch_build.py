"""Build hook: puts fetched assets, our own assets and compiled translations into both houses."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import tarfile
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = {"station": Path("station/console/static"), "server": Path("server/web/static")}
TRANSLATIONS = (Path("station/console/translations"), Path("server/web/translations"))
OWN_ASSETS = (".css", ".js", ".svg")


class AssetHook(BuildHookInterface):
    """Runs for wheels and editable installs; skips what is there; fails loudly without network."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        fetch_packages(root)
        copy_own_assets(root)
        compile_translations(root)


def fetch_packages(root: Path, listing: str = "assets/fetched.toml") -> None:
    """Unpack the listed files of each npm package whose marker is missing; the sha512 must match.

    A package is for pages that ``houses`` serve, or for a ``folder`` of its own.
    """
    listed = tomllib.loads((root / listing).read_text(encoding="utf-8"))
    registry = os.environ.get("NPM_CONFIG_REGISTRY", listed["registry"]).rstrip("/")
    for package in listed["package"]:
        houses = [root / STATIC[house] / "vendor" for house in package.get("houses", ())]
        houses += [root / package["folder"]] if "folder" in package else []
        marker = f".{package['name']}-{package['version']}"
        if all((house / marker).exists() for house in houses):
            continue
        tarball = download(registry, package["name"], package["version"])
        algorithm, _, expected = package["integrity"].partition("-")
        found = base64.b64encode(hashlib.new(algorithm, tarball).digest()).decode()
        if found != expected:
            raise SystemExit(f"{package['name']}-{package['version']}: {algorithm} is {found}, expected {expected}")
        with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
            for source, target in package["files"].items():
                member = archive.extractfile(f"package/{source}")
                if member is None:
                    raise SystemExit(f"{package['name']}: no file {source} in the package")
                content = member.read()
                for house in houses:
                    house.mkdir(parents=True, exist_ok=True)
                    (house / target).write_bytes(content)
        for house in houses:
            (house / marker).touch()


def download(registry: str, name: str, version: str) -> bytes:
    url = f"{registry}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 (an https registry from our own list)
            content: bytes = answer.read()
            return content
    except OSError as error:
        raise SystemExit(f"cannot fetch {name} {version}: {error}; the build needs the npm registry once") from error


def copy_own_assets(root: Path) -> None:
    """Copy our style sheets, scripts and pictures into each house's static folder."""
    for static in STATIC.values():
        (root / static).mkdir(parents=True, exist_ok=True)
        for source in sorted((root / "assets").iterdir()):
            if source.suffix in OWN_ASSETS:
                shutil.copyfile(source, root / static / source.name)


def compile_translations(root: Path) -> None:
    """Compile every messages.po beside itself to messages.mo."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for folder in TRANSLATIONS:
        for source in sorted((root / folder).glob("*/LC_MESSAGES/messages.po")):
            with source.open("rb") as file:
                catalog = read_po(file)
            with source.with_suffix(".mo").open("wb") as file:
                write_mo(file, catalog)

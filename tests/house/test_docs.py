"""The documents keep their word: examples run, files load, refusals are the loaders' own, links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

import pytest

from server.admin.permissions import permissions
from station import __version__
from station.bench import check_bench
from station.cli.arguments import PURPOSES
from station.config.bench_file import read_bench_file
from station.ic_programmer.target import read_targets
from station.model.errors import ConfigError, PlanError
from station.model.limit import Comparator
from station.runner.plan import check_roles
from station.sequences.catalogue import load_plan
from tests.conftest import ROOT
from tests.house.doc_examples import Reader, blocks, is_answer

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
PLAYED = [document for document in DOCUMENTS if any(block.language == "console" for block in blocks(document))]
GUIDE = ROOT / "docs/test-engineer.md"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
REFUSAL = re.compile(r"^\| `(.+?)` \| `(.+?)` \| `(.+?)` \|$", re.MULTILINE)
KNOWN = {"console", "toml", "python", "sh", "mermaid", ""}
READERS = 3
MAX_PICTURES, MAX_PICTURE_BYTES = 6, 200_000


def named(document: Path) -> str:
    return str(document.relative_to(ROOT))


def read(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def play(document: Path, reader: Reader) -> None:
    """Do everything that ``document`` tells, from the top."""
    try:
        reader.prepare(read(document))
        for block in blocks(document):
            if block.language == "console":
                reader.play(block)
            elif not block.text.startswith("# my.bench.toml"):  # the bench in a box has written its own
                reader.write(block)
    finally:
        reader.leave()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Path, Future[None]]]:
    """All documents, read at once by people at PCs of their own: most of the time a program is being loaded."""
    with ThreadPoolExecutor(READERS) as people:
        yield {
            document: people.submit(play, document, Reader(tmp_path_factory.mktemp("pc") / "home"))
            for document in sorted(PLAYED, key=lambda document: -read(document).count("$ fanji-server"))
        }


@pytest.mark.parametrize("document", PLAYED, ids=named)
def test_what_a_document_tells_to_type_works_and_answers_as_written(
    document: Path, played: dict[Path, Future[None]]
) -> None:
    played[document].result()


def test_every_guide_of_somebody_at_the_bench_has_examples_that_run() -> None:
    guides = {"README.md", "docs/test-operator.md", "docs/parts-clerk.md", "docs/test-engineer.md"}
    assert guides | {"docs/administrator.md"} <= {named(document) for document in PLAYED}


def test_an_answer_that_is_not_as_written_is_noticed() -> None:
    said = "PASS     contact\nFAIL     identify  the chip says EF4017\n"
    assert is_answer(said, ["PASS contact", "FAIL identify the chip says …"])
    assert is_answer(said, ["…", "FAIL     identify  …"])
    assert not is_answer(said, ["PASS identify"])
    assert not is_answer(said, ["FAIL identify …", "PASS contact"])


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The folder with the files that the test engineer's guide shows."""
    reader = Reader(tmp_path)
    for block in blocks(GUIDE):
        if block.language in ("toml", "python"):
            assert reader.write(block) is not None, "the first line of the example must name its file"
    return reader.folder


def load(folder: Path) -> None:
    bench = read_bench_file(folder / "my.bench.toml")
    check_roles(load_plan("FJ-X1", [folder]), check_bench(bench), bench.file)
    check_roles(load_plan("FJ-R1"), check_bench(bench), bench.file)


def test_the_bench_file_and_the_product_that_are_shown_load(written: Path) -> None:
    load(written)


def test_every_bench_file_that_is_shown_fits_the_drivers(written: Path) -> None:
    assert len([check_bench(read_bench_file(file)) for file in written.glob("*.bench.toml")]) > 1


@pytest.mark.parametrize(("new", "old", "said"), REFUSAL.findall(read(GUIDE)))
def test_the_loader_refuses_what_the_guide_says_it_refuses(written: Path, new: str, old: str, said: str) -> None:
    is_of_bench = said.startswith(("roles.", "instruments."))
    path = written / ("my.bench.toml" if is_of_bench else "fj_x1.toml")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises((ConfigError, PlanError), match=re.escape(said)) as refused:
        load(written)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in LINK.findall(read(document)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = unquote(target).partition("#")
        found = (document.parent / path).resolve() if path else document
        assert found.exists(), f"{named(document)}: {target}"
        assert not anchor or anchor in anchors(found), f"{named(document)}: {target}"


def anchors(document: Path) -> set[str]:
    """The headings of ``document`` as GitHub names them."""
    titles = re.findall(r"^#+ (.+)$", read(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_example_is_of_a_kind_that_is_looked_at(document: Path) -> None:
    assert {block.language for block in blocks(document)} <= KNOWN
    untagged = [block.text for block in blocks(document) if block.language == ""]
    assert [text for text in untagged if "fanji-" in text] == []


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    told = {name for document in DOCUMENTS for name in re.findall(r"(?:`|^)make ([a-z-]+)", read(document), re.M)}
    assert told and told <= targets


def test_the_installation_that_is_told_is_the_one_of_this_version() -> None:
    (block,) = [block for document in DOCUMENTS for block in blocks(document) if block.language == "sh"]
    assert f"dist/fanji-{__version__}-py3-none-any.whl" in block.text
    assert "--require-hashes -r requirements.txt" in block.text and (ROOT / "requirements.txt").exists()


def test_the_lists_in_the_documents_are_those_of_the_programs() -> None:
    terms, engineer, clerk = (read(ROOT / f"docs/{name}.md") for name in ("terms", "test-engineer", "parts-clerk"))
    assert set(re.findall(r"^\| `(\w+)` \| ", terms, re.MULTILINE)) == set(permissions().roles)
    for role, words in permissions().roles.items():
        assert f"| `{role}` | {words.en} | {words.zh} |" in terms
    assert [comparator for comparator in Comparator if f"`{comparator}`" not in engineer] == []
    assert [purpose for purpose in PURPOSES if purpose not in engineer + terms] == []
    assert "](ics.md)" in clerk and [name for name in read_targets() if name not in read(ROOT / "docs/ics.md")] == []


def test_the_chinese_guides_have_what_the_english_ones_have() -> None:
    for chinese in (ROOT / "docs/zh").glob("*.md"):
        english = ROOT / "docs" / chinese.name
        pictures = [re.findall(r"pictures/\S+\.png", read(document)) for document in (chinese, english)]
        assert pictures[0] == pictures[1]
        sections = [read(document).count("\n## ") for document in (chinese, english)]
        assert sections[0] == sections[1], chinese


def test_pictures_are_few_small_and_shown() -> None:
    pictures = sorted((ROOT / "docs/pictures").iterdir())
    shown = "".join(read(document) for document in DOCUMENTS)
    assert 0 < len(pictures) <= MAX_PICTURES
    assert [path.name for path in pictures if path.stat().st_size >= MAX_PICTURE_BYTES] == []
    assert [path.name for path in pictures if f"pictures/{path.name}" not in shown] == []

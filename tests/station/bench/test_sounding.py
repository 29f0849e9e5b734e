"""A bench whose analyser lacks what it needs is refused by file, line and field, before anything is opened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from station.bench import check_bench
from station.config.bench_file import read_bench_file
from station.model.errors import ConfigError
from tests.audio_benches import SAMPLES, audio_world


def bench_file(folder: Path, kind: str, old: str = "", new: str = "") -> Path:
    """The bench of ``kind`` with ``new`` in place of ``old``, and addresses where nobody is."""
    audio_world(folder, kind)
    text = re.sub(r"\$\{(\w+)\}", r"tcp://\1:5025", (folder / f"{kind}.template.toml").read_text("utf-8"))
    assert old in text
    file = folder / "bench.toml"
    file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return file


def problem(folder: Path, kind: str, old: str, new: str) -> str:
    """Field and problem of what is said of that bench."""
    file = bench_file(folder, kind, old, new)
    with pytest.raises(ConfigError) as caught:
        check_bench(read_bench_file(file))
    assert str(caught.value).startswith(f"{file}:{caught.value.line}: ")
    assert caught.value.line > 0
    return f"{caught.value.field}: {caught.value.problem}"


@pytest.mark.parametrize("kind", ["u8903b", "pcm_stream", "both"])
def test_an_analyser_and_a_sound_card_with_a_generator_play_the_same_role(tmp_path: Path, kind: str) -> None:
    assert check_bench(read_bench_file(bench_file(tmp_path, kind)))["audio"] == "audio_analyser"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (SAMPLES + "\n", "", "roles.audio.samples: this key is missing: a pcm_stream needs it"),
        ('generator = "awg"\n', "", "roles.audio.generator: this key is missing: a pcm_stream needs it"),
        ('generator = "awg"', 'generator = "nobody"', "roles.audio.generator: no instrument 'nobody' in this file"),
        ('generator = "awg"', 'generator = "psu"', "roles.audio.generator: a hmp4040 makes no sine for others"),
        ("rate_hz = 48000", "rate_hz = 400", "roles.audio.samples.rate_hz: must be 44100 to 768000 Hz"),
        ('"s24le"', '"s24"', "roles.audio.samples.format: 's24' is no format of samples (there are: s16le, s24le,"),
        ("[20.0, 20.0, 20.0, 20.0]", "[]", "roles.audio.samples.full_scale_v: must have 1 to 32 values"),
        ("[20.0, 20.0, 20.0, 20.0]", "[20.0, 0.0, 20.0, 20.0]", "roles.audio.samples.full_scale_v: must be above 0 V"),
        (
            "[20.0, 20.0, 20.0, 20.0]",
            "[20.0]",
            "roles.audio.points.front_right: the stream has channels 1 to 1, by its",
        ),
    ],
)
def test_a_stream_of_samples_needs_to_be_explained_and_a_sine_of_somebody_elses(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert problem(tmp_path, "pcm_stream", old, new).startswith(said)


def test_an_analyser_with_a_generator_of_its_own_takes_none(tmp_path: Path) -> None:
    with_generator = 'instrument = "analyser"\ngenerator = "psu"'
    said = problem(tmp_path, "u8903b", 'instrument = "analyser"', with_generator)
    assert said == "roles.audio.generator: a u8903b takes no generator"


def test_an_input_that_the_analyser_has_not_is_named(tmp_path: Path) -> None:
    said = problem(tmp_path, "u8903b", "rear_right = 4", "rear_right = 9")
    assert said == "roles.audio.points.rear_right: a u8903b has channels 1 to 8, not 9"

"""Settings come from the environment; a token that others can read is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.config.settings import is_usb_backend_allowed, read_settings, read_token
from station.model.errors import ConfigError


def _with_token(tmp_path: Path, content: str, mode: int) -> dict[str, str]:
    file = tmp_path / "token"
    file.write_text(content, encoding="utf-8")
    file.chmod(mode)
    return {"FANJI_STATE_DIR": str(tmp_path), "FANJI_TOKEN_FILE": str(file)}


def test_without_a_server_the_station_still_has_its_folder(tmp_path: Path) -> None:
    settings = read_settings({"FANJI_STATE_DIR": str(tmp_path)})
    assert (settings.state_dir, settings.server_url, settings.token_file) == (tmp_path, "", None)


def test_a_folder_is_found_where_none_is_named(tmp_path: Path) -> None:
    assert read_settings({"XDG_STATE_HOME": str(tmp_path)}).state_dir == tmp_path / "fanji-station"


@pytest.mark.parametrize(
    "url", ["ftp://x", "server:8000", "http://", "http://[::1", "http://server:99999", "http://a b"]
)
def test_an_address_that_is_none_names_its_variable(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="FANJI_SERVER_URL"):
        read_settings({"FANJI_STATE_DIR": str(tmp_path), "FANJI_SERVER_URL": url})


@pytest.mark.parametrize(
    ("allowed", "name", "is_allowed"),
    [
        ("", "a.b:c", False),
        ("a.b:c", "a.b:c", True),
        (" x:y , a.b:c", "a.b:c@127.0.0.1:1", True),
        ("a.b:c", "a.b:cd", False),
        ("a.b:c@x", "a.b:c@x", False),
        ("", "", False),
        ("a.b:c", "@a.b:c", False),
    ],
)
def test_a_usb_backend_is_code_that_must_be_listed(allowed: str, name: str, is_allowed: bool) -> None:
    assert is_usb_backend_allowed(name, {"FANJI_USB_BACKENDS": allowed}) is is_allowed


def test_a_token_of_mode_0600_is_read(tmp_path: Path) -> None:
    assert read_token(read_settings(_with_token(tmp_path, "abc\n", 0o600))) == "abc"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_token_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match=f"{mode:04o}"):
        read_token(read_settings(_with_token(tmp_path, "abc", mode)))


@pytest.mark.parametrize("content", ["", "two words", "two\nlines", "钥匙", "abc\x01", "abc\x7f"])
def test_a_token_file_that_holds_no_token_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError, match="one token"):
        read_token(read_settings(_with_token(tmp_path, content, 0o600)))


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    settings = read_settings({"FANJI_STATE_DIR": str(tmp_path), "FANJI_TOKEN_FILE": str(tmp_path / "none")})
    with pytest.raises(ConfigError, match="none: FANJI_TOKEN_FILE: cannot be read"):
        read_token(settings)


def test_a_token_that_is_not_set_up_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not set"):
        read_token(read_settings({"FANJI_STATE_DIR": str(tmp_path)}))


def test_a_password_in_the_servers_address_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="FANJI_SERVER_URL") as caught:
        read_settings({"FANJI_STATE_DIR": str(tmp_path), "FANJI_SERVER_URL": "https://station:hush@server"})
    assert "hush" not in str(caught.value)


def test_no_refusal_repeats_the_token(tmp_path: Path) -> None:
    for content in ("hush hush", "hush\x01", "hush钥"):
        with pytest.raises(ConfigError) as caught:
            read_token(read_settings(_with_token(tmp_path, content, 0o600)))
        assert "hush" not in str(caught.value)


def test_the_bench_locks_after_ten_minutes_unless_another_time_is_set(tmp_path: Path) -> None:
    folder = {"FANJI_STATE_DIR": str(tmp_path)}
    assert read_settings(folder).idle_lock_min == 10.0
    assert read_settings(folder | {"FANJI_IDLE_LOCK_MIN": "2.5"}).idle_lock_min == 2.5
    assert read_settings(folder | {"FANJI_IDLE_LOCK_MIN": "0"}).idle_lock_min == 0.0


@pytest.mark.parametrize("minutes", ["", "soon", "-1", "1441", "nan", "inf"])
def test_a_time_to_lock_that_is_none_names_its_variable(tmp_path: Path, minutes: str) -> None:
    with pytest.raises(ConfigError, match="FANJI_IDLE_LOCK_MIN"):
        read_settings({"FANJI_STATE_DIR": str(tmp_path), "FANJI_IDLE_LOCK_MIN": minutes})

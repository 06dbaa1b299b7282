"""Production is the default and refuses nonsense, naming the variable (A-08)."""

from pathlib import Path

import pytest

from core.settings import SettingsError, read_settings

GOOD = {
    "SECRET_KEY": "k3-Xq9_vB7pLm2RzT8wYc5NdH1sJf6Ga",
    "BIAOYUAN_ORIGIN": "https://GI.example.cn/",
}


def env(tmp_path: Path, **more: str) -> dict[str, str]:
    return {**GOOD, "BIAOYUAN_DATA": str(tmp_path), **more}


def test_whole_settings_start_in_production(tmp_path: Path) -> None:
    settings = read_settings(env(tmp_path))
    assert (settings.mode, settings.sample, settings.cookie_secure) == ("production", False, True)
    assert settings.label_origin == "https://gi.example.cn"
    assert settings.database_url == f"sqlite:///{tmp_path / 'biaoyuan.sqlite'}"


@pytest.mark.parametrize("secret", ["", "short", "a" * 64, "password", "abcabcabc" * 8])
def test_a_missing_or_weak_secret_stops_the_start(tmp_path: Path, secret: str) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        read_settings(env(tmp_path, SECRET_KEY=secret))


@pytest.mark.parametrize(
    "origin",
    ["", "http://gi.example.cn", "https://localhost", "https://127.0.0.1:8000", "https://gi",
     "https://gi.example.cn/path", "gi.example.cn"],
)  # fmt: skip
def test_an_origin_that_cannot_be_printed_stops_the_start(tmp_path: Path, origin: str) -> None:
    with pytest.raises(SettingsError, match="BIAOYUAN_ORIGIN"):
        read_settings(env(tmp_path, BIAOYUAN_ORIGIN=origin))


def test_debug_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="FLASK_DEBUG"):
        read_settings(env(tmp_path, FLASK_DEBUG="1"))


def test_an_unknown_mode_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="BIAOYUAN_MODE"):
        read_settings(env(tmp_path, BIAOYUAN_MODE="debug"))


def test_a_secret_file_that_others_can_read_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(GOOD["SECRET_KEY"])
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="SECRET_KEY_FILE"):
        read_settings(env(tmp_path, SECRET_KEY_FILE=str(file)))
    file.chmod(0o600)
    assert read_settings(env(tmp_path, SECRET_KEY_FILE=str(file))).secret_key == GOOD["SECRET_KEY"]


def test_the_secret_of_a_sample_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    sample = {"BIAOYUAN_MODE": "sample", "BIAOYUAN_DATA": str(tmp_path)}
    first, second = read_settings(sample), read_settings(sample)
    assert first.secret_key == second.secret_key
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_postgres_addresses_get_their_driver(tmp_path: Path) -> None:
    settings = read_settings(env(tmp_path, DATABASE_URL="postgres://app@db/gi"))
    assert settings.database_url == settings.migrate_url == "postgresql+psycopg://app@db/gi"

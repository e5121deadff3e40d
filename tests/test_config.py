"""Settings: each converted by its type, each wrong one refused by name."""

import stat
from pathlib import Path

import pytest

from meetings import config


def load(**environ: str) -> dict[str, object]:
    return config.load(environ={config.PREFIX + name: value for name, value in environ.items()})


def test_everything_has_a_default() -> None:
    found = load()
    assert found["BASE_URL"] == "http://localhost:8000"
    assert str(found["DATABASE_URL"]).startswith("sqlite:////")
    assert found["SCHEDULER"] is True


def test_values_are_converted_by_type_and_not_guessed() -> None:
    found = load(MAIL_PASSWORD="12345", SECRET_KEY="1e5", MAIL_PORT="587", MAIL_USE_TLS="on", SCHEDULER="off")
    assert (found["MAIL_PASSWORD"], found["SECRET_KEY"], found["MAIL_PORT"]) == ("12345", "1e5", 587)
    assert (found["MAIL_USE_TLS"], found["SCHEDULER"]) == (True, False)


def test_the_base_url_follows_the_port_and_loses_its_slash() -> None:
    assert load(PORT="9000")["BASE_URL"] == "http://localhost:9000"
    assert load(BASE_URL="https://meet.example.org/")["BASE_URL"] == "https://meet.example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("SCHEDULER", "perhaps"),
        ("ALLOWED_NETWORKS", "10.0.0.0/33"),
        ("BASE_URL", "meet.example.org"),
        ("BASE_URL", "https:///book"),
        ("BASE_URL", "http://["),
        ("DATABASE_URL", "meetings.sqlite3"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "mysql://localhost/meetings"),
        ("TRUSTED_PROXIES", "-1"),
        ("MAIL_PORT", "70000"),
        ("MAIL_PORT", "0"),
    ],
)
def test_a_wrong_one_is_named(name: str, value: str) -> None:
    with pytest.raises(config.ConfigError, match=f"MEETINGS_{name}"):
        load(**{name: value})


def test_a_name_that_is_no_setting_is_noticed() -> None:
    environ = {"MEETINGS_BASE_URLL": "x", "MEETINGS_PORT": "8000", "MEETINGS_TEST_SHOTS": "x", "HOME": "/"}
    assert config.unknown(environ) == ["MEETINGS_BASE_URLL"]


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        found = config.load({"DATA_DIR": str(tmp_path / "data")}, environ={})
        config.prepare_data_dir(found)
        keys.append(found["SECRET_KEY"])
    assert keys[0] == keys[1]
    assert len(keys[0]) > 40
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = config.load({"DATA_DIR": str(tmp_path / "file" / "data")}, environ={})
    with pytest.raises(config.ConfigError, match="data folder"):
        config.prepare_data_dir(found)

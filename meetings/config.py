"""Every MEETINGS_ setting: its name, type, default and meaning; and the data folder with its secret key."""

import os
import secrets as random_source
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values

PREFIX = "MEETINGS_"
ROOT = Path(__file__).resolve().parent.parent


class ConfigError(Exception):
    """A setting that can't be used; the message names it and says what to write instead."""


def _text(value: str) -> str:
    return value.strip()


def _number(value: str) -> int:
    return int(value)


def _switch(value: str) -> bool:
    known = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
    return known[value.strip().lower()]


def _networks(value: str) -> list[str]:
    return [str(ip_network(part.strip())) for part in value.split(",") if part.strip()]


@dataclass(frozen=True)
class Setting:
    """One setting: how its text is converted, its default, and what it is for."""

    name: str
    convert: Any
    default: Any
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting("DATA_DIR", _text, "instance", "folder of everything the app keeps; back it up"),
    Setting("DATABASE_URL", _text, "", "sqlite:///… or postgresql://…; empty: SQLite in the data folder"),
    Setting("SECRET_KEY", _text, "", "signs sessions and links; empty: made at first start, kept in the data folder"),
    Setting("BASE_URL", _text, "", "public address that every link in mails starts with; empty: http://localhost:PORT"),
    Setting("HOST", _text, "127.0.0.1", "address the server listens on"),
    Setting("PORT", _number, 8000, "port the server listens on"),
    Setting("TRUSTED_PROXIES", _number, 0, "number of reverse proxies whose X-Forwarded-* headers are believed"),
    Setting("MAIL_SERVER", _text, "", "SMTP server; empty: mail waits in the outbox"),
    Setting("MAIL_PORT", _number, 25, "port of the SMTP server"),
    Setting("MAIL_USERNAME", _text, "", "user at the SMTP server"),
    Setting("MAIL_PASSWORD", _text, "", "password at the SMTP server"),
    Setting("MAIL_USE_TLS", _switch, False, "STARTTLS, usually with port 587; certificates are verified"),
    Setting("MAIL_USE_SSL", _switch, False, "TLS from the start, usually with port 465; certificates are verified"),
    Setting("MAIL_DEFAULT_SENDER", _text, "", "address that mail comes from; empty: meetings@ the public host"),
    Setting("ALLOWED_NETWORKS", _networks, [], "private networks that outside addresses may point to (CIDR, commas)"),
    Setting("SCHEDULER", _switch, True, "off: this process runs no background jobs"),
    Setting("RATELIMIT_ENABLED", _switch, True, "false: no limits at all, for load tests"),
)


def load(overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Settings from defaults, a .env file beside app.py, the environment, then `overrides`, as Flask config keys.

    Raises ConfigError for a value that doesn't convert.
    """
    found = _found(environ)
    config = {setting.name: _converted(setting, found) for setting in SETTINGS}
    config.update(overrides or {})
    _complete(config)
    return config


def unknown(environ: Mapping[str, str] | None = None) -> list[str]:
    """Names that look like settings and are none: a typing mistake would otherwise pass unseen."""
    known = {PREFIX + setting.name for setting in SETTINGS}
    given = (name for name in _found(environ) if name.startswith(PREFIX))
    return sorted(name for name in given if name not in known and not name.startswith(f"{PREFIX}TEST_"))


def _found(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    """What is set: the file beside app.py, and the environment over it."""
    if environ is not None:
        return environ
    written = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
    return {**written, **os.environ}


def _converted(setting: Setting, found: Mapping[str, str]) -> Any:
    text = found.get(PREFIX + setting.name)
    if text is None or not text.strip():
        return setting.default
    try:
        return setting.convert(text)
    except (ValueError, KeyError):
        raise ConfigError(f"{PREFIX}{setting.name}={text!r} can't be used. It is: {setting.meaning}.") from None


def _complete(config: dict[str, Any]) -> None:
    data_dir = Path(config["DATA_DIR"])
    config["DATA_DIR"] = data_dir if data_dir.is_absolute() else ROOT / data_dir
    config["DATABASE_URL"] = config["DATABASE_URL"] or f"sqlite:///{config['DATA_DIR'] / 'meetings.sqlite3'}"
    config["BASE_URL"] = (config["BASE_URL"] or f"http://localhost:{config['PORT']}").rstrip("/")
    if not _is_address(config["BASE_URL"]):
        raise ConfigError(f"{PREFIX}BASE_URL must start with http:// or https://, and name a host.")
    if not _is_database(config["DATABASE_URL"]):
        raise ConfigError(f"{PREFIX}DATABASE_URL must be sqlite:///PATH or postgresql://USER@HOST/NAME.")
    for name, least, most in (("PORT", 0, 65535), ("MAIL_PORT", 1, 65535), ("TRUSTED_PROXIES", 0, 20)):
        if not least <= config[name] <= most:
            raise ConfigError(f"{PREFIX}{name} must be between {least} and {most}.")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _is_database(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return rest.startswith("/") and len(rest) > 1
    return scheme in {"postgresql", "postgres"} and bool(rest)


def prepare_data_dir(config: dict[str, Any]) -> None:
    """Make the data folder and, where none is set, the secret key in it (mode 600)."""
    data_dir: Path = config["DATA_DIR"]
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The data folder {data_dir} can't be made: {error.strerror}.") from error
    if not config["SECRET_KEY"]:
        config["SECRET_KEY"] = _kept_secret(data_dir / "secret_key")


def _kept_secret(path: Path) -> str:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        key = random_source.token_urlsafe(48)
        file.write(key)
    return key

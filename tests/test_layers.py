"""Who may import whom: the table of meetings/README.md, held against every import in the package."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "meetings"

# layer → of ours, what it may import
OURS = {
    "domain": {"domain"},
    "models": {"domain", "db", "models"},
    "providers": {"domain", "errors", "providers"},
    "addresses": set(),
    "clock": set(),
    "config": set(),
    "secrets": set(),
    "errors": {"domain"},
    "db": {"errors"},
    "catalogues": set(),
    "i18n": {"i18n", "domain", "errors", "config", "catalogues"},
    "ratelimit": {"errors"},
    "render": {"i18n", "domain", "errors", "config"},
    "services": {
        *("domain", "models", "providers", "services"),
        *("db", "errors", "i18n", "render", "secrets", "config"),
    },
}
EDGE = {"services", "models", "domain", "errors", "i18n", "ratelimit", "render", "secrets", "config", "clock"}
OURS |= {
    "web": EDGE | {"web", "db"},
    "api": EDGE | {"api", "db"},
    "commands": EDGE | {"commands", "db", "jobs", "catalogues"},
    "jobs": EDGE | {"jobs", "db"},
}

# layer → of others, what it may never import
FLASK = {"flask", "flask_babel", "flask_mail", "flask_wtf", "werkzeug", "wtforms", "jinja2"}
NETWORK = {"socket", "ssl", "http", "urllib.request", "smtplib", "requests", "httpx"}
THEIRS = {
    "domain": FLASK | NETWORK | {"peewee", "playhouse", "psycopg", "sqlite3", "logging", "os", "apscheduler"},
    "models": FLASK | NETWORK | {"apscheduler"},
    "providers": {"peewee", "playhouse", "flask", "flask_wtf", "apscheduler"},
    "services": {"wtforms", "flask_wtf", "apscheduler"},
    "db": FLASK,
    "errors": FLASK,
    "catalogues": FLASK | NETWORK,
}
REQUEST = {"request", "session", "g"}  # what a service must not know: it may run in a job


def sources() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def short(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every imported name in full, "meetings.db.transaction" or "flask.request", with its line."""
    package = ("meetings", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def broken_rules(path: Path) -> Iterator[str]:
    layer = layer_of(path)
    for name, line in imports(path):
        parts = name.split(".")
        where = f"{path.relative_to(PACKAGE.parent)}:{line}"
        if parts[0] == "meetings" and len(parts) > 1 and parts[1] not in OURS[layer]:
            yield f"{where}: {layer} imports {name}"
        if any(name == other or name.startswith(f"{other}.") for other in THEIRS.get(layer, ())):
            yield f"{where}: {layer} imports {name}"
        if layer == "services" and parts[0] == "flask" and parts[-1] in REQUEST:
            yield f"{where}: a service looks at the request"
        if layer in {"web", "api", "commands", "jobs"} and name == "meetings.db.transaction":
            yield f"{where}: an edge opens a transaction"


def opens_transaction(path: Path) -> list[int]:
    """Lines that say `db.transaction`, `database.atomic` or the like."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"transaction", "atomic"}
    ]


@pytest.mark.parametrize("path", [path for path in sources() if layer_of(path) != "__init__"], ids=short)
def test_imports_follow_the_layers(path: Path) -> None:
    assert list(broken_rules(path)) == []


@pytest.mark.parametrize("path", [path for path in sources() if layer_of(path) not in {"services", "db"}], ids=short)
def test_only_services_open_transactions(path: Path) -> None:
    assert opens_transaction(path) == []


def test_the_rule_is_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forbidden import of each sort is found."""
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    cases = {
        "domain/a.py": "from flask import g",
        "models/a.py": "from ..services import bookings",
        "services/a.py": "from flask import request",
        "web/a.py": "from ..db import transaction",
        "providers/a.py": "import meetings.models.users",
    }
    for name, code in cases.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
        assert list(broken_rules(path)), name

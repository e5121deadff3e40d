"""The documents keep up with the code: what exists is written down, and what is written down exists."""

import json
import re
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from packaging.markers import Marker
from packaging.requirements import Requirement

from meetings import config, errors
from meetings.domain import link
from tests.battery.__main__ import Program, programs
from tests.battery.world import POSTGRES, SQLITE

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    path for path in ROOT.rglob("*.md") if not {".venv", "instance", "node_modules", ".pytest_cache"} & {*path.parts}
]
API = "/api/v1"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def first_cells(text: str) -> list[str]:
    """What stands in backquotes in the first column of a document's tables."""
    return re.findall(r"^\| `([^`]+)`", text, flags=re.MULTILINE)


def subclasses(kind: type) -> set[Any]:
    return {kind, *(deeper for child in kind.__subclasses__() for deeper in subclasses(child))}


# --- settings


def test_every_setting_is_documented_and_no_other() -> None:
    known = {config.PREFIX + setting.name for setting in config.SETTINGS}
    assert set(first_cells(read("docs/configuration.md"))) == known


@pytest.mark.parametrize("setting", config.SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_s_default_is_the_documented_one(setting: config.Setting) -> None:
    start = f"| `{config.PREFIX}{setting.name}` |"
    line = next(line for line in read("docs/configuration.md").splitlines() if line.startswith(start))
    shown = line.split("|")[2].strip()
    if isinstance(setting.default, bool):
        assert shown in ({"`true`", "`on`"} if setting.default else {"`false`", "`off`"})
    elif setting.default in ("", []):
        assert shown  # none, or worked out from others: said in words
    else:
        assert shown == f"`{setting.default}`"


def test_documents_name_no_setting_that_does_not_exist() -> None:
    known = {config.PREFIX + setting.name for setting in config.SETTINGS}
    tests_own = {"MEETINGS_TEST_DATABASE_URL", "MEETINGS_TEST_BROWSER", "MEETINGS_TEST_SHOTS"}
    named = {name for path in DOCUMENTS for name in re.findall(r"\bMEETINGS_[A-Z_]*[A-Z]", path.read_text("utf-8"))}
    assert named <= known | tests_own


# --- commands


def test_every_command_is_documented(app: Flask) -> None:
    of_flask = {"run", "shell", "routes"}
    known = {name for name in app.cli.commands if name not in of_flask}
    text = "\n".join(path.read_text("utf-8") for path in DOCUMENTS)
    documented = set(re.findall(r"\bflask ([a-z][a-z-]+)", text))
    assert known == documented


# --- the API


def calls(app: Flask) -> set[tuple[str, str]]:
    """(method, path) of everything under /api/v1, parameters in braces."""
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix(API))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(API)
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }


def documented_calls() -> set[tuple[str, str]]:
    return {tuple(cell.split("?")[0].split(" ", 1)) for cell in first_cells(read("docs/api.md")) if " /" in cell}


def test_every_call_is_documented_and_no_other(app: Flask) -> None:
    known = {(method, path) for method, path in calls(app) if "<" not in path}
    assert documented_calls() == known


def test_the_link_document_is_shown_with_all_its_defaults() -> None:
    text = read("docs/api.md").partition("## The link document")[2]
    shown = json.loads(text.split("```json")[1].split("```")[0])
    said = {"internal_name": "required", "organizer": "the caller's e-mail address"}
    known = link.defaults(shown["kind"], "the organizer's")
    known["overview"] |= said
    known["scheduling"] |= {"slug": "required", "timezone": "the organizer's"}
    assert shown == known


def test_every_problem_code_is_documented_with_its_status(app: Flask) -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", read("docs/api.md"), flags=re.MULTILINE))
    known = {problem.code: str(problem.status) for problem in subclasses(errors.Problem) - {errors.Problem}}
    assert rows == known


# --- the map


def test_the_map_shows_every_part_of_the_package() -> None:
    package = ROOT / "meetings"
    parts = {path.name for path in package.glob("*.py")} | {
        f"{path.parent.name}/" for path in package.glob("*/*.py") if path.parent.name != "__pycache__"
    }
    cells = re.findall(r"^\| (`[^|]+`) \|", read("meetings/README.md"), flags=re.MULTILINE)
    shown = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert parts <= shown


# --- dependencies


def pins(name: str) -> dict[str, list[tuple[str, Marker | None]]]:
    """Package → the versions that a requirements file may install, each with where."""
    found: dict[str, list[tuple[str, Marker | None]]] = {}
    for line in read(name).splitlines():
        if "==" in line and not line.startswith(("#", " ")):
            pin = Requirement(line.removesuffix("\\").strip())
            found.setdefault(pin.name, []).append((str(pin.specifier).removeprefix("=="), pin.marker))
    return found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_compiled_from_the_project_file(name: str) -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = list(project["dependencies"])
    if "dev" in name:
        wanted += project["optional-dependencies"]["dev"]
    pinned = pins(name)
    for requirement in map(Requirement, wanted):
        versions = pinned[re.sub(r"[-_.]+", "-", requirement.name).lower()]
        assert all(requirement.specifier.contains(version) for version, _ in versions), requirement


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_have_hashes_and_name_no_place(name: str) -> None:
    text = read(name)
    assert re.search(r"://|--find-links|--index|file:", text) is None
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_both_requirements_files_agree() -> None:
    run, develop = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: [version for version, _ in develop[name]] for name in run} == {
        name: [version for version, _ in versions] for name, versions in run.items()
    }


# --- links between documents


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8"))
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_every_page_of_docs_is_listed_in_the_readme() -> None:
    listed = set(re.findall(r"^- \[(docs/[^]]+)\]", read("README.md"), flags=re.MULTILINE))
    assert listed == {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")}


# --- what was found


NAMES = {SQLITE: "SQLite", POSTGRES: "PostgreSQL"}


@pytest.mark.parametrize("program", programs(), ids=lambda program: str(program.id))
def test_the_page_about_reliability_shows_every_program_on_each_database(program: Program) -> None:
    rows = [line.split(" | ") for line in read("docs/reliability.md").splitlines()]
    shown = {cells[1] for cells in rows if cells[0].startswith(f"| {program.id} ")}
    assert shown >= {NAMES[database] for database in program.databases}


# --- what we keep from others


def test_what_browsers_get_from_others_is_what_the_script_fetches() -> None:
    kept: dict[str, str] = {}
    version = ""
    for line in read("static/vendor/update").splitlines():
        if line.startswith("VERSION="):
            version = line.removeprefix("VERSION=")
        elif line.startswith("keep "):
            _, _, summed, name = line.split()
            kept[name.replace("$VERSION", version)] = summed
    folder = ROOT / "static/vendor"
    there = {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != "update"}
    assert there == kept


def test_the_accessibility_checker_is_what_its_script_fetches() -> None:
    script = read("tests/vendor/update")
    values = dict(re.findall(r"^([A-Z_]+)=(\S+)$", script, flags=re.MULTILINE))
    assert sha256((ROOT / "tests/vendor/axe.min.js").read_bytes()).hexdigest() == values["FILE_SUM"]

"""From nothing to the present schema, from a newer one not at all, and never without a copy."""

import os
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import peewee
import pytest

from meetings import db
from meetings.models import TABLES, Company, Contact, Link, Property, PropertyValue, User
from meetings.web.forms.wizard import questions
from tests import make
from tests.conftest import on_postgres
from tests.postgres import Databases


def columns(table: type[peewee.Model]) -> dict[str, bool]:
    """Column → may be null, as the database has them."""
    return {column.name: column.null for column in db.database.get_columns(table._meta.table_name)}


@pytest.mark.usefixtures("app")
class TestSchema:
    @pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
    def test_it_is_what_the_models_say(self, table: type[peewee.Model]) -> None:
        fields = table._meta.sorted_fields
        assert columns(table) == {field.column_name: field.null for field in fields}
        wanted = {(field.column_name,) for field in fields if field.unique}
        wanted |= {
            tuple(table._meta.fields[name].column_name for name in names)
            for names, unique in table._meta.indexes
            if unique
        }
        found = {tuple(index.columns) for index in db.database.get_indexes(table._meta.table_name) if index.unique}
        assert wanted <= found

    def test_no_table_is_left_over(self) -> None:
        assert set(db.database.get_tables()) == {table._meta.table_name for table in TABLES} | {"schema_migration"}

    def test_a_second_time_there_is_nothing_to_do(self) -> None:
        assert db.pending_migrations() == []
        assert db.migrate() == []

    def test_a_newer_schema_is_refused(self) -> None:
        db.database.execute_sql(
            "INSERT INTO schema_migration (name, applied) VALUES ('9999_from_the_future', '2030-01-01 00:00:00')"
        )
        with pytest.raises(db.SchemaTooNew, match="9999_from_the_future"):
            db.migrate()


@pytest.mark.sqlite
class TestCopy:
    @pytest.fixture
    def later(self, app: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Migrations of a later version: the present ones and one more."""
        folder = tmp_path / "migrations"
        folder.mkdir()
        for file in db.MIGRATIONS.glob("0*.py"):
            (folder / file.name).write_text(file.read_text())
        (folder / "0999_more.py").write_text(
            "import peewee\n\n\ndef up(migrator, db):\n"
            "    migrator.migrate(migrator.add_column('user', 'motto', peewee.TextField(default='')))\n"
        )
        monkeypatch.setattr(db, "MIGRATIONS", folder)
        return folder

    def test_the_file_is_copied_before_it_is_changed(self, later: Path, tmp_path: Path) -> None:
        make.user()
        assert db.migrate(tmp_path / "backups") == ["0999_more"]
        assert "motto" in columns(User)
        (copy,) = (tmp_path / "backups").glob("before-0999_more-*.sqlite3")
        with sqlite3.connect(copy) as opened:
            assert opened.execute('SELECT name FROM "user"').fetchall() == [("Alice Martin",)]
            assert "motto" not in [row[1] for row in opened.execute('PRAGMA table_info("user")')]
        opened.close()

    def test_one_that_fails_leaves_the_old_schema(self, later: Path, tmp_path: Path) -> None:
        (later / "0999_more.py").write_text(
            (later / "0999_more.py").read_text() + "    raise RuntimeError('half way')\n"
        )
        with pytest.raises(RuntimeError, match="half way"):
            db.migrate(tmp_path / "backups")
        assert "motto" not in columns(User)
        assert db.pending_migrations() == ["0999_more"]

    def test_a_new_file_needs_no_copy(self, tmp_path: Path) -> None:
        db.open_database(f"sqlite:///{tmp_path / 'new.sqlite3'}")
        db.migrate(tmp_path / "backups")
        db.disconnect()
        assert not list((tmp_path / "backups").glob("*.sqlite3"))


OLD_SCHEDULING = """{"form":{"fields":[{"name":"size","label":"How many of you?","type":"property","required":true},
{"name":"q_1","label":"What about?","type":"question","required":false}],"captcha":false,
"consent":{"mode":"consent","text":"We write.","checkboxes":[{"id":"news","label":"News","required":false}]},
"prefill":true,"auto_submit":false},"confirmation":{"redirect_url":null}}"""
OLD_UNSAVED = """{"form":{"questions":[{"name":"size","label":"How many?","required":true},
{"name":"q_2","label":"","required":false}]}}"""


@pytest.mark.sqlite
def test_links_of_the_first_version_get_the_fields_of_later_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "migrations"
    first.mkdir()
    (first / "0001_initial.py").write_text((db.MIGRATIONS / "0001_initial.py").read_text())
    present = db.MIGRATIONS
    monkeypatch.setattr(db, "MIGRATIONS", first)
    db.open_database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    db.migrate()
    db.execute(
        "INSERT INTO \"user\" VALUES (1, 'a@example.org', 'Alice', 'admin', 'UTC', 'en', '', NULL, NULL, 1, 0)", []
    )
    db.execute(
        "INSERT INTO link VALUES (1, 'individual', 'live', 1, 'Demo', 'demo', '{\"title\":\"\"}', ?, '{}', ?, 1, 0, 0)",
        [OLD_SCHEDULING, OLD_UNSAVED],
    )
    monkeypatch.setattr(db, "MIGRATIONS", present)
    assert db.migrate() == ["0002_form_consent_sharing", "0003_teams"]
    link = Link.get()
    assert link.overview == {"title": "", "location_kind": "custom"}
    form = link.scheduling["form"]
    assert [(field["kind"], field["in_invite"]) for field in form["fields"]] == [("text", True), ("text", True)]
    assert (form["consent"]["mode"], form["consent"]["checkboxes"][0]["subscription"]) == ("consent", "one_to_one")
    assert (link.scheduling["visibility"], link.scheduling["confirmation"]["pass_details"]) == ("open", False)
    assert link.scheduling["embed_sites"] == []
    assert (link.scheduling["hours"], link.scheduling["owner"]["beyond_team"]) == ("link", False)
    assert link.scheduling["welcome"] == {"picture": "default", "text": ""}
    drawn = questions.show({"scheduling": link.scheduling})
    waiting = [(row["type"], row["kind"], row["private"]) for row in link.unsaved["form"]["questions"]]
    assert waiting == [("property", "text", False), ("question", "text", False)]
    assert {name for row in link.unsaved["form"]["questions"] for name in row} == set(drawn["questions"][0])
    size = Property.get(Property.name == "size")
    assert (size.label, size.kind) == ("How many of you?", "text")
    db.disconnect()


@pytest.fixture
def second(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database as the version before teams left it; migrations go on from there."""
    db.disconnect()
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name in ("0001_initial.py", "0002_form_consent_sharing.py"):
        (folder / name).write_text((db.MIGRATIONS / name).read_text())
    url, drop = f"sqlite:///{tmp_path / 'second.sqlite3'}", None
    if on_postgres(request.config):
        databases: Databases = request.getfixturevalue("postgres")
        name = f"meetings_second_{os.getpid()}"
        url, drop = databases.create(name), partial(databases.drop, name)
    with monkeypatch.context() as former:
        former.setattr(db, "MIGRATIONS", folder)
        db.open_database(url)
        db.migrate()
    yield
    db.disconnect()
    if drop:
        drop()
    db.open_database(database_url)


def test_what_contacts_said_of_their_company_becomes_companies(second: None) -> None:
    said = {
        "maren@example.com": "Nordlicht AS",
        "jon@example.com": " nordlicht  as ",
        "eva@example.org": "GROSSE STRASSE",
        "max@example.org": "Große Straße",
        "no@example.net": "",
        "blank@example.net": "  ",
    }
    for email, company in said.items():
        db.execute(
            "INSERT INTO contact (email, first_name, last_name, company, locale, created_at) VALUES (?, 'A', 'B', ?, '', 7)",
            [email, company],
        )
    db.execute("INSERT INTO property_value (contact_id, property_id, value, changed_at) VALUES (1, 1, 'x', 7)", [])
    assert db.migrate() == ["0003_teams"]
    assert PropertyValue.select().count() == 1  # dropping a column must not take along what refers to the table
    found = {one.email: one.company and one.company.name for one in Contact.select()}
    assert found == {
        "maren@example.com": "Nordlicht AS",
        "jon@example.com": "Nordlicht AS",
        "eva@example.org": "GROSSE STRASSE",
        "max@example.org": "GROSSE STRASSE",
        "no@example.net": None,
        "blank@example.net": None,
    }
    assert [(one.name_key, one.domain, one.owner_id) for one in Company.select().order_by(Company.id)] == [
        ("nordlicht as", None, None),
        ("grosse strasse", None, None),
    ]
    assert "company" not in columns(Contact)

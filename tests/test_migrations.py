"""From nothing to the present schema, from a newer one not at all, and never without a copy."""

import sqlite3
from pathlib import Path

import peewee
import pytest

from meetings import db
from meetings.models import TABLES, User
from tests import make


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

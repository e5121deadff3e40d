"""What teams need: owners of contacts, companies, notes, named schedules, and handing over that can be undone."""

import json
import time
from typing import Any

import peewee

Field = Any  # peewee's fields are generic for type checkers only


def _table(db: Any, table: str, indexes: Any = (), **fields: Field) -> type[peewee.Model]:
    meta = type("Meta", (), {"database": db, "table_name": table, "legacy_table_names": False, "indexes": indexes})
    return type(table, (peewee.Model,), {"Meta": meta, **fields})


def _to(table: type[peewee.Model], on_delete: str = "CASCADE", *, null: bool = False) -> Field:
    return peewee.ForeignKeyField(table, on_delete=on_delete, null=null)


def _line(length: int, *, unique: bool = False, null: bool = False) -> Field:
    return peewee.CharField(max_length=length, unique=unique, null=null)


def _instant(*, null: bool = False) -> Field:
    return peewee.BigIntegerField(null=null)


def up(migrator: Any, db: Any) -> None:
    user, contact = _table(db, "user"), _table(db, "contact")
    schedule = _table(
        db,
        "schedule",
        ((("user", "name"), True),),
        user=_to(user),
        name=_line(80),
        timezone=_line(64),
        hours=peewee.TextField(),
        date_overrides=peewee.TextField(),
        position=peewee.IntegerField(),
    )
    company = _table(
        db,
        "company",
        name=_line(200),
        name_key=_line(600),
        domain=_line(253, unique=True, null=True),
        owner=_to(user, "SET NULL", null=True),
        created_at=_instant(),
    )
    tables = [
        schedule,
        company,
        _table(
            db,
            "other_address",
            email=_line(254, unique=True),
            contact=_to(contact),
            former_id=peewee.IntegerField(null=True),
        ),
        _table(
            db,
            "contact_file",
            user=_to(user),
            name=_line(200),
            text=peewee.TextField(),
            choices=peewee.TextField(),
            outcome=peewee.TextField(null=True),
            expires_at=_instant(),
        ),
        _table(
            db,
            "note",
            contact=_to(contact),
            author=_to(user, "SET NULL", null=True),
            author_name=_line(120),
            text=peewee.TextField(),
            created_at=_instant(),
        ),
        _table(
            db,
            "transfer",
            actor=_to(user, "SET NULL", null=True),
            actor_name=_line(120),
            made_at=_instant(),
            undone_at=_instant(null=True),
            former=peewee.TextField(),
        ),
    ]
    db.create_tables(tables, safe=False)
    migrator.migrate(
        migrator.add_column("contact", "owner_id", _column_to(user)),
        migrator.add_column("contact", "company_id", _column_to(company)),
        migrator.add_column("member", "schedule_id", _column_to(schedule)),
        migrator.add_column("participant", "seated_at", _instant(null=True)),
    )
    _found_companies(db, company)
    _complete_documents(db)


def _column_to(table: Any) -> Field:
    return peewee.ForeignKeyField(table, field=table.id, on_delete="SET NULL", null=True)


def _found_companies(db: Any, company: Any) -> None:
    """Make companies of what was written down as text; the same name in other letters is the same company."""
    # Those without a domain are told apart by their names. (SQLite before 3.35 can't drop a column: nothing changes.)
    db.execute_sql("CREATE UNIQUE INDEX company_known_by_name ON company (name_key) WHERE domain IS NULL")
    db.execute_sql("CREATE INDEX company_name_key ON company (name_key)")
    contact = _table(db, "contact", company=_line(200), company_id=peewee.IntegerField(null=True))
    now, made = int(time.time()), {}
    for row in contact.select().where(contact.company != "").order_by(contact.id):
        name = " ".join(row.company.split())
        if not name:
            continue
        key = name.casefold()
        if key not in made:
            made[key] = company.insert(name=name, name_key=key, created_at=now).execute()
        contact.update(company_id=made[key]).where(contact.id == row.id).execute()
    db.execute_sql("ALTER TABLE contact DROP COLUMN company")


def _complete_documents(db: Any) -> None:
    link = _table(db, "link", scheduling=peewee.TextField())
    for row in link.select():
        scheduling = {**json.loads(row.scheduling)}
        for name, value in SCHEDULING.items():
            scheduling.setdefault(name, value)
        text = json.dumps(scheduling, ensure_ascii=False, separators=(",", ":"))
        link.update(scheduling=text).where(link.id == row.id).execute()


SCHEDULING: dict[str, Any] = {
    "hours": "link",
    "schedule": None,
    "owner": {"beyond_team": False, "assign_unowned": False},
    "welcome": {"picture": "default", "text": ""},
}

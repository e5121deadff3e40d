"""What a full form, consent, sharing, a link's history and the workspace's settings need."""

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


def _line(length: int, *, unique: bool = False) -> Field:
    return peewee.CharField(max_length=length, unique=unique)


def _instant(*, null: bool = False) -> Field:
    return peewee.BigIntegerField(null=null)


def _tables(db: Any) -> list[type[peewee.Model]]:
    user, link, contact, booking = (_table(db, name) for name in ("user", "link", "contact", "booking"))
    property_ = _table(
        db,
        "property",
        name=_line(64, unique=True),
        label=_line(200),
        kind=_line(16),
        options=peewee.TextField(),
        position=peewee.IntegerField(),
        created_at=_instant(),
    )
    return [
        _table(
            db,
            "day_off",
            ((("user", "day"), True),),
            user=_to(user),
            day=_line(10),
            name=_line(200),
            is_off=peewee.BooleanField(),
        ),
        _table(
            db,
            "link_change",
            ((("link", "version"), False),),
            link=_to(link),
            actor=_to(user, "SET NULL", null=True),
            actor_name=_line(120),
            at=_instant(),
            version=peewee.IntegerField(),
            changes=peewee.TextField(),
        ),
        property_,
        _table(
            db,
            "property_value",
            ((("contact", "property"), True),),
            contact=_to(contact),
            property=_to(property_),
            value=peewee.TextField(),
            changed_at=_instant(),
        ),
        _table(
            db,
            "rights_link",
            email=_line(254),
            token_hash=_line(64, unique=True),
            expires_at=_instant(),
            used_at=_instant(null=True),
        ),
        _table(db, "erasure", email_hash=_line(64, unique=True), erased_at=_instant()),
        _table(
            db,
            "consent",
            booking=_to(booking),
            contact=_to(contact),
            purpose=_line(24),
            box=_line(64),
            subscription=_line(64),
            wording=peewee.TextField(),
            is_given=peewee.BooleanField(),
            legal_basis=_line(40),
            version=_line(64),
            locale=_line(16),
            address=_line(64),
            created_at=_instant(),
        ),
        _table(
            db,
            "single_use",
            link=_to(link),
            token_hash=_line(64, unique=True),
            note=_line(200),
            created_by=_to(user, "SET NULL", null=True),
            created_at=_instant(),
            expires_at=_instant(null=True),
            booking=_to(booking, "SET NULL", null=True),
            used_at=_instant(null=True),
        ),
        _table(db, "meeting_type", name=_line(100, unique=True), position=peewee.IntegerField()),
        _table(
            db,
            "subscription_type",
            name=_line(64, unique=True),
            label=_line(200),
            description=peewee.TextField(),
            position=peewee.IntegerField(),
        ),
        _table(
            db,
            "picture",
            name=_line(80, unique=True),
            width=peewee.IntegerField(),
            height=peewee.IntegerField(),
            uploaded_by=_to(user, "SET NULL", null=True),
            created_at=_instant(),
        ),
        _table(db, "used_challenge", digest=_line(64, unique=True), expires_at=_instant()),
    ]


def up(migrator: Any, db: Any) -> None:
    tables = _tables(db)
    db.create_tables(tables, safe=False)
    empty = {"default": ""}
    columns: list[tuple[str, str, Field]] = [
        ("user", "holidays", peewee.CharField(max_length=16, **empty)),
        ("link", "deleted_at", peewee.BigIntegerField(null=True)),
        ("link", "deleted_from", peewee.CharField(max_length=10, default="")),
        ("link", "guarded_until", peewee.BigIntegerField(null=True)),
        ("contact", "company", peewee.CharField(max_length=200, **empty)),
        ("contact", "locale", peewee.CharField(max_length=16, **empty)),
        ("contact", "confirmed_at", peewee.BigIntegerField(null=True)),
        ("contact", "erasing_since", peewee.BigIntegerField(null=True)),
        ("booking", "location_kind", peewee.CharField(max_length=8, default="custom")),
        ("booking", "meeting_type", peewee.CharField(max_length=100, **empty)),
        ("answer", "kind", peewee.CharField(max_length=16, default="text")),
        ("answer", "in_invite", peewee.BooleanField(default=True)),
    ]
    migrator.migrate(*(migrator.add_column(*column) for column in columns))
    _fill(db, {table.__name__: table for table in tables})


PROPERTIES = {"company": "line", "job_title": "line", "phone": "phone", "website": "url"}


def _fill(db: Any, tables: dict[str, Any]) -> None:
    """What is always there, nameless because its name is said in every language; then the documents of links."""
    now = int(time.time())
    tables["subscription_type"].insert(name="one_to_one", label="", description="", position=0).execute()
    for position, (name, kind) in enumerate(PROPERTIES.items()):
        _add_property(tables, name, "", kind, position, now)
    columns = ("overview", "scheduling", "unsaved")
    link = _table(db, "link", **{name: peewee.TextField() for name in columns})
    known = list(PROPERTIES)
    for row in link.select():
        document = {name: json.loads(getattr(row, name)) for name in columns}
        for field in _completed(**document):
            if field["type"] == "property" and field["name"] not in known:
                _add_property(tables, field["name"], field["label"] or field["name"], "text", len(known), now)
                known.append(field["name"])
        texts = {name: json.dumps(part, ensure_ascii=False, separators=(",", ":")) for name, part in document.items()}
        link.update(**texts).where(link.id == row.id).execute()


def _add_property(tables: dict[str, Any], name: str, label: str, kind: str, position: int, now: int) -> None:
    tables["property"].insert(
        name=name, label=label, kind=kind, options="[]", position=position, created_at=now
    ).execute()


def _completed(overview: dict[str, Any], scheduling: dict[str, Any], unsaved: dict[str, Any]) -> list[dict[str, Any]]:
    """Give a document its new fields, in place; returns the fields of its form."""
    overview.setdefault("location_kind", "custom")
    scheduling.setdefault("picture", "default")
    scheduling.setdefault("visibility", "open")
    scheduling.setdefault("embed_sites", [])
    scheduling["confirmation"].setdefault("pass_details", False)
    form = scheduling["form"]
    form["consent"] = {"mode": "account", **CONSENT, **_said(form["consent"])}
    form["fields"] = [{**FIELD, **field} for field in form["fields"]]
    types = {field["name"]: field["type"] for field in form["fields"]}
    for row in unsaved.get("form", {}).get("questions", []):  # as it waits on the page of the wizard
        for name, value in {"type": types.get(row["name"], "question"), **ROW}.items():
            row.setdefault(name, value)
    return list(form["fields"])


FIELD = {"kind": "text", "options": [], "help": "", "in_invite": True}
ROW = {"kind": "text", "options": "", "help": "", "private": False}
CONSENT = {
    "text": "",
    "privacy_text": "",
    "processing": "implicit",
    "processing_label": "",
    "checkboxes": [],
    "legal_basis": "legitimate_interest_prospect",
    "subscriptions": ["one_to_one"],
}


def _said(consent: dict[str, Any]) -> dict[str, Any]:
    """What a link says of consent; one that has it off says nothing, and goes with the account."""
    if consent.get("mode", "off") == "off":
        return {}
    boxes = [{"subscription": "one_to_one", **box} for box in consent.get("checkboxes", [])]
    return {**consent, "checkboxes": boxes}

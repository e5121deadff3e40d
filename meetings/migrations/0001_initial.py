"""The first schema: people, links, contacts, bookings, the outbox; and the rule that no host is booked twice."""

from typing import Any

import peewee


def _tables(db: Any) -> list[type[peewee.Model]]:
    class User(peewee.Model):
        email = peewee.CharField(max_length=254, unique=True)
        name = peewee.CharField(max_length=120)
        role = peewee.CharField(max_length=10)
        timezone = peewee.CharField(max_length=64)
        locale = peewee.CharField(max_length=16)
        job_title = peewee.CharField(max_length=120)
        password_hash = peewee.CharField(max_length=255, null=True)
        picture = peewee.CharField(max_length=80, null=True)
        is_active = peewee.BooleanField()
        created_at = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "user"
            legacy_table_names = False

    class Session(peewee.Model):
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        token_hash = peewee.CharField(max_length=64, unique=True)
        device = peewee.CharField(max_length=200)
        created_at = peewee.BigIntegerField()
        seen_at = peewee.BigIntegerField()
        expires_at = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "session"
            legacy_table_names = False

    class ApiToken(peewee.Model):
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        name = peewee.CharField(max_length=120)
        token_hash = peewee.CharField(max_length=64, unique=True)
        created_at = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "api_token"
            legacy_table_names = False

    class PasswordLink(peewee.Model):
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        token_hash = peewee.CharField(max_length=64, unique=True)
        expires_at = peewee.BigIntegerField()
        used_at = peewee.BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "password_link"
            legacy_table_names = False

    class Attempt(peewee.Model):
        key = peewee.CharField(max_length=320)
        at = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "attempt"
            legacy_table_names = False
            indexes = ((("key", "at"), False),)

    class Link(peewee.Model):
        kind = peewee.CharField(max_length=16)
        status = peewee.CharField(max_length=10)
        organizer = peewee.ForeignKeyField(User, on_delete="RESTRICT")
        internal_name = peewee.CharField(max_length=200)
        slug = peewee.CharField(max_length=64)
        overview = peewee.TextField()
        scheduling = peewee.TextField()
        automation = peewee.TextField()
        unsaved = peewee.TextField()
        version = peewee.IntegerField()
        created_at = peewee.BigIntegerField()
        updated_at = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "link"
            legacy_table_names = False

    class Slug(peewee.Model):
        key = peewee.CharField(max_length=64, unique=True)
        link = peewee.ForeignKeyField(Link, on_delete="CASCADE")

        class Meta:
            database = db
            table_name = "slug"
            legacy_table_names = False

    class Member(peewee.Model):
        link = peewee.ForeignKeyField(Link, on_delete="CASCADE")
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        check_availability = peewee.BooleanField()
        weight = peewee.IntegerField()
        is_paused = peewee.BooleanField()
        position = peewee.IntegerField()

        class Meta:
            database = db
            table_name = "member"
            legacy_table_names = False
            indexes = ((("link", "user"), True),)

    class Contact(peewee.Model):
        email = peewee.CharField(max_length=254, unique=True)
        first_name = peewee.CharField(max_length=120)
        last_name = peewee.CharField(max_length=120)
        created_at = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "contact"
            legacy_table_names = False

    class Booking(peewee.Model):
        public_id = peewee.CharField(max_length=36, unique=True)
        link = peewee.ForeignKeyField(Link, on_delete="RESTRICT")
        contact = peewee.ForeignKeyField(Contact, on_delete="RESTRICT")
        status = peewee.CharField(max_length=10)
        starts_at = peewee.BigIntegerField()
        ends_at = peewee.BigIntegerField()
        duration = peewee.IntegerField()
        timezone = peewee.CharField(max_length=64)
        agreed_clock = peewee.CharField(max_length=90)
        locale = peewee.CharField(max_length=16)
        email = peewee.CharField(max_length=254)
        first_name = peewee.CharField(max_length=120)
        last_name = peewee.CharField(max_length=120)
        title = peewee.CharField(max_length=255)
        location = peewee.TextField()
        description = peewee.TextField()
        uid = peewee.CharField(max_length=255)
        organizer_email = peewee.CharField(max_length=254)
        is_reminded = peewee.BooleanField()
        sequence = peewee.IntegerField()
        stamped_at = peewee.BigIntegerField()
        assigned_by = peewee.CharField(max_length=20, null=True)
        assignment = peewee.TextField(null=True)
        idempotency_key = peewee.CharField(max_length=64, null=True)
        request_hash = peewee.CharField(max_length=64, null=True)
        cancel_reason = peewee.TextField()
        created_at = peewee.BigIntegerField()
        changed_at = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "booking"
            legacy_table_names = False
            indexes = (
                (("idempotency_key",), True),
                (("link", "starts_at"), False),
                (("starts_at",), False),
            )

    class Participant(peewee.Model):
        booking = peewee.ForeignKeyField(Booking, on_delete="CASCADE")
        host = peewee.ForeignKeyField(User, on_delete="RESTRICT")
        is_required = peewee.BooleanField()
        is_active = peewee.BooleanField()
        starts_at = peewee.BigIntegerField()
        ends_at = peewee.BigIntegerField()
        buffer = peewee.IntegerField()
        position = peewee.IntegerField()

        class Meta:
            database = db
            table_name = "participant"
            legacy_table_names = False
            indexes = (
                (("host", "is_active", "starts_at", "ends_at", "buffer", "booking"), False),
                (("booking", "host"), True),
            )

    class Answer(peewee.Model):
        booking = peewee.ForeignKeyField(Booking, on_delete="CASCADE")
        name = peewee.CharField(max_length=64)
        label = peewee.CharField(max_length=200)
        value = peewee.TextField()
        position = peewee.IntegerField()

        class Meta:
            database = db
            table_name = "answer"
            legacy_table_names = False

    class BusyTime(peewee.Model):
        user = peewee.ForeignKeyField(User, on_delete="CASCADE")
        starts_at = peewee.BigIntegerField()
        ends_at = peewee.BigIntegerField()
        title = peewee.CharField(max_length=200)
        created_at = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "busy_time"
            legacy_table_names = False
            indexes = ((("user", "ends_at", "starts_at"), False),)

    class Delivery(peewee.Model):
        key = peewee.CharField(max_length=255, unique=True)
        kind = peewee.CharField(max_length=40)
        booking = peewee.ForeignKeyField(Booking, null=True, on_delete="CASCADE")
        user = peewee.ForeignKeyField(User, null=True, on_delete="CASCADE")
        sequence = peewee.IntegerField()
        recipient = peewee.CharField(max_length=254)
        audience = peewee.CharField(max_length=10)
        details = peewee.TextField()
        due_at = peewee.BigIntegerField()
        state = peewee.CharField(max_length=10)
        attempts = peewee.IntegerField()
        leased_until = peewee.BigIntegerField(null=True)
        message_id = peewee.CharField(max_length=255, null=True)
        content = peewee.BlobField(null=True)
        last_error = peewee.TextField()
        reply = peewee.TextField()
        created_at = peewee.BigIntegerField()
        sent_at = peewee.BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "delivery"
            legacy_table_names = False
            indexes = (
                (("state", "due_at"), False),
                (("booking", "recipient"), False),
            )

    class Setting(peewee.Model):
        name = peewee.CharField(max_length=64, unique=True)
        value = peewee.TextField()

        class Meta:
            database = db
            table_name = "setting"
            legacy_table_names = False

    return [
        User,
        Session,
        ApiToken,
        PasswordLink,
        Attempt,
        Link,
        Slug,
        Member,
        Contact,
        Booking,
        Participant,
        Answer,
        BusyTime,
        Delivery,
        Setting,
    ]


SQLITE_NO_OVERLAP = """
CREATE TRIGGER participant_no_overlap_{event} BEFORE {event} ON participant
WHEN NEW.is_active AND NEW.is_required
BEGIN
    SELECT RAISE(ABORT, 'participant_no_overlap')
    WHERE EXISTS (
        SELECT 1 FROM participant
        WHERE host_id = NEW.host_id AND is_active AND is_required AND id IS NOT NEW.id
        AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at
    );
END
"""

# A range of one id stands for "the same host", so that no extension (btree_gist) is needed.
POSTGRESQL_NO_OVERLAP = """
ALTER TABLE participant ADD CONSTRAINT participant_no_overlap EXCLUDE USING gist (
    int8range(host_id, host_id, '[]') WITH &&,
    int8range(starts_at, ends_at) WITH &&
) WHERE (is_active AND is_required)
"""


def up(migrator: Any, db: Any) -> None:
    db.create_tables(_tables(db), safe=False)
    if isinstance(db, peewee.SqliteDatabase):
        for event in ("INSERT", "UPDATE"):
            db.execute_sql(SQLITE_NO_OVERLAP.format(event=event))
    else:
        db.execute_sql(POSTGRESQL_NO_OVERLAP)

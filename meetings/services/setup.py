"""The first set-up: the printed one-time code, the first admin, the team's name."""

import hmac
from collections.abc import Mapping
from datetime import datetime

from meetings import db
from meetings.errors import Invalid, NotFound
from meetings.models import Setting, User
from meetings.models.users import ADMIN
from meetings.models.workspace import TEAM_NAME
from meetings.secrets import new_token, token_hash

from . import attempts, passwords, users
from .workspace import team_name_flaws, write_setting

SETUP_CODE = "setup_code"


def needs_setup() -> bool:
    """Whether nobody administers the instance yet."""
    return not User.select().where(User.role == ADMIN).exists()


def setup_code(now: datetime) -> str:
    """A new one-time code for the first set-up; those printed before are void."""
    code = new_token()[:20]
    with db.transaction():
        Setting.insert(name=SETUP_CODE, value={"hash": token_hash(code), "made_at": now.isoformat()}).on_conflict(
            conflict_target=[Setting.name], preserve=[Setting.value]
        ).execute()
    return code


def is_setup_code(code: str, *, address: str, now: datetime) -> bool:
    """Whether this is the printed code. Raises RateLimited after too many wrong ones from one address."""
    key = f"setup:{address}"
    attempts.refuse_after(key, attempts.PER_ACCOUNT, now)
    kept = Setting.read(SETUP_CODE)
    if kept and hmac.compare_digest(kept["hash"], token_hash(code)):
        return True
    attempts.note([key], now)
    return False


def set_up(values: Mapping[str, object], now: datetime) -> User:
    """Make the first admin and name the team. `values`: team_name, name, email, password, timezone, locale.

    Raises Invalid; NotFound once an admin exists.
    """
    team, team_flaws = team_name_flaws(values.get("team_name", ""))
    person, person_flaws = users.check_person({name: value for name, value in values.items() if name in users.PERSON})
    password = str(values.get("password", ""))
    if flaws := [*team_flaws, *person_flaws, *passwords.flaws_of(password, values)]:
        raise Invalid(flaws)
    hashed = passwords.make_hash(password)
    with db.transaction():
        write_setting(TEAM_NAME, team)  # first: whoever comes second waits for this row, and then sees the admin
        if not needs_setup():
            raise NotFound
        user = users.insert({**person, "role": ADMIN}, hashed, now)
        Setting.delete().where(Setting.name == SETUP_CODE).execute()
    return user

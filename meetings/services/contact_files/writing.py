"""Importing: everything is computed first, then written in one transaction, or not at all.

Nobody's booking waits while a file is read and judged, nor while contacts who are not here yet are written: until the
last moment these have no address that anybody could book with. Only then others have to wait, for well below a second.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import peewee

from meetings import db
from meetings.domain.contact_file import Sheet
from meetings.errors import Busy, Conflict, Invalid
from meetings.models import Contact, ContactFile, User
from meetings.models.known_contacts import hold, hold_everybody, hold_users, known_by, let_nobody_import

from ..access import require_admin
from . import rows
from .judging import Judged, Person, judge
from .planning import Change, New, Plan, plan
from .waiting import close, sheet_of

log = logging.getLogger(__name__)

_TRIES: Final = 3


class _Stale(Exception):
    """Somebody else has changed what was read, and not as a booking does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many contacts were made, changed, left as they were; and lines left out, as they were wrong."""

    made: int
    changed: int
    unchanged: int
    left_out: int


def preview(sheet: Sheet, choices: Mapping[str, Any]) -> tuple[Judged, Outcome]:
    """What an import would do by now; nothing is written."""
    judged = judge(sheet, choices)
    planned = plan(judged.people, choices)
    return judged, Outcome(len(planned.new), len(planned.changes), planned.unchanged, len(judged.wrong))


def bring_in(actor: User, file: ContactFile, now: datetime, *, only_right: bool = False) -> Outcome:
    """Import a file as was chosen, all of it or nothing; `only_right`: leave out the lines that are wrong.

    Raises Forbidden for members, Invalid (lines are wrong, or a property can't be made), Conflict (imported already),
    Busy (others import, or erase and merge the same contacts all the time).
    """
    require_admin(actor)
    sheet = sheet_of(file)
    for _ in range(_TRIES):
        judged = judge(sheet, file.choices)
        if judged.wrong and not only_right:
            raise Invalid([flaw for wrong in judged.wrong for _, flaw in wrong.flaws])
        try:
            outcome = _write(actor, file, sheet, judged, now)
        except (_Stale, peewee.IntegrityError):
            log.info("Contacts were changed while a file was read: they are read again")
        else:
            log.info("%s imported contacts: %s", actor.email, asdict(outcome))
            return outcome
    raise Busy


def _write(actor: User, file: ContactFile, sheet: Sheet, judged: Judged, now: datetime) -> Outcome:
    planned = plan(judged.people, file.choices)
    with db.transaction():
        db.lock([])
        let_nobody_import()
        if not ContactFile.select().where(ContactFile.id == file.id, ContactFile.outcome.is_null()).exists():
            raise Conflict
        hold_users({actor.id, *rows.owners(planned)})
        pen = rows.Pen(actor, now, rows.made_properties(actor, planned, sheet, now))
        hidden = {} if db.is_sqlite() else pen.hide(planned)  # there the transaction itself makes everybody wait
        if not hold(change.known.id for change in planned.changes):
            raise _Stale
        # From here on others may have to wait: first whoever answers what is told of them here, too, then all who are
        # new. A booking has values before companies and these before new contacts, so nobody waits crosswise.
        pen.tell(planned)
        company_of = rows.made_companies(planned, now)
        hold_everybody()
        new, overtaken = _overtaken(planned, hidden)
        late = _late(overtaken, pen.change(planned, company_of), file.choices)
        pen.tell(late)
        if pen.change(late, rows.made_companies(late, now)):
            raise _Stale
        if hidden:
            pen.show(new, hidden, company_of)
        ids = hidden or pen.make(planned, new, company_of)
        others = {change.known.id: change.others for change in (*planned.changes, *late.changes)}
        if not rows.add_addresses(others | {ids[one.person.email]: one.person.others for one in new}):
            raise _Stale
        outcome = _outcome(planned, judged, new, late)
        close(file, asdict(outcome))
    return outcome


def _overtaken(planned: Plan, hidden: Mapping[str, int]) -> tuple[list[New], list[Person]]:
    """Who still is new, and who has become known since the file was read: they have booked, as a rule."""
    known = known_by({new.person.email for new in planned.new})
    for address in known.keys() & hidden.keys():
        Contact.delete().where(Contact.id == hidden[address]).execute()
    overtaken = [new.person for new in planned.new if new.person.email in known]
    return [new for new in planned.new if new.person.email not in known], overtaken


def _late(overtaken: Sequence[Person], changed: Sequence[Change], choices: Mapping[str, Any]) -> Plan:
    """What becomes of contacts who aren't as they were read, now that nobody changes them any more."""
    people = [*overtaken, *(change.person for change in changed)]
    known = known_by({person.email for person in people})
    for person in people:
        person.known = known.get(person.email)
        if person.known is None or person.known.is_being_erased:
            raise _Stale
    return plan(people, choices)


def _outcome(planned: Plan, judged: Judged, new: Sequence[New], late: Plan) -> Outcome:
    """Who was changed meanwhile is changed once more, if at all; who was made meanwhile is not made, but changed."""
    lines = {change.person.line for change in (*planned.changes, *late.changes)}
    left = len(judged.people) - len(new) - len(lines)
    return Outcome(made=len(new), changed=len(lines), unchanged=left, left_out=len(judged.wrong))

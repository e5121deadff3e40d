"""A link's team in words: who is in it and how each counts, and what a change made of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meetings import i18n
from meetings.domain.fields import email_key
from meetings.i18n import gettext as _
from meetings.services import access

Member = Mapping[str, Any]  # as a link's document has it


def names_of(team: Sequence[Member]) -> list[str]:
    """What the members are called: by their addresses where they are gone, and beside names that two of them have."""
    users = access.users_by_email(member["user"] for member in team)
    names = [users[key].name if (key := email_key(member["user"])) in users else member["user"] for member in team]
    return [
        _("%(name)s (%(email)s)", name=name, email=member["user"])
        if names.count(name) > 1 and name != member["user"]
        else name
        for name, member in zip(names, team, strict=True)
    ]


def said(team: Sequence[Member]) -> str:
    """Alice Martin, Bob Brown (paused) and Charlie Chan (weight 3)."""
    found = [_with_terms(name, member) for name, member in zip(names_of(team), team, strict=True)]
    return i18n.listed(found, i18n.current_locale()) if found else _("nobody")


def _with_terms(name: str, member: Member) -> str:
    """What is said of a member only where it isn't as usual."""
    terms = [
        *([_("paused")] if member.get("paused") else []),
        *([] if member.get("check_availability", True) else [_("availability not checked")]),
        *([_("weight %(weight)s", weight=member["weight"])] if member.get("weight", 1) != 1 else []),
        *([_("hours “%(schedule)s”", schedule=member["schedule"])] if member.get("schedule") else []),
    ]
    return _("%(name)s (%(terms)s)", name=name, terms=", ".join(terms)) if terms else name


def changes(who: str, old: Sequence[Member], new: Sequence[Member]) -> Iterator[str]:
    """What somebody changed of a team, in sentences; at least one."""
    before, after = ({email_key(member["user"]): member for member in team} for team in (old, new))
    everybody = [*after.values(), *(member for key, member in before.items() if key not in after)]
    names = dict(zip((email_key(member["user"]) for member in everybody), names_of(everybody), strict=True))
    came, gone = [key for key in after if key not in before], [key for key in before if key not in after]
    stayed = [(names[key], before[key], member) for key, member in after.items() if key in before]
    sentences = [
        *(_("%(name)s added %(member)s to the team.", name=who, member=names[key]) for key in came),
        *(_("%(name)s removed %(member)s from the team.", name=who, member=names[key]) for key in gone),
        *(sentence for name, former, member in stayed for sentence in _of_member(who, name, former, member)),
    ]
    yield from sentences or [_("%(name)s put the team into another order.", name=who)]


def _of_member(who: str, name: str, old: Member, new: Member) -> Iterator[str]:
    said_of = {"name": who, "member": name}
    if _differ(old, new, "paused", default=False):
        if new["paused"]:
            yield _("%(name)s paused %(member)s.", **said_of)
        else:
            yield _("%(name)s ended the pause of %(member)s.", **said_of)
    if _differ(old, new, "check_availability", default=True):
        if new["check_availability"]:
            yield _("%(name)s switched on “Check availability” for %(member)s.", **said_of)
        else:
            yield _("%(name)s switched off “Check availability” for %(member)s.", **said_of)
    if _differ(old, new, "weight", default=1):
        before, after = old.get("weight", 1), new["weight"]
        yield _("%(name)s changed the weight of %(member)s from %(old)s to %(new)s.", **said_of, old=before, new=after)
    if _differ(old, new, "schedule", default=None):
        if new["schedule"]:
            yield _("%(name)s set the hours of %(member)s to “%(new)s”.", **said_of, new=new["schedule"])
        else:
            yield _("%(name)s set the hours of %(member)s to their first schedule.", **said_of)


def _differ(old: Member, new: Member, field: str, *, default: Any) -> bool:
    """Whether two versions say different things; those from before a field was there say its default."""
    return bool(old.get(field, default) != new.get(field, default))

"""The contact's properties as admins keep them: their names, kinds and choices are the same on every form."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import peewee

from meetings import db
from meetings.domain.fields import Field, Flaw, choice, record, text
from meetings.domain.form import CHOOSING, KINDS, LABEL_MAX, RESERVED_FIELD_NAMES, check_choices, property_names
from meetings.domain.naming import name_from
from meetings.errors import Invalid
from meetings.i18n import PROPERTY_NAMES, SPOKEN, property_label
from meetings.models import Link, Property, PropertyValue, User
from meetings.models.links import DELETED

from . import link_history
from .access import require_admin

MOST: Final = 100

Entry = dict[str, Any]  # of the fields of a link's form


# ---- reading ---------------------------------------------------------------------------------------------------------


def links_asking(row: Property) -> list[Link]:
    """The links whose forms ask for it."""
    return [link for link in Link.select().where(Link.status != DELETED) if _asks(link, row)]


def use() -> dict[str, int]:
    """How many links ask for each property."""
    found: dict[str, int] = {}
    for link in Link.select(Link.scheduling).where(Link.status != DELETED):
        for name in property_names(link.scheduling):
            found[name] = found.get(name, 0) + 1
    return found


def spread() -> dict[int, int]:
    """Of how many contacts each property is known, by its number."""
    counted: Any = PropertyValue.select(PropertyValue.property, peewee.fn.COUNT(PropertyValue.id))
    return dict(counted.group_by(PropertyValue.property).tuples())


def has_values(row: Property) -> bool:
    """Whether it is known of anybody: then its kind stays, or what is known would mean nothing."""
    return bool(PropertyValue.select().where(PropertyValue.property == row).exists())


def _asks(link: Link, row: Property) -> bool:
    return row.name in property_names(link.scheduling)


# ---- changing --------------------------------------------------------------------------------------------------------


def add(actor: User, values: Mapping[str, Any], now: datetime) -> Property:
    """Make one, at the end of the list. Raises Forbidden for members, Invalid."""
    require_admin(actor)
    with db.transaction():
        known = Property.in_order()
        clean = _checked_new(values, known)
        name = name_from(clean["label"], {*RESERVED_FIELD_NAMES, *(row.name for row in known)})
        position = max((row.position for row in known), default=0) + 1
        return Property.create(name=name, **clean, position=position, created_at=now)


def flaws_of_new(labels: Sequence[str]) -> list[list[Flaw]]:
    """What is wrong with each of these names, were properties of them made one after the other."""
    others, found = list(Property.in_order()), []
    for label in labels:
        try:
            _checked_new({"label": label}, others)
        except Invalid as problem:
            found.append(list(problem.flaws))
        else:
            found.append([])
            others.append(Property(label=label))
    return found


def change(actor: User, row: Property, values: Mapping[str, Any], now: datetime) -> None:
    """Give it another name or other choices; another kind only while it is known of nobody.

    Links that called it by its former name follow. Raises Forbidden for members, Invalid.
    """
    require_admin(actor)
    with db.transaction():
        kind = row.kind if has_values(row) else values.get("kind")
        others = [other for other in Property.in_order() if other.id != row.id]
        clean = _checked({**values, "kind": kind}, others, is_named=row.name in PROPERTY_NAMES)
        if row.label and clean["label"] != row.label:
            former = row.label
            _rewrite(actor, row, now, lambda entry: entry | {"label": ""} if entry["label"] == former else entry)
        Property.update(**clean).where(Property.id == row.id).execute()


def delete(actor: User, row: Property, label: str, now: datetime) -> None:
    """Forget it, and what is known under it. Forms go on asking, each a question of its own under this label.

    Raises Forbidden for members.
    """
    require_admin(actor)
    own = {"type": "question", "kind": row.kind, "options": row.options}
    with db.transaction():
        _rewrite(actor, row, now, lambda entry: entry | own | {"label": entry["label"] or label})
        Property.delete().where(Property.id == row.id).execute()


def _checked_new(values: Mapping[str, Any], known: Sequence[Property]) -> Entry:
    if len(known) >= MOST:
        raise Invalid([Flaw("label", "too-many", {"maximum": MOST})])
    return _checked(values, known)


def _checked(values: Mapping[str, Any], others: Sequence[Property], *, is_named: bool = False) -> Entry:
    """Label, kind and options as the row keeps them; `is_named`: it has a name of ours where it is given none."""
    clean, flaws = _PROPERTY(values, "")
    if not flaws and not clean["label"] and not is_named:
        flaws.append(Flaw("label", "required"))
    if clean["label"] and clean["label"].casefold() in {name for other in others for name in _names(other)}:
        flaws.append(Flaw("label", "duplicate"))
    if clean["kind"] in CHOOSING and not clean["options"] and not any(flaw.field == "options" for flaw in flaws):
        flaws.append(Flaw("options", "too-few", {"minimum": 1}))
    if flaws:
        raise Invalid(flaws)
    return {**clean, "options": clean["options"] if clean["kind"] in CHOOSING else []}


def _names(row: Property) -> Iterator[str]:
    """What it is called, as far as that tells it from others; one of ours has a name in each language."""
    if row.label or row.name not in PROPERTY_NAMES:
        yield row.label.casefold()
    else:
        yield from (property_label(row.name, "", locale).casefold() for locale in SPOKEN)


_PROPERTY = record(
    {
        "label": Field(text(LABEL_MAX), ""),
        "kind": Field(choice(*KINDS), KINDS[0]),
        "options": Field(check_choices, []),
    }
)


def _rewrite(actor: User, row: Property, now: datetime, changed: Callable[[Entry], Entry]) -> None:
    """Change its entry on every form that asks for it; deleted links too: for a while they may come back."""
    for link in (link for link in Link.select() if _asks(link, row)):
        form = link.scheduling["form"]
        fields = [changed(entry) if entry["name"] == row.name else entry for entry in form["fields"]]
        if fields == form["fields"]:
            continue
        with link_history.changing(actor, link, now):
            scheduling = {**link.scheduling, "form": {**form, "fields": fields}}
            Link.update(scheduling=scheduling, version=Link.version + 1).where(Link.id == link.id).execute()

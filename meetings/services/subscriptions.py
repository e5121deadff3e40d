"""Types of subscription: what a contact may agree to be written to about. Admins keep the list."""

from collections.abc import Mapping
from typing import Any, Final

import peewee

from meetings import db, i18n
from meetings.domain.fields import Flaw, text
from meetings.domain.form import ONE_TO_ONE, subscriptions_of
from meetings.domain.naming import name_from
from meetings.errors import Invalid
from meetings.models import Consent, Link, Setting, SubscriptionType, User
from meetings.models.links import DELETED

from .access import require_admin

LABEL_MAX: Final = 200
DESCRIPTION_MAX: Final = 500
MOST: Final = 30


def names() -> list[str]:
    """By what documents know them."""
    return [row.name for row in SubscriptionType.in_order()]


def label(row: SubscriptionType, locale: str) -> str:
    """What people call it; the one that is always there has its name in every language."""
    return row.label or (i18n.say(locale, "One-to-one messages") if row.name == ONE_TO_ONE else row.name)


def labels(locale: str) -> dict[str, str]:
    """What people call each of them, by name."""
    return {row.name: label(row, locale) for row in SubscriptionType.in_order()}


def _checked(values: Mapping[str, str]) -> dict[str, str]:
    tidy, flaws = text(LABEL_MAX)(values.get("label", ""), "label")
    described, wrong = text(DESCRIPTION_MAX)(values.get("description", ""), "description")
    if not tidy and not flaws:
        flaws = [Flaw("label", "required")]
    if flaws or wrong:
        raise Invalid([*flaws, *wrong])
    return {"label": tidy, "description": described}


def add(actor: User, values: Mapping[str, str]) -> SubscriptionType:
    """Add one, its name made from its label. Raises Forbidden for members, Invalid."""
    require_admin(actor)
    clean = _checked(values)
    with db.transaction():
        known = SubscriptionType.in_order()
        if len(known) >= MOST:
            raise Invalid([Flaw("label", "too-many", {"maximum": MOST})])
        if clean["label"].casefold() in {row.label.casefold() for row in known}:
            raise Invalid([Flaw("label", "duplicate")])
        name = name_from(clean["label"], [row.name for row in known])
        position = max((row.position for row in known), default=0) + 1
        return SubscriptionType.create(name=name, position=position, **clean)


def rename(actor: User, row: SubscriptionType, values: Mapping[str, str]) -> None:
    """Call it something else; what was agreed to under its name stays. Raises Forbidden for members, Invalid."""
    require_admin(actor)
    clean = _checked(values)
    others = SubscriptionType.select().where(SubscriptionType.id != row.id)
    if clean["label"].casefold() in {other.label.casefold() for other in others}:
        raise Invalid([Flaw("label", "duplicate")])
    with db.transaction():
        SubscriptionType.update(**clean).where(SubscriptionType.id == row.id).execute()


def delete(actor: User, row: SubscriptionType) -> None:
    """Remove one that nothing speaks of. Raises Forbidden for members, Invalid where something does."""
    require_admin(actor)
    with db.transaction():
        if row.name == ONE_TO_ONE or row.name in in_use():
            raise Invalid([Flaw("label", "in-use")])
        SubscriptionType.delete().where(SubscriptionType.id == row.id).execute()


def in_use() -> set[str]:
    """Names that a link, the account, or somebody's agreement speaks of."""
    agreed: Any = Consent.select(peewee.fn.DISTINCT(Consent.subscription)).tuples()
    links = Link.select(Link.scheduling).where(Link.status != DELETED)
    account = Setting.read("consent")
    said = [*([account] if account else []), *(link.scheduling["form"]["consent"] for link in links)]
    spoken_of = {name for consent in said for name in subscriptions_of(consent).values()}
    return {ONE_TO_ONE, *(name for (name,) in agreed), *spoken_of}

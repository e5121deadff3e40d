"""What a link's form asks, with the words and choices of the contact's properties; and what is done with the answers.

An answer to a property is known of the contact from then on. But anybody can type anybody's address: what a booking
says about a contact is kept where nothing was known yet, and replaces what was known only if it is certain who booked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import peewee

from meetings import i18n
from meetings.domain.answers import Asked, Given, is_link_like
from meetings.domain.fields import Flaw
from meetings.domain.form import CHOOSING, property_names
from meetings.domain.free_mail import company_domain
from meetings.errors import Invalid
from meetings.models import Contact, Link, Property, PropertyValue

from . import companies

COMPANY: Final = "company"
NOTHING_KNOWN: Final[Mapping[str, str]] = MappingProxyType({})


def asked(link: Link, locale: str | None = None) -> list[Asked]:
    """What the form asks beside name and address, in the language of whoever reads it. One query if properties are."""
    return asked_in(link.scheduling, locale or i18n.current_locale())


def asked_in(scheduling: Mapping[str, Any], locale: str) -> list[Asked]:
    """The same for a document that need not be saved."""
    own = Property.by_names(property_names(scheduling))
    return [
        _of_property(field, *own[field["name"]], locale)
        if field["type"] == "property" and field["name"] in own
        else Asked.of(field)
        for field in scheduling["form"]["fields"]
    ]


def _of_property(field: Mapping[str, Any], label: str, kind: str, options: Sequence[str], locale: str) -> Asked:
    """A property's own kind and options count; its label only where the link has no other."""
    own = field["label"] or label
    words = i18n.property_label(field["name"], own, locale)
    return replace(Asked.of(field), label=words, kind=kind, options=tuple(options), is_named_anew=not own)


# ---- saving a link ---------------------------------------------------------------------------------------------------


def ensure_properties(scheduling: Mapping[str, Any], now: datetime) -> None:
    """Make the properties that a form asks for and nobody has made yet. Raises Invalid if one would have no choices.

    The caller holds the transaction.
    """
    known = set(Property.by_names(property_names(scheduling)))
    fields = enumerate(scheduling["form"]["fields"])
    new = [(index, field) for index, field in fields if field["type"] == "property" and field["name"] not in known]
    flaws = [
        Flaw(f"scheduling.form.fields.{index}.options", "too-few", {"minimum": 1})
        for index, field in new
        if field["kind"] in CHOOSING and not field["options"]
    ]
    if flaws:
        raise Invalid(flaws)
    for _, field in new:
        Property.create_if_new(
            name=field["name"],
            label=field["label"] or field["name"],
            kind=field["kind"],
            options=field["options"],
            position=_last_position() + 1,
            created_at=now,
        )


def _last_position() -> int:
    return int(Property.select(peewee.fn.MAX(Property.position)).scalar() or 0)


# ---- booking ---------------------------------------------------------------------------------------------------------


def known_values(contact: Contact) -> dict[str, str]:
    """What is known of a contact, by the names of the properties, as answers are kept."""
    return PropertyValue.known(contact.id)


def known_in_titles(contact: Contact) -> dict[str, str]:
    """What titles may say of a contact who is recognised: their company also where they never said it."""
    company = contact.company.name if contact.company else ""
    return {COMPANY: company, **known_values(contact)}


def told_company(link: Link, answers: Sequence[Given]) -> str:
    """The company as somebody answered who was asked for it."""
    is_asked = COMPANY in property_names(link.scheduling)
    return next((str(one["value"]) for one in answers if is_asked and one["name"] == COMPANY), "")


def keep_values(contact: Contact, link: Link, answers: Sequence[Given], now: datetime, *, is_recognised: bool) -> None:
    """Keep the answers to properties with the contact; the caller holds the transaction."""
    told = {answer["name"]: answer["value"] for answer in answers}
    names = [name for name in property_names(link.scheduling) if name in told]
    if not names:
        return
    rows = Property.select(Property.id, Property.name).where(Property.name.in_(names))
    for made in rows.order_by(Property.id):  # always in this order: an import writes many, and others wait for it
        written = PropertyValue.insert(contact=contact, property=made, value=told[made.name], changed_at=now)
        if is_recognised:
            target = [PropertyValue.contact, PropertyValue.property]
            kept = [PropertyValue.value, PropertyValue.changed_at]
            written.on_conflict(conflict_target=target, preserve=kept).execute()
        else:
            written.on_conflict_ignore().execute()
    if company := told_company(link, answers):
        _keep_company(contact, company, now, is_recognised=is_recognised)


def _keep_company(contact: Contact, company: str, now: datetime, *, is_recognised: bool) -> None:
    """An address of a company's own says more than an answer does: then what is known stays."""
    is_told_by_address = bool(company_domain(contact.email))
    if contact.company_id is not None and (is_told_by_address or not is_recognised):
        return
    found = companies.of_address(contact.email, now, company)
    if found is not None and found.id != contact.company_id:
        is_as_read = Contact.company.is_null() if contact.company_id is None else Contact.company == contact.company_id
        Contact.update(company=found).where(Contact.id == contact.id, is_as_read).execute()


def title_values(
    email: str, answers: Sequence[Given], locale: str, known: Mapping[str, str] = NOTHING_KNOWN
) -> dict[str, str]:
    """What a title's tokens stand for beside the name: what was answered, then what is known of a recognised contact.

    A title goes to mailboxes that whoever typed these words need not own: what reads as a link is left out.
    """
    said = {
        answer["name"]: i18n.answer_in_words(answer.get("kind", "text"), answer["value"], locale) for answer in answers
    }
    fit = {name: ", ".join(words.splitlines()) for name, words in {**known, **said}.items() if not is_link_like(words)}
    values = {f"contact.{name}": words for name, words in fit.items()}
    return values | {"company.name": fit.get(COMPANY, ""), "company.domain": company_domain(email)}

"""What a link's form asks, and what it says about privacy: the part of the document under `scheduling.form`."""

from collections.abc import Mapping
from typing import Any, Final

from meetings.domain import rich_text
from meetings.domain.fields import (
    Check,
    Checked,
    Field,
    Flaw,
    boolean,
    choice,
    joined,
    list_of,
    name,
    record,
    text,
)
from meetings.domain.naming import name_from

# Characters.
LABEL_MAX: Final = 200
HELP_MAX: Final = 500
OPTION_MAX: Final = 200
CONSENT_TEXT_MAX: Final = 5000

# Entries of lists.
QUESTIONS_MAX: Final = 20
OPTIONS_MAX: Final = 50
CHECKBOXES_MAX: Final = 10

# How an answer is given. Those of the second line choose from options.
KINDS: Final = ("line", "text", "number", "date", "yes_no", "phone", "url", "select", "radio", "checkboxes")
CHOOSING: Final = frozenset({"select", "radio", "checkboxes"})

# Names that the booking page's own fields and its address have taken.
RESERVED_FIELD_NAMES: Final = frozenset(
    {"email", "first_name", "last_name", "timezone", "duration", "month", "date", "start", "token"}
    | {"clock", "lang", "new", "moved", "me", "once", "captcha", "remember", "forget", "consent"}
)

PROCESSING: Final = "processing"  # the box that agrees to the booking's own use of what was typed
RESERVED_BOX_IDS: Final = RESERVED_FIELD_NAMES | {PROCESSING}

OFF: Final = "off"
ACCOUNT: Final = "account"  # as the whole workspace has it
CONSENT: Final = "consent"
LEGITIMATE_INTEREST: Final = "legitimate_interest"
IMPLICIT: Final = "implicit"
CHECKBOX: Final = "checkbox"
LEGAL_BASES: Final = (
    "legitimate_interest_prospect",
    "legitimate_interest_customer",
    "legitimate_interest_other",
    "performance_of_contract",
    "consent_with_notice",
    "not_applicable",
)
ONE_TO_ONE: Final = "one_to_one"  # the subscription type that is always there


# ---- questions and properties ----------------------------------------------------------------------------------------


def _fits_its_kind(field: dict[str, Any], path: str) -> list[Flaw]:
    """A question has a label, and options where it offers a choice; so has a property that is yet to be made.

    One that is there already is known by its name, and has its own of both.
    """
    field["options"] = field["options"] if field["kind"] in CHOOSING else []
    if field["type"] == "property" and field["name"]:
        return []
    flaws = [] if field["label"] else [Flaw(joined(path, "label"), "required")]
    if field["kind"] in CHOOSING and not field["options"]:
        flaws.append(Flaw(joined(path, "options"), "too-few", {"minimum": 1}))
    return flaws


_check_options: Final = list_of(text(OPTION_MAX), maximum=OPTIONS_MAX, same=str)


def check_choices(value: object, path: str) -> Checked:
    """The choices, blank ones left out."""
    clean, flaws = _check_options(value, path)
    return clean if clean is None else list(filter(None, clean)), flaws


_FORM_FIELD = record(
    {
        "name": Field(name(RESERVED_FIELD_NAMES), ""),
        "label": Field(text(LABEL_MAX), ""),
        "type": Field(choice("property", "question"), required=True),
        "kind": Field(choice(*KINDS), KINDS[0]),
        "options": Field(check_choices, []),
        "help": Field(text(HELP_MAX), ""),
        "required": Field(boolean, True),
        "in_invite": Field(boolean, True),
    },
    also=_fits_its_kind,
)


def _named(entries: Check, key: str, reserved: frozenset[str] = RESERVED_FIELD_NAMES) -> Check:
    """A list whose entries each have a name of their own, made from the label where none is given."""

    def check(value: object, path: str) -> Checked:
        clean, flaws = entries(value, path)
        if clean is None or flaws:
            return None, flaws
        names = [entry[key] for entry in clean]
        twice = [
            Flaw(joined(path, f"{index}.{key}"), "duplicate")
            for index, given in enumerate(names)
            if given and given in names[:index]
        ]
        return (None if twice else _with_names(clean, key, reserved)), twice

    return check


def _with_names(entries: list[dict[str, Any]], key: str, reserved: frozenset[str]) -> list[dict[str, Any]]:
    taken = reserved | {entry[key] for entry in entries}
    named = []
    for entry in entries:
        given = entry[key] or name_from(entry["label"], taken)
        taken |= {given}
        named.append({**entry, key: given})
    return named


# ---- privacy and consent ---------------------------------------------------------------------------------------------


def _subscription(value: object, path: str) -> Checked:
    """The name of a type of subscription; blank is the one that is always there."""
    clean, flaws = name()(value, path)
    return (ONE_TO_ONE if clean == "" else clean), flaws


_CHECKBOX = record(
    {
        "id": Field(name(RESERVED_BOX_IDS), ""),
        "label": Field(text(CONSENT_TEXT_MAX), required=True),
        "required": Field(boolean, False),
        "subscription": Field(_subscription, ONE_TO_ONE),
    }
)


def _consent(*modes: str) -> Check:
    """What is said and asked about privacy; the first mode is what goes without saying."""
    return record(
        {
            "mode": Field(choice(*modes), modes[0]),
            "text": Field(rich_text.check(CONSENT_TEXT_MAX), ""),
            "privacy_text": Field(rich_text.check(CONSENT_TEXT_MAX), ""),
            "processing": Field(choice(IMPLICIT, CHECKBOX), IMPLICIT),
            "processing_label": Field(text(CONSENT_TEXT_MAX), ""),
            "checkboxes": Field(_named(list_of(_CHECKBOX, maximum=CHECKBOXES_MAX), "id", RESERVED_BOX_IDS), []),
            "legal_basis": Field(choice(*LEGAL_BASES), LEGAL_BASES[0]),
            "subscriptions": Field(list_of(_subscription, maximum=CHECKBOXES_MAX, same=str), [ONE_TO_ONE]),
        }
    )


check_account_consent: Final = _consent(OFF, CONSENT, LEGITIMATE_INTEREST)  # what all links begin with


def subscriptions_of(consent: Mapping[str, Any]) -> dict[str, str]:
    """The subscriptions that a consent speaks of, by where: not those of a way that it doesn't go at present."""
    if consent["mode"] == CONSENT:
        return {
            f"checkboxes.{index}.subscription": box["subscription"] for index, box in enumerate(consent["checkboxes"])
        }
    if consent["mode"] == LEGITIMATE_INTEREST:
        return {f"subscriptions.{index}": name for index, name in enumerate(consent["subscriptions"])}
    return {}


_FORM = record(
    {
        "fields": Field(_named(list_of(_FORM_FIELD, maximum=QUESTIONS_MAX), "name"), []),
        "captcha": Field(boolean, False),
        "consent": Field(_consent(ACCOUNT, OFF, CONSENT, LEGITIMATE_INTEREST), {}),
        "prefill": Field(boolean, True),
        "auto_submit": Field(boolean, False),
    }
)


def check_form(value: object, path: str) -> Checked:
    """The form, clean. With nothing filled in beforehand there is nothing to submit by itself."""
    clean, flaws = _FORM(value, path)
    if clean is not None and not clean["prefill"]:
        clean["auto_submit"] = False
    return clean, flaws


def property_names(scheduling: Mapping[str, Any]) -> list[str]:
    """The contact's properties that a link's form asks for."""
    return [field["name"] for field in scheduling["form"]["fields"] if field["type"] == "property"]

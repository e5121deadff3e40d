"""Link documents."""

from ...domain import form, sections
from ...domain.availability import MAX_BUFFER, Kind
from ...domain.personalize import TITLE_MAX
from ...domain.reminders import UNITS
from .parts import BOOLEAN, DATE, EMAIL, SLUG, TIME, ZONE, Fields, Schema, Shape, line, list_of, one_of, whole

CHANGE: Fields = {
    "path": {"type": "string", "examples": ["scheduling.buffer"]},
    "old": {"description": "What stood there before; null where nothing did"},
    "new": {"description": "What stands there since"},
}


PICTURE: Schema = {"type": "string", "description": "default, logo, or the name of an uploaded picture"}


def link(shape: Shape, item: Shape, maybe: Shape) -> Schema:
    """A link document; `shape` is that of its objects, `item` that of entries of its lists."""
    return shape(
        {
            "kind": one_of([*Kind]),
            "overview": _overview(shape),
            "team": list_of(_member(item), sections.MEMBERS_MAX),
            "scheduling": _scheduling(shape, item, maybe),
            "automation": _automation(shape, item),
        },
        ("kind", "overview", "scheduling"),
    )


def _overview(shape: Shape) -> Schema:
    fields = {
        "internal_name": line(sections.INTERNAL_NAME_MAX, 1),
        "organizer": EMAIL,
        "title": line(TITLE_MAX),
        "location": {
            **line(sections.LOCATION_MAX),
            "description": "Words, lines of an address, a phone number, or an https address: what `location_kind` says",
        },
        "location_kind": one_of(sections.LOCATION_KINDS),
        "conferencing": one_of(["none"]),
        "description": {
            **line(sections.DESCRIPTION_MAX),
            "description": "Light Markdown: bold, italic, links to https, http, mailto and tel, lists, line breaks",
        },
        "meeting_type": {
            "type": ["string", "null"],
            "maxLength": sections.MEETING_TYPE_MAX,
            "description": "One of the admins' list",
        },
    }
    return shape(fields, ("internal_name",))


def _member(item: Shape) -> Schema:
    fields = {"user": EMAIL, "check_availability": BOOLEAN, "weight": whole(1, sections.WEIGHT_MAX)}
    fields |= {
        "paused": BOOLEAN,
        "schedule": {
            "type": ["string", "null"],
            "maxLength": sections.SCHEDULE_NAME_MAX,
            "description": "The name of one of the member's schedules, for links that keep to hosts' hours",
        },
    }
    return item(fields, ("user",))


def _scheduling(shape: Shape, item: Shape, maybe: Shape) -> Schema:
    length = whole(sections.DURATION_MIN, sections.DURATION_MAX, "Minutes")
    language = {"type": "string", "description": "A language code, or auto", "examples": ["auto", "fr"]}
    fields = {
        "slug": SLUG,
        "heading": line(sections.HEADING_MAX),
        "durations": list_of(length, sections.DURATIONS_MAX, 1),
        **times(item),
        "window": _window(maybe),
        "minimum_notice": whole(0, sections.NOTICE_MAX, "Minutes"),
        "buffer": whole(0, MAX_BUFFER, "Minutes"),
        "start_increment": {"anyOf": [length, one_of([sections.SAME_AS_DURATION])]},
        "hours": {
            **one_of(sections.HOURS_OF),
            "description": "Whose hours count: `available_hours` above, or the schedules of those who are met",
        },
        "schedule": {
            "type": ["string", "null"],
            "maxLength": sections.SCHEDULE_NAME_MAX,
            "description": "The name of one of the organizer's schedules, for an individual link with `hosts` hours",
        },
        "prioritize_contact_owner": BOOLEAN,
        "owner": shape({"beyond_team": BOOLEAN, "assign_unowned": BOOLEAN}),
        "welcome": shape({"picture": PICTURE, "text": line(sections.WELCOME_MAX)}),
        "language": language,
        "date_format": language,
        "picture": PICTURE,
        "visibility": one_of(sections.VISIBILITIES),
        "embed_sites": list_of({"type": "string", "examples": ["https://www.example.org"]}, sections.SITES_MAX),
        "form": link_form(shape, item),
        "confirmation": shape({"redirect_url": {"type": ["string", "null"]}, "pass_details": BOOLEAN}),
    }
    return shape(fields, ("slug",))


def times(item: Shape) -> Fields:
    """When somebody can be met: of links and schedules alike."""
    return {
        "timezone": ZONE,
        "available_hours": list_of(_hours(item, with_days=True), sections.HOURS_MAX),
        "date_overrides": list_of(_override(item), sections.OVERRIDES_MAX),
    }


def schedule(item: Shape) -> Fields:
    """A named schedule; `item` is the shape of entries of its lists."""
    return {
        "user": EMAIL,
        "name": line(sections.SCHEDULE_NAME_MAX, 1),
        **times(item),
        "first": {**BOOLEAN, "description": "Whether it counts where none is named; exactly one of a person's does"},
    }


def _hours(item: Shape, *, with_days: bool) -> Schema:
    days = {"days": list_of(one_of(sections.DAYS), len(sections.DAYS), 1)} if with_days else {}
    fields = {**days, "start": TIME, "end": TIME}
    return item(fields, tuple(fields))


def _override(item: Shape) -> Schema:
    hours = list_of(_hours(item, with_days=False), sections.OVERRIDE_HOURS_MAX)
    return item({"date": DATE, "hours": hours}, ("date",))


def _window(maybe: Shape) -> Schema:
    rolling = maybe({"kind": one_of(["rolling"]), "weeks": whole(1, sections.WEEKS_MAX)}, ("kind",))
    fixed = maybe({"kind": one_of(["range"]), "start": DATE, "end": DATE}, ("kind", "start", "end"))
    return {"anyOf": [rolling, fixed]}


def link_form(shape: Shape, item: Shape) -> Schema:
    field = {
        "name": {"type": "string"},
        "label": line(form.LABEL_MAX),
        "type": one_of(["property", "question"]),
        "kind": one_of(form.KINDS),
        "options": list_of(line(form.OPTION_MAX), form.OPTIONS_MAX),
        "help": line(form.HELP_MAX),
        "required": BOOLEAN,
        "in_invite": BOOLEAN,
    }
    fields = {
        "fields": list_of(item(field, ("type",)), form.QUESTIONS_MAX),
        "captcha": BOOLEAN,
        "consent": _consent(shape, item),
        "prefill": BOOLEAN,
        "auto_submit": BOOLEAN,
    }
    return shape(fields)


def _consent(shape: Shape, item: Shape) -> Schema:
    words = line(form.CONSENT_TEXT_MAX)
    box = {"id": {"type": "string"}, "label": words, "required": BOOLEAN, "subscription": {"type": "string"}}
    fields = {
        "mode": one_of([form.ACCOUNT, form.OFF, form.CONSENT, form.LEGITIMATE_INTEREST]),
        "text": words,
        "privacy_text": words,
        "processing": one_of([form.IMPLICIT, form.CHECKBOX]),
        "processing_label": words,
        "checkboxes": list_of(item(box, ("label",)), form.CHECKBOXES_MAX),
        "legal_basis": one_of(form.LEGAL_BASES),
        "subscriptions": list_of({"type": "string"}, form.CHECKBOXES_MAX),
    }
    return shape(fields)


def _automation(shape: Shape, item: Shape) -> Schema:
    reminder = {"value": {"type": "integer", "minimum": 1}, "unit": one_of([*UNITS])}
    fields = {
        "confirmation_email": BOOLEAN,
        "reminders": list_of(item(reminder, ("value", "unit")), sections.REMINDERS_MAX),
        "include_description": BOOLEAN,
    }
    return shape(fields)

"""What stands in the booking form before anybody types: from a personal link, this browser, or the address itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import request
from werkzeug.wrappers import Response

from meetings.domain.answers import check_answers, check_contact
from meetings.domain.fields import email_key
from meetings.models import Booking, Contact, Link
from meetings.services import forms, ownership, prefill

from . import fields, guard
from .fields import CONTACT

REMEMBER = "remember-me"  # with hyphens, which no field of a host's own has
SHOW_FORM = "show-form"  # in the address: not to be booked at a click
PATH = "/book"  # where the browser's memory is of use: a frame on another site never gets it
LENGTH_MAX = 2000


@dataclass(frozen=True)
class Filled:
    """The values that the form begins with."""

    values: Mapping[str, str]
    source: str  # of services/prefill: by what the visitor is known, if they are
    is_complete: bool  # whether nothing is left to type
    can_be_remembered: bool = False
    is_ticked: bool = False  # whether this browser is to remember who books

    @property
    def is_personal(self) -> bool:
        """Whether it says who is known, which is nobody else's business."""
        return bool(self.source)

    @property
    def is_remembered(self) -> bool:
        """Whether this browser knows, and can forget."""
        return self.source == prefill.REMEMBERED

    @property
    def name(self) -> str:
        """For whom it is filled in: by name, or only by their address."""
        name = f"{self.values.get('first_name', '')} {self.values.get('last_name', '')}".strip()
        return name or self.values.get("email", "")


def of_request(link: Link) -> Filled:
    """What is known and right; whatever is wrong is left empty, as the visitor could not say why."""
    if not link.scheduling["form"]["prefill"]:
        return Filled(_typed_before(link), "", is_complete=False)
    known = prefill.known(link, request.args.get(prefill.PERSONAL, ""), request.cookies.get(prefill.REMEMBERED, ""))
    # What is known of a person wins over the address: a stranger may have made that.
    values = {**_in_address(link), **known.values}
    values = _right(link, values) if values else values  # most visitors come with nothing
    names = fields.field_names(link)
    return Filled(
        values,
        known.source,
        is_complete=all(values.get(name) for name in names),
        can_be_remembered=_can_be_remembered(),
        is_ticked=bool(request.form.get(REMEMBER)) if request.form else known.source == prefill.REMEMBERED,
    )


def sample(link: Link) -> Filled:
    """The same for a preview: nobody is known."""
    return Filled({}, "", is_complete=False, can_be_remembered=link.scheduling["form"]["prefill"])


def tried(link: Link) -> Filled:
    """The same for a trial: nobody is known but by the address that the page asked for first."""
    return replace(sample(link), values=_typed_before(link))


def _typed_before(link: Link) -> dict[str, str]:
    """The address that the page asked for first: also where nothing else is filled in."""
    typed = fields.values_in(request.args, ["email"]) if ownership.are_prioritized(link) else {}
    return _right(link, typed) if typed.get("email") else {}


def _in_address(link: Link) -> dict[str, str]:
    found = fields.values_in(request.args, fields.field_names(link))
    return {name: value[:LENGTH_MAX] for name, value in found.items() if value}


def _right(link: Link, values: Mapping[str, str]) -> dict[str, str]:
    asked = forms.asked(link)
    own = {field.name: values.get(field.name, "") for field in asked}
    contact, flaws = check_contact({name: values.get(name, "") for name in CONTACT})
    answers, wrong = check_answers(asked, own)
    bad = {flaw.field.rpartition(".")[2] for flaw in [*flaws, *wrong]}
    found = {**contact, **{answer["name"]: answer["value"] for answer in answers}}
    return {name: value for name, value in found.items() if value and name not in bad}


def _can_be_remembered() -> bool:
    return not guard.is_framed()


def is_recognised(link: Link, email: str) -> bool:
    """Whether who books came by their own personal link, and typed no address but theirs."""
    token = request.args.get(prefill.PERSONAL)
    contact = prefill.person(link, token) if token else None
    typed = Contact.known_as(email_key(email))
    return contact is not None and typed is not None and typed.id == contact.id


# ---- the browser's memory --------------------------------------------------------------------------------------------


def keep(response: Response, booking: Booking) -> Response:
    """Remember who booked in this browser, or no longer, as was ticked."""
    if not _can_be_remembered():
        return response
    if request.form.get(REMEMBER):
        token = prefill.browser_token(booking)
        lasts = int(prefill.REMEMBERED_LASTS.total_seconds())
        is_secure = request.is_secure
        response.set_cookie(
            prefill.REMEMBERED, token, max_age=lasts, path=PATH, secure=is_secure, httponly=True, samesite="Lax"
        )
    elif prefill.REMEMBERED in request.cookies:
        forget(response)
    return response


def forget(response: Response) -> Response:
    """Have the browser remember nobody."""
    response.delete_cookie(prefill.REMEMBERED, path=PATH, secure=request.is_secure, httponly=True, samesite="Lax")
    return response

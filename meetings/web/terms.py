"""The part of the booking form about privacy: what it says, the boxes it has, and what came back of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from meetings import i18n
from meetings.domain.consent import Terms
from meetings.domain.fields import Flaw
from meetings.models import Link
from meetings.services import consents
from meetings.services.consents import Agreed

# With hyphens, which no field of a host's own has.
VERSION = "consent-version"
BOX = "consent-box"
PATH = "consents."  # what is wrong with a box begins with it


@dataclass(frozen=True)
class ShownBox:
    """A box as it is drawn."""

    id: str
    label: str
    is_required: bool
    is_ticked: bool
    error: str
    takes_focus: bool


@dataclass(frozen=True)
class Block:
    """All of the form that is about privacy."""

    version: str
    text: str
    notes: Sequence[str]  # what is said without a box
    boxes: Sequence[ShownBox]


def agreed() -> Agreed:
    """What the form brought back. One that carries no version had nothing to say about privacy."""
    return Agreed(frozenset(request.form.getlist(BOX)), request.form.get(VERSION, ""), request.remote_addr)


def is_about(flaw: Flaw) -> bool:
    """Whether something is wrong with a box here, and not with a field."""
    return flaw.field.startswith(PATH)


def block(link: Link, locale: str, flaws: Sequence[Flaw] = ()) -> Block | None:
    """What the form shows, with the boxes as they were ticked; None where nothing is said.

    Ticks count for the words they were made under: where these have changed, no box is ticked.
    """
    sent = agreed()
    present = consents.terms(link, locale)
    ticked = sent.ticked if sent.version == present.version else frozenset()
    return drawn(present, ticked, flaws)


def drawn(terms: Terms, ticked: frozenset[str] = frozenset(), flaws: Sequence[Flaw] = ()) -> Block | None:
    """Words about privacy as a page has them."""
    if not terms.version:
        return None
    errors = {flaw.field.removeprefix(PATH): i18n.flaw_message(flaw) for flaw in flaws if is_about(flaw)}
    is_first = all(is_about(flaw) for flaw in flaws)  # a field to mend comes before
    first = next((box.id for box in terms.boxes if box.id in errors), None) if is_first else None
    boxes = [
        ShownBox(box.id, box.label, box.is_required, box.id in ticked, errors.get(box.id, ""), box.id == first)
        for box in terms.boxes
    ]
    notes = list(filter(None, (terms.processing_text, terms.privacy_text)))
    return Block(terms.version, terms.text, notes, boxes)

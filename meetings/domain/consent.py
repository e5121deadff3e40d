"""What a booking page says and asks about privacy, word for word, and what is to be kept of it."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final

from meetings.domain.fields import Flaw
from meetings.domain.form import CHECKBOX, CONSENT, LEGITIMATE_INTEREST, OFF, ONE_TO_ONE, PROCESSING

# What a kept statement is about.
NOTICE: Final = "notice"
COMMUNICATION: Final = "communication"
PURPOSES: Final = (NOTICE, PROCESSING, COMMUNICATION, LEGITIMATE_INTEREST)

# Bits of an address that are kept: of a network, not of a person.
_KEPT_BITS: Final = {4: 24, 6: 48}


@dataclass(frozen=True, slots=True)
class Box:
    """A box that the contact may tick, or must."""

    id: str
    label: str
    is_required: bool
    purpose: str
    subscription: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said where nobody wrote anything, in the page's language."""

    processing: str
    legitimate_interest: str


@dataclass(frozen=True, slots=True)
class Terms:
    """All that one page shows about privacy."""

    mode: str = OFF
    text: str = ""
    privacy_text: str = ""
    processing_text: str = ""  # said where booking itself is the agreement
    boxes: tuple[Box, ...] = ()
    legal_basis: str = ""
    subscriptions: tuple[str, ...] = ()  # that follow from a legitimate interest

    @property
    def version(self) -> str:
        """A hash of everything shown together; blank where nothing is."""
        if self.mode == OFF:
            return ""
        said = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def prose(self) -> str:
        """The texts without their boxes, as they stand on the page."""
        return "\n\n".join(filter(None, (self.text, self.processing_text, self.privacy_text)))

    @property
    def must_tick(self) -> bool:
        """Whether nobody books without ticking something."""
        return any(box.is_required for box in self.boxes)


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the contact was told, or agreed to or not."""

    purpose: str
    wording: str
    is_given: bool = True
    box: str = ""
    subscription: str = ""
    legal_basis: str = ""


def terms_of(consent: Mapping[str, Any], words: Words) -> Terms:
    """What a clean document's consent makes of the page; its mode is never "account"."""
    match consent["mode"]:
        case mode if mode == CONSENT:
            is_box = consent["processing"] == CHECKBOX
            processing = consent["processing_label"] or words.processing
            return Terms(
                mode=CONSENT,
                text=consent["text"],
                privacy_text=consent["privacy_text"],
                processing_text="" if is_box else consent["processing_label"],
                boxes=(*_boxes(consent), *((_processing_box(processing),) if is_box else ())),
            )
        case mode if mode == LEGITIMATE_INTEREST:
            return Terms(
                mode=LEGITIMATE_INTEREST,
                text=consent["text"] or words.legitimate_interest,
                privacy_text=consent["privacy_text"],
                legal_basis=consent["legal_basis"],
                subscriptions=tuple(consent["subscriptions"]),
            )
    return Terms()


def _boxes(consent: Mapping[str, Any]) -> Iterator[Box]:
    for box in consent["checkboxes"]:
        yield Box(box["id"], box["label"], box["required"], COMMUNICATION, box["subscription"] or ONE_TO_ONE)


def _processing_box(label: str) -> Box:
    return Box(PROCESSING, label, True, PROCESSING)


def flaws_of(terms: Terms, ticked: Collection[str]) -> list[Flaw]:
    """Boxes that must be ticked and are not, by their ids."""
    return [Flaw(f"consents.{box.id}", "must-agree") for box in terms.boxes if box.is_required and box.id not in ticked]


def statements_of(terms: Terms, ticked: Collection[str]) -> list[Statement]:
    """What to keep of a page: the texts, each box with whether it was ticked, each subscription that follows."""
    if terms.mode == OFF:
        return []
    if terms.mode == LEGITIMATE_INTEREST:
        return [
            Statement(LEGITIMATE_INTEREST, terms.prose, subscription=subscription, legal_basis=terms.legal_basis)
            for subscription in terms.subscriptions or ("",)
        ]
    notice = "\n\n".join(filter(None, (terms.text, terms.privacy_text)))
    said = [Statement(NOTICE, notice)] if notice else []
    said += [Statement(PROCESSING, terms.processing_text)] if terms.processing_text else []
    return said + [
        Statement(box.purpose, box.label, box.id in ticked, box=box.id, subscription=box.subscription)
        for box in terms.boxes
    ]


def shortened(address: str | None) -> str:
    """An address as far as it may be kept: that of a network with many people in it."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return str(ip_network((found, _KEPT_BITS[found.version]), strict=False))

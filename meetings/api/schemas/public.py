"""What a public page says of itself."""

from ...domain import form
from ...domain.availability import Kind
from .links import link_form
from .parts import BOOLEAN, SLUG, URI, ZONE, Schema, given, list_of, one_of, or_null


def page() -> Schema:
    asked = link_form(given, given)["properties"]
    fields = {
        "slug": SLUG,
        "kind": one_of([*Kind]),
        "is_bookable": BOOLEAN,
        "asks_email_first": BOOLEAN,
        "heading": {"type": "string"},
        "description": {"type": "string", "description": "Light Markdown"},
        "location": {
            "type": "string",
            "description": "As far as everybody may know: no phone number, no call's address",
        },
        "durations": list_of({"type": "integer"}),
        "timezone": ZONE,
        "language": {"type": "string"},
        "hosts": list_of(given({"name": {"type": "string"}})),
        "form": given({**{name: asked[name] for name in ("fields", "captcha")}, "consent": _shown_consent()}),
        "branding": _branding(),
    }
    return given(fields)


def _shown_consent() -> Schema:
    """What a page says about privacy, whoever's words it is."""
    words = {"type": "string"}
    box = {"id": words, "label": words, "required": BOOLEAN, "subscription": words}
    said = dict.fromkeys(("text", "processing_text", "privacy_text"), words)
    version = {**words, "description": "Changes with every word; send it along as `consent_version`"}
    modes = one_of([form.OFF, form.CONSENT, form.LEGITIMATE_INTEREST])
    return given({"mode": modes, **said, "checkboxes": list_of(given(box)), "version": version})


def _branding() -> Schema:
    fields = {
        "company": {"type": "string"},
        "logo_url": {**or_null(URI), "description": "A picture in WebP, at most 400 by 112"},
        "colour": {**or_null({"type": "string", "pattern": "^#[0-9a-f]{6}$"}), "description": "As it was chosen"},
        "website": {"type": ["string", "null"], "description": "An http or https address"},
    }
    return given(fields)


def challenge() -> Schema:
    """ALTCHA's own shape, as far as clients need to know it: they hand it to a library and send back what that says."""
    word, number = {"type": "string"}, {"type": "integer"}
    numbers = dict.fromkeys(("cost", "keyLength"), number)
    words = dict.fromkeys(("algorithm", "keyPrefix", "nonce", "salt", "keySignature"), word)
    about = given({"link": number, "until": number})
    return given({"parameters": given({**numbers, **words, "data": about}), "signature": word})

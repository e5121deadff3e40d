"""What the form does against robots: proof of work or a plain question where it must ask, else nothing that shows."""

import json
from dataclasses import dataclass
from datetime import datetime

from flask import request

from meetings import ratelimit
from meetings.domain.fields import typed_number
from meetings.domain.time import to_instant
from meetings.errors import CaptchaFailed
from meetings.i18n import gettext as _
from meetings.i18n import lazy_gettext as _l
from meetings.models import Link
from meetings.services import guarding

from .form_token import FormToken

BAIT = "home-page"  # a field that nobody sees; whoever fills it in fills in everything
QUICKEST = 2  # seconds that a person needs at least
ANSWER_MAX = 20

_NUMBERS = {
    2: _l("two"),
    3: _l("three"),
    4: _l("four"),
    5: _l("five"),
    6: _l("six"),
    7: _l("seven"),
    8: _l("eight"),
    9: _l("nine"),
}


@dataclass(frozen=True)
class Check:
    """The part of the form that keeps robots out."""

    question: str
    token: str
    answer: str = ""
    error: str = ""
    challenge: str = ""  # proof of work instead of the question, where the browser can; none: only the answer counts
    strings: str = ""  # the widget's words
    is_done: bool = False  # a picture of it

    @property
    def id(self) -> str:
        """Another one for each question: a browser must not take a new check for the old one."""
        return self.token[-12:].replace("_", "-").replace(".", "-")


def check(link: Link, now: datetime, *, is_asking: bool = False, error: str = "") -> Check | None:
    """What the form shows; None where it asks nothing. `is_asking`: the question must be answered."""
    if not (is_asking or guarding.is_guarded(link, now)):
        return None
    asked = _still_open(link) or guarding.question(link)
    words = _(
        "What is %(first)s plus %(second)s?", first=str(_NUMBERS[asked.first]), second=str(_NUMBERS[asked.second])
    )
    is_same = asked.token == request.form.get("captcha-question")
    return Check(
        question=words,
        token=asked.token,
        answer=request.form.get("captcha-answer", "")[:ANSWER_MAX] if is_same else "",
        error=error,
        challenge="" if is_asking else json.dumps(guarding.challenge(link, now)),
        strings="" if is_asking else json.dumps(_strings()),
    )


def sample(link: Link) -> Check | None:
    """The same for a preview: as browsers have it that have done their work."""
    return Check(question="", token="", is_done=True) if link.scheduling["form"]["captcha"] else None


def _still_open(link: Link) -> guarding.Question | None:
    """The question that came with the form, if it can still be answered: nobody has to do a sum twice."""
    asked = guarding.question_of(link, request.form.get("captcha-question", ""))
    return asked if asked and not guarding.is_used(asked) else None


def _strings() -> dict[str, str]:
    return {
        "label": _("Check that you are no robot"),
        "verifying": _("Checking that you are no robot…"),
        "verified": _("Checked: you are no robot"),
        "error": _("The check did not work."),
        "expired": _("The check is too old. Start it once more."),
        "waitAlert": _("One moment: the check is still running."),
        "verificationRequired": _("Start the check first."),
    }


# ---- what was sent ---------------------------------------------------------------------------------------------------


def is_suspect(sent: FormToken, now: datetime) -> bool:
    """Whether the form was sent as robots send it."""
    if sent.is_asking:
        return True
    if not ratelimit.is_on():
        return False
    if request.form.get(BAIT):
        return True
    # Now and then somebody is: with a password manager, say. A robot is again and again.
    is_quick = not sent.is_filled and to_instant(now) - sent.shown_at < QUICKEST
    return is_quick and ratelimit.is_often(ratelimit.QUICK_FORMS, "quick", ratelimit.place(request.remote_addr))


def proof(link: Link, now: datetime, *, is_suspect: bool) -> guarding.Proof | None:
    """What shows that no robot sent the form; None where nothing has to. Raises CaptchaFailed, RateLimited."""
    if not (is_suspect or guarding.is_guarded(link, now)):
        return None
    found = None if is_suspect else guarding.proof_of_work(link, request.form.get("captcha", ""), now)
    found = found or _answered(link, now)
    if found is None:
        raise CaptchaFailed
    return found


def has_answered() -> bool:
    """Whether somebody tried."""
    return bool(request.form.get("captcha-answer", "").strip())


def _answered(link: Link, now: datetime) -> guarding.Proof | None:
    asked = guarding.question_of(link, request.form.get("captcha-question", ""))
    typed = request.form.get("captcha-answer", "").strip()[:ANSWER_MAX]
    if asked is None or not typed:
        return None
    address = ratelimit.place(request.remote_addr)
    ratelimit.afford(ratelimit.ANSWERS, "answer", address)
    found = guarding.proof_of_answer(asked, typed_number(typed), now)
    if found is None:
        ratelimit.spend(ratelimit.ANSWERS, "answer", address)
    return found

"""The booking page: month and times, the form, taking a slot. What follows is on the contact's own page, manage.py."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from math import ceil
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n, ratelimit
from meetings.domain.time import local_date, to_datetime, to_instant, zone
from meetings.errors import Busy, CaptchaFailed, ConsentChanged, Invalid, RateLimited, SlotTaken, Unconfirmed
from meetings.i18n import gettext as _
from meetings.i18n import problem_message
from meetings.models import Booking, Link
from meetings.secrets import new_token
from meetings.services import access, bookings, consents, guarding, host_hours, single_use
from meetings.services.bookings import BookingRequest

from . import (
    at_a_click,
    filled,
    form_token,
    frame,
    guard,
    hidden,
    htmx,
    just_booked,
    onward,
    robots,
    sent_form,
    terms,
    welcome,
)
from .details import form_context
from .fields import field_names, values_in
from .filled import Filled
from .sent_form import Sent
from .times import closed_context, page_context
from .visit import Visit, is_everyones, once, read_visit, remember

blueprint = Blueprint("booking", __name__)

PAGES = ("booking/page.html", "booking/_stage.html")


@blueprint.get("/book/<slug>")
def page(slug: str) -> Response:
    """Month and times; with a start in the address the form for it."""
    now = clock.now()
    link = single_use.link_at(slug, once(), now, is_sent=True)
    if link.slug != slug:
        return redirect(f"{_path(link)}?{request.query_string.decode('ascii', 'ignore')}")
    known = filled.of_request(link)
    visit = welcome.for_address(link, _visit(link), known.values.get(welcome.EMAIL, ""))
    if made := just_booked.of_request(link, visit, now):
        return _mine(link, visit, made)
    single_use.admit(link, once(), now)
    guard.allow_forms_to(onward.origin(link))
    if not link.is_bookable:
        return remember(htmx.page_or_fragment(*PAGES, **closed_context(link, visit, now)), visit)
    if welcome.is_due(link, known):
        return remember(_welcome(link, visit, known, now), visit)
    if visit.start is not None:
        check = robots.check(link, now)
        context = form_context(link, visit, now, values=known.values, filled=known, check=check)
    else:
        _let_list(link, known)
        context = _times(link, visit, known, now)
        if not context["is_deserted"]:
            context |= hidden.context(link, visit, context, now)
    response = remember(htmx.page_or_fragment(*PAGES, **context), visit)
    if known.is_personal or "hosts_view" in context:
        response.headers["Cache-Control"] = "no-store"
    return response


def _welcome(link: Link, visit: Visit, known: Filled, now: datetime) -> Response:
    value, flaws = welcome.typed()
    _let_list(link, known)
    return htmx.page_or_fragment(*PAGES, 422 if flaws else 200, **welcome.context(link, visit, now, value, flaws))


def _mine(link: Link, visit: Visit, made: Booking, status: int = 200) -> Response:
    response = htmx.page_or_fragment(*PAGES, status, **just_booked.context(link, visit, made))
    response.headers["Cache-Control"] = "no-store"
    return response


def _let_list(link: Link, known: Filled) -> None:
    """Let search engines list an open page as everybody sees it."""
    is_for_one = known.is_personal or bool(once()) or welcome.EMAIL in request.args
    if link.scheduling["visibility"] == "open" and not is_for_one and not guard.is_framed():
        guard.let_list(_path(link))


def _times(link: Link, visit: Visit, known: Filled, now: datetime) -> dict[str, Any]:
    context = page_context(link, visit, now)
    if context["is_deserted"]:
        return context
    return context | at_a_click.context(link, visit, known, context, now)


def _path(link: Link) -> str:
    """Where the page is: its own address, or that of the page for frames (embed.py)."""
    return url_for(f"{request.blueprint}.page", slug=link.slug)


def _visit(link: Link) -> Visit:
    scheduling = link.scheduling
    visit = read_visit(
        _path(link),
        scheduling["durations"],
        host_hours.zone_of(link),
        scheduling["language"],
        scheduling["date_format"],
    )
    i18n.speak(visit.locale)
    return visit


@blueprint.post("/book/<slug>/forget")
def forget(slug: str) -> Response:
    """Have this browser remember nobody."""
    link = single_use.link_at(slug, once(), clock.now())
    return filled.forget(htmx.redirect(_visit(link).here()))


# ---- taking a slot ---------------------------------------------------------------------------------------------------


@blueprint.post("/book/<slug>")
def book(slug: str) -> Response:
    """Book the chosen time."""
    now = clock.now()
    link = single_use.link_at(slug, once(), now, is_sent=True)
    guard.allow_forms_to(onward.origin(link))
    values = values_in(request.form, field_names(link))
    visit = welcome.for_address(link, sent_form.visit_of(_visit(link), link), values[welcome.EMAIL])
    if visit.start is None:
        return htmx.page_or_fragment(*PAGES, 422, **page_context(link, visit, now))
    contact, answers, flaws = sent_form.read(link, values)
    flaws += consents.flaws(link, visit.locale, terms.agreed())
    token = form_token.read(request.form.get("token", ""), link, visit)
    if not link.is_bookable and (flaws or token is None):
        return _closed(link, visit, now)
    if flaws or token is None:
        notice = "" if token else _("This page was open for a long time. Check it once more, then confirm.")
        return _form_again(Sent(link, visit, values, token, now), 422, flaws=flaws, notice=notice)
    wanted = BookingRequest(
        start=to_datetime(visit.start),
        duration=visit.duration,
        timezone=visit.zone,
        locale=visit.locale,
        answers=answers,
        idempotency_key=token.key,
        request_hash=sent_form.fingerprint(visit, contact, answers),
        email=contact["email"],
        first_name=contact["first_name"],
        last_name=contact["last_name"],
        agreed=terms.agreed(),
        is_recognised=filled.is_recognised(link, contact["email"]),
        once=once(),
        is_for_owner=not is_everyones(),
    )
    return _take(Sent(link, visit, values, token, now), wanted)


def _form_again(sent: Sent, status: int, **more: Any) -> Response:
    if made := just_booked.of_request(sent.link, sent.visit, sent.now):  # in another tab, say: nothing is left to mend
        return _mine(sent.link, sent.visit, made, 409)
    return htmx.page_or_fragment(*PAGES, status, **_again(sent, **more))


def _again(sent: Sent, *, error: str = "", is_asking: bool = False, **more: Any) -> dict[str, Any]:
    """The form as it was sent, with what is to be said about it. `error` and `is_asking` are about robots."""
    is_asking = is_asking or (sent.token is not None and sent.token.is_asking)
    check = robots.check(sent.link, sent.now, is_asking=is_asking, error=error)
    known = filled.of_request(sent.link)
    return form_context(
        sent.link, sent.visit, sent.now, values=sent.values, filled=known, check=check, sent=sent.token, **more
    )


def _take(sent: Sent, wanted: BookingRequest) -> Response:
    booking = _sent_before(sent.link, wanted)
    if booking is None and not sent.link.is_bookable:
        return _closed(sent.link, sent.visit, sent.now)
    if booking is None:
        try:
            booking = _admitted(sent, wanted)
        except (Busy, RateLimited) as problem:
            return _not_now(sent, problem)
        except CaptchaFailed:
            return _ask(sent)
        except ConsentChanged as problem:
            return _form_again(sent, problem.status, notice=problem_message(problem))
        except SlotTaken as problem:
            return _gone(sent, problem)
    if not booking.is_replay:
        ratelimit.note_booking(request.remote_addr, sent.link.id)
        guarding.watch(sent.link, ratelimit.bookings_lately(sent.link.id), sent.now)
    return just_booked.keep(filled.keep(htmx.redirect(_afterwards(sent, booking)), booking), booking)


def _gone(sent: Sent, problem: SlotTaken) -> Response:
    """Somebody was quicker: other times to choose from. Unless it was the same browser, which went back."""
    if made := just_booked.at(sent.link, sent.visit.start):
        return _mine(sent.link, sent.visit, made, 409)
    if not at_a_click.is_sent():
        return _form_again(sent, 409, gone=_why(problem))
    visit = replace(sent.visit, start=None, day=local_date(sent.visit.start or 0, zone(sent.visit.zone)))
    notice = _("Someone else was a moment quicker. Nothing was booked: choose another time.")
    context = _times(sent.link, visit, filled.of_request(sent.link), sent.now) | {"notice": notice}
    return htmx.page_or_fragment(*PAGES, 409, **context)


def _admitted(sent: Sent, wanted: BookingRequest) -> Booking:
    """The booking, if its sender may book and is no robot."""
    ratelimit.afford_booking(request.remote_addr, sent.link.id)
    proof = robots.proof(sent.link, sent.now, is_suspect=_is_suspect(sent))
    guarding.afford_mail(wanted.email, sent.now)  # after that: no robot is to find out about addresses
    return _taken_once(sent.link, replace(wanted, proof=proof), sent.now)


def _is_suspect(sent: Sent) -> bool:
    return sent.token is not None and robots.is_suspect(sent.token, sent.now)


def _ask(sent: Sent) -> Response:
    """The form with the question that a robot would get wrong; nothing else has to be done again."""
    error = _("That was not it. Here is another one.") if robots.has_answered() else _("Please answer this too.")
    return _form_again(sent, 422, is_asking=True, error=error)


def _afterwards(sent: Sent, booking: Booking) -> str:
    """Where whoever has booked is told so, or goes on."""
    token = access.manage_token(booking)
    if guard.is_framed():
        return frame.next_page(url_for("embed.booked", token=token))
    further = onward.address(booking)
    if not further:
        return url_for("manage.page", token=token, new=1, undo=1 if at_a_click.is_sent() else None)
    if further.startswith("/") or htmx.is_htmx() or _may_leave(sent):
        return further
    return url_for("manage.further", token=token)


def _may_leave(sent: Sent) -> bool:
    """Whether the policy of the page that was sent lets its form lead to the other site: it is as it was."""
    is_same = sent.token is not None and sent.token.shown_at >= to_instant(sent.link.updated_at)
    return is_same and bool(onward.origin(sent.link))


def _not_now(sent: Sent, problem: Busy | RateLimited) -> Response:
    """The form as it was sent, its token too: sent again, it books once even if it had booked after all."""
    context = _again(sent, notice=_not_now_in_words(sent, problem)) | {"token": request.form["token"]}
    response = htmx.page_or_fragment(*PAGES, problem.status, **context)
    response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _not_now_in_words(sent: Sent, problem: Busy | RateLimited) -> str:
    if isinstance(problem, Busy):
        return _("The server is very busy. What you wrote is kept: confirm again in a few seconds.")
    if isinstance(problem, Unconfirmed):
        return problem_message(problem)
    span = i18n.span_in_words(ceil(problem.retry_after / 60), sent.visit.locale)
    return _("That was a lot in a short time. What you wrote is kept: confirm again in %(span)s.", span=span)


def _closed(link: Link, visit: Visit, now: datetime) -> Response:
    if made := just_booked.at(link, visit.start):
        return _mine(link, visit, made, 409)
    return htmx.page_or_fragment(*PAGES, 409, **closed_context(link, visit, now))


def _sent_before(link: Link, wanted: BookingRequest) -> Booking | None:
    """What the same form booked already: that needs no budget."""
    with suppress(Invalid):  # changed since: another wish
        return bookings.earlier(link, str(wanted.idempotency_key), wanted.request_hash)
    return None


def _taken_once(link: Link, wanted: BookingRequest, now: datetime) -> Booking:
    """The booking; a form sent twice books once. One that was changed after it had booked counts as another wish."""
    try:
        return bookings.take(link, wanted, now)
    except Invalid as problem:
        if all(flaw.code != "key-reused" for flaw in problem.flaws):
            raise
    return bookings.take(link, replace(wanted, idempotency_key=new_token()), now)


def _why(problem: SlotTaken) -> str:
    if problem.rule == "free":
        return _("Someone else was a moment quicker. What you wrote is kept.")
    if problem.rule == "notice":
        return _("It is too soon now. What you wrote is kept.")
    return _("The free times have changed. What you wrote is kept.")

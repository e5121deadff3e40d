"""Why a time is offered or not, in sentences: rule by rule."""

from dataclasses import dataclass

from meetings import i18n
from meetings.domain.availability import Kind
from meetings.domain.explain import Fit, Free, Grid, Horizon, Notice
from meetings.domain.time import Instant, Span, clock_change, local_date, zone
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models.links import DRAFT, OFF
from meetings.services.explaining import Account


@dataclass(frozen=True)
class Says:
    """What one rule says."""

    name: str
    title: str
    is_ok: bool
    sentence: str


class Words:
    """The sentences about one time, in one zone and language."""

    def __init__(self, account: Account, zone_name: str, locale: str) -> None:
        self.account = account
        self.zone = zone_name
        self.locale = locale

    # --- moments

    def time(self, at: Instant) -> str:
        return i18n.time(at, self.zone, self.locale)

    def moment(self, at: Instant) -> str:
        """A moment of another day with its day: Tue 1 Dec, 10:00."""
        if local_date(at, zone(self.zone)) == local_date(self.account.start, zone(self.zone)):
            return self.time(at)
        return i18n.date_time_short(at, self.zone, self.locale)

    def when(self, span: Span) -> str:
        return f"{self.moment(span.start)}–{self.moment(span.end)}"

    def whole(self) -> str:
        """The time that is asked for, with its day."""
        end = self.account.explanation.fit.ends_at
        return i18n.date_time_full(self.account.start, end, self.zone, self.locale, form="short-year")

    def zone_label(self) -> str:
        return i18n.zone_label(self.zone, self.account.start, self.locale)

    # --- the answer

    def answer(self) -> str:
        """Whether it can be booked, and if not, the first reason."""
        if self.account.is_offered:
            return _("This time is offered.")
        return _("This time is not offered.")

    def reason(self) -> str:
        """The first thing that says no."""
        return next((said.sentence for said in self.rules() if not said.is_ok), "")

    def remedy(self) -> str:
        """What little would help."""
        cure = self.account.remedy
        if cure is None or not (self.account.is_live and self.account.has_duration):
            return ""
        minutes = i18n.span_in_words(cure.minutes, self.locale)
        if cure.of == "duration":
            return _("A meeting of %(minutes)s or less would fit.", minutes=minutes)
        if cure.of == "notice":
            if not cure.minutes:
                return _("It would be offered without a minimum notice.")
            return _("It would be offered if the minimum notice were %(minutes)s or less.", minutes=minutes)
        if not cure.minutes:
            return _("It would be offered if no time had to be free between meetings.")
        return _("It would be offered if the time free between meetings were %(minutes)s or less.", minutes=minutes)

    # --- the rules

    def rules(self) -> list[Says]:
        """What every rule says, in their order."""
        found = self.account.explanation
        said = [self._status(), self._duration()]
        return [
            *(one for one in said if one is not None),
            Says("grid", _("Starting time"), found.grid.is_ok, self._grid(found.grid)),
            Says("fit", _("Length"), found.fit.is_ok, self._fit(found.fit)),
            Says("notice", _("Minimum notice"), found.notice.is_ok, self._notice(found.notice)),
            Says("horizon", _("How far ahead"), found.horizon.is_ok, self._horizon(found.horizon)),
            Says("free", _("Who is free"), found.free.is_ok, self._free(found.free)),
        ]

    def _status(self) -> Says | None:
        link = self.account.link
        if link.status == DRAFT:
            return Says("status", _("Link"), False, _("The link is a draft: nobody can book it yet."))
        if link.status == OFF:
            return Says("status", _("Link"), False, _("The link is off: its page takes no bookings."))
        if link.is_by_invitation:
            return Says("status", _("Link"), True, _("The link is live, for those who have an invitation."))
        return None

    def _duration(self) -> Says | None:
        if self.account.has_duration:
            return None
        lengths = [i18n.duration(minutes, self.locale) for minutes in self.account.link.durations]
        sentence = _(
            "There are no meetings of %(length)s here, only of %(lengths)s.",
            length=i18n.duration(self.account.duration, self.locale),
            lengths=i18n.listed(lengths, self.locale),
        )
        return Says("duration", _("Duration"), False, sentence)

    def _grid(self, grid: Grid) -> str:
        step = i18n.duration(grid.step, self.locale)
        if grid.is_ok and grid.opening is not None:
            first = self.moment(grid.opening.start)
            return _(
                "Meetings can start every %(step)s from %(first)s on: this is one of the starts.",
                step=step,
                first=first,
            )
        if grid.opening is not None:
            near = [self.moment(at) for at in (grid.previous, grid.next) if at is not None]
            names = {"step": step, "first": self.moment(grid.opening.start), "near": i18n.listed(near, self.locale)}
            return _("Meetings start every %(step)s from %(first)s on. The nearest starts are %(near)s.", **names)
        return self._closed(grid)

    def _closed(self, grid: Grid) -> str:
        """The hours of a day, none of which hold the time."""
        day = i18n.day_of(grid.day, self.locale, "long")
        if not grid.windows and grid.is_override:
            return _("%(day)s is a special date without hours.", day=day)
        if not grid.windows:
            weekday = i18n.weekday_names(self.locale, "wide", from_first=False)[grid.day.weekday()]
            return _("There are no hours on this day of the week (%(weekday)s).", weekday=weekday)
        hours = i18n.listed([self._window(*window) for window in grid.windows], self.locale)
        names = {"day": day, "hours": hours, "zone": self._links_zone(), "schedule": self.account.schedule}
        if grid.is_override:
            return _("%(day)s has hours of its own: %(hours)s, %(zone)s.", **names)
        if self.account.schedule:
            return _("The hours of the schedule “%(schedule)s” on %(day)s are %(hours)s, %(zone)s.", **names)
        return _("The hours on %(day)s are %(hours)s, %(zone)s.", **names)

    def _window(self, start: int, end: int) -> str:
        last = _("24:00") if end == 24 * 60 else i18n.minute_of_day(end, self.locale)
        return f"{i18n.minute_of_day(start, self.locale)}–{last}"

    def _links_zone(self) -> str:
        return i18n.zone_label(self.account.rules.zone, self.account.start, self.locale)

    def _fit(self, fit: Fit) -> str:
        names = {
            "end": self.moment(fit.ends_at),
            "closing": "" if fit.closes_at is None else self.moment(fit.closes_at),
        }
        if fit.closes_at is None and not fit.is_ok:
            return _("It is outside the hours.")
        if fit.closes_at is None:
            return _("The meeting ends at %(end)s; the hours go on after it.", **names)
        if fit.is_ok:
            return _("The meeting ends at %(end)s; the hours last until %(closing)s.", **names)
        return _("The meeting would end at %(end)s, but the hours end at %(closing)s.", **names)

    def _notice(self, notice: Notice) -> str:
        account = self.account
        names = {"notice": i18n.span_in_words(notice.minimum, self.locale), "first": self.moment(notice.ends_at)}
        if account.start < account.now:
            return _("This time has passed.")
        if not notice.is_ok:
            return _("Too soon: the link asks for %(notice)s, so that times from %(first)s on can be booked.", **names)
        if not notice.minimum:
            return _("No notice is asked for.")
        last = self.moment(account.start - notice.minimum * 60)
        return _("The link asks for %(notice)s: this can be booked until %(last)s.", **names, last=last)

    def _horizon(self, horizon: Horizon) -> str:
        names = {
            "first": i18n.day_of(horizon.first, self.locale, "short"),
            "last": i18n.day_of(horizon.last, self.locale, "short"),
        }
        if horizon.is_ok:
            return _("Days from %(first)s to %(last)s can be booked now.", **names)
        if horizon.last < horizon.first:
            return _("No day can be booked: the last one is before the first.")
        if horizon.day < horizon.first:
            return _("Too early: the first day that can be booked is %(first)s.", **names)
        return _("Too far ahead: the last day that can be booked now is %(last)s.", **names)

    def _free(self, free: Free) -> str:
        if not self.account.hosts:
            return _("Nobody can be met through this link.")
        if not free.is_anybody_there:
            return _("All members are paused.")
        counted = [one for one in self.account.hosts if one.verdict.is_needed]
        kept = [one.host.name for one in counted if not one.verdict.is_free]
        if free.kind == Kind.ROUND_ROBIN:
            return self._any_free(len(counted), len(counted) - len(kept))
        if not counted:
            return _("Nobody’s availability is checked, so that nobody stands in the way.")
        if kept:
            return self._kept(kept, len(counted))
        names = i18n.listed([one.host.name for one in counted], self.locale)
        return ngettext("%(names)s is free.", "%(names)s are all free.", len(counted), names=names)

    def _kept(self, kept: list[str], counted: int) -> str:
        names = i18n.listed(kept, self.locale)
        if counted == 1:
            return _("%(names)s is not free.", names=names)
        return ngettext(
            "%(names)s is not free, and everybody is needed.",
            "%(names)s are not free, and everybody is needed.",
            len(kept),
            names=names,
        )

    def _any_free(self, members: int, free: int) -> str:
        if free:
            return ngettext(
                "%(num)s of %(members)s members is free; one is enough.",
                "%(num)s of %(members)s members are free; one is enough.",
                free,
                members=members,
            )
        return ngettext("The only member is not free.", "None of the %(num)s members is free.", members)

    # --- the clocks

    def clocks(self) -> list[str]:
        """What to know where clocks change that day: in the zone asked for, and in the link's."""
        found = []
        for name in dict.fromkeys((self.zone, self.account.rules.zone)):
            change = clock_change(local_date(self.account.start, zone(name)), zone(name))
            if change is not None:
                found.append(self._change(name, *change))
        return found

    def _change(self, name: str, at: Instant, seconds: int) -> str:
        """From which reading to which: what clocks showed up to that moment, and what they show from it on."""
        before = i18n.offset_minutes(at - 1, name)
        former = (at // 60 + before) % 1440
        names = {
            "city": i18n.zone_city(name, self.locale),
            "former": i18n.minute_of_day(former, self.locale),
            "new": i18n.time(at, name, self.locale),
        }
        if seconds > 0:
            return _("Clocks in %(city)s go forward that day, from %(former)s to %(new)s.", **names)
        return _("Clocks in %(city)s go back that day, from %(former)s to %(new)s.", **names)

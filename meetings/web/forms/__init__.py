"""Flask-WTF forms: labels and raw values. The rules are the domain's; what they find wrong is laid on the fields."""

from collections.abc import Sequence
from datetime import datetime

from flask_wtf import FlaskForm

from meetings import i18n
from meetings.domain.fields import Flaw
from meetings.domain.time import zone_names
from meetings.errors import Problem


class PageForm(FlaskForm):  # type: ignore[misc]  # the library has no types
    """A form of a page. Its CSRF token is checked for all pages at once, before any view runs."""

    class Meta:
        csrf = False

    def lay(self, flaws: Sequence[Flaw]) -> list[str]:
        """Put each flaw's sentence beside its field; returns the sentences that belong to no field here."""
        left = []
        for flaw in flaws:
            field = self._fields.get(flaw.field.rpartition(".")[2])
            if field is None:
                left.append(i18n.flaw_message(flaw))
            else:
                field.errors = [*field.errors, i18n.flaw_message(flaw)]
        return left

    def lay_problem(self, name: str, problem: Problem) -> None:
        """Put a problem's sentence beside one field."""
        field = self._fields[name]
        field.errors = [*field.errors, i18n.problem_message(problem)]


def zone_options(now: datetime, chosen: str = "") -> list[tuple[str, str]]:
    """Every place with a zone, for a plain list; a zone that has no place of its own is put first if it is chosen."""
    locale = i18n.current_locale()
    options = [(choice.zone, choice.label) for choice in i18n.zone_choices(locale, now)]
    if chosen in zone_names() and chosen not in {zone for zone, _ in options}:
        options.insert(0, (chosen, i18n.zone_label(chosen, now, locale)))
    return options


def language_options() -> list[tuple[str, str]]:
    """The languages spoken here, each by its own name."""
    return [(locale, i18n.language_name(locale)) for locale in i18n.spoken()]

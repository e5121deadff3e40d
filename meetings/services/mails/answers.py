"""What the contact answered on the form, as far as each reader may see it and in their language."""

from collections.abc import Sequence

from meetings import i18n
from meetings.domain.answers import fit_for_others
from meetings.models import Answer

Told = list[tuple[str, str]]  # what was asked, what was answered


def for_contact(answers: Sequence[Answer], locale: str) -> Told:
    """For the mailbox that was named on the form. Whose it is nobody knows yet: no links that a stranger typed."""
    seen = [(answer, fit_for_others(answer.kind, answer.value)) for answer in answers if answer.in_invite]
    return [_told(answer, value, locale) for answer, value in seen if value]


def for_invite(answers: Sequence[Answer], locale: str) -> Told:
    """For the event in a host's calendar, which others may see too."""
    return [_told(answer, answer.value, locale) for answer in answers if answer.in_invite]


def for_host(answers: Sequence[Answer], locale: str) -> Told:
    """For a host alone: what stays out of the invitation says so."""
    told = (_told(answer, answer.value, locale) for answer in answers)
    return [
        (label if answer.in_invite else i18n.say(locale, "%(question)s (for hosts only)", question=label), value)
        for answer, (label, value) in zip(answers, told, strict=True)
    ]


def _told(answer: Answer, value: str, locale: str) -> tuple[str, str]:
    return i18n.question_and_answer(answer.name, answer.label, answer.kind, value, locale)


def as_text(told: Told) -> list[str]:
    """For a calendar: each question above its answer."""
    return [f"{label}\n{value}" for label, value in told]

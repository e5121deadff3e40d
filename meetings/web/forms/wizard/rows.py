"""The wizard's rows: members, hours, questions, reminders and others that come, go, move and are copied by buttons."""

from contextlib import suppress

from . import automation, form, overview, schedule, team
from .typed import Button, Buttons, Posted, Typed

_BUTTONS: Buttons = {
    **overview.BUTTONS,
    **team.BUTTONS,
    **schedule.BUTTONS,
    **form.BUTTONS,
    **automation.BUTTONS,
}


def change(typed: Typed, action: str, posted: Posted) -> bool:
    """Do what a button says ("add:window:mon") to what was typed; False if that is no such button."""
    button, where = _pressed(action)
    if button is None:
        return False
    with suppress(KeyError, IndexError, ValueError):  # a row that is gone, or not of this page: all stays as it is
        button.change(typed, where, posted)
    return True


def onward(typed: Typed, action: str) -> str:
    """The control that has the focus after a button changed the rows; none where the button stays."""
    button, where = _pressed(action)
    with suppress(KeyError, IndexError, ValueError):
        return button.focus(typed, where) if button else ""
    return ""


def _pressed(action: str) -> tuple[Button | None, str]:
    """The button, and which of its rows it is."""
    verb, _, rest = action.partition(":")
    thing, _, where = rest.partition(":")
    if (verb, thing) in _BUTTONS:
        return _BUTTONS[verb, thing], where
    return _BUTTONS.get((verb, "*")), rest

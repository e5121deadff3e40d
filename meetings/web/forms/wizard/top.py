"""What a visitor reads first: the heading, and how long a meeting may be."""

from collections.abc import Mapping
from typing import Any

from meetings.domain.fields import typed_number
from meetings.domain.sections import DURATION_MAX, DURATION_MIN

from .typed import Button, Buttons, Patch, Posted, Typed, row_number


def read(posted: Posted) -> Typed:
    return {
        "heading": posted.get("heading", ""),
        "durations": posted.getlist("duration"),
        "new_duration": posted.get("new_duration", ""),
    }


def show(document: Mapping[str, Any]) -> Typed:
    scheduling = document["scheduling"]
    durations = [str(minutes) for minutes in scheduling["durations"]]
    return {"heading": scheduling["heading"], "durations": durations, "new_duration": ""}


def patch(typed: Typed, _document: Mapping[str, Any]) -> Patch:
    durations = [*typed["durations"], *filter(str.strip, [typed["new_duration"]])]
    values = {"heading": typed["heading"], "durations": [typed_number(minutes) for minutes in durations]}
    return Patch({"scheduling": values}, {"scheduling.durations": "durations"})


# ---- rows ------------------------------------------------------------------------------------------------------------


def _add_duration(typed: Typed, _where: str, _posted: Posted) -> None:
    minutes = typed_number(typed["new_duration"])
    if not isinstance(minutes, int) or not DURATION_MIN <= minutes <= DURATION_MAX:
        return  # it stays where it can be mended, and what is wrong with it is said there
    if str(minutes) not in typed["durations"]:
        typed["durations"].append(str(minutes))
    typed["new_duration"] = ""


def _remove_duration(typed: Typed, where: str, _posted: Posted) -> None:
    del typed["durations"][row_number(where)]


def _earlier(typed: Typed, where: str, _posted: Posted) -> None:
    index = row_number(where)
    typed["durations"].insert(max(index - 1, 0), typed["durations"].pop(index))


def _moved(_typed: Typed, where: str) -> str:
    """The same button beside the same length, which stands one place earlier now; on the first there is none."""
    return f"earlier-{row_number(where) - 1}" if row_number(where) > 1 else "duration-remove-0"


BUTTONS: Buttons = {
    ("add", "duration"): Button(_add_duration, lambda _typed, _where: "new_duration"),
    ("remove", "duration"): Button(_remove_duration, lambda _typed, _where: "new_duration"),
    ("earlier", "*"): Button(_earlier, _moved),
}

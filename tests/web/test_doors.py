"""The census of routes: each has a door, and an app with one that nobody decided about doesn't start."""

import pytest
from flask import Flask

from meetings.api.calls import CALLS
from meetings.web import doors
from meetings.web.doors import OPEN, Door, NoDoor, door_of


def test_every_address_has_a_door(app: Flask) -> None:
    doors.check(app)
    assert {door_of(app, endpoint) for endpoint in app.view_functions} == set(Door)


def test_what_is_written_down_is_what_the_views_do(app: Flask) -> None:
    assert (door_of(app, "links.index"), door_of(app, "outbox.index")) == (Door.USER, Door.ADMIN)
    assert not [name for name in OPEN if vars(app.view_functions[name])]  # listed as open, and guarded all the same
    assert {name.removeprefix("api.") for name in app.view_functions if name.startswith("api.")} == set(CALLS)


def test_a_page_that_nobody_decided_about_stops_the_build(app: Flask) -> None:
    app.view_functions["secrets.page"] = lambda: "everything"
    with pytest.raises(NoDoor, match=r"secrets\.page"):
        doors.check(app)


def test_a_door_that_leads_nowhere_is_told(app: Flask) -> None:
    del app.view_functions["text.times"]
    with pytest.raises(NoDoor, match=r"text\.times"):
        doors.check(app)

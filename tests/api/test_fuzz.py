"""Whatever JSON arrives in whatever place: a clean answer, never a fault."""

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetings.models import Link
from tests import make
from tests.api.test_access import BODIES
from tests.api.test_links import WHOLE
from tests.api.test_schedules import EARLY as SCHEDULE

TEXTS = st.text(max_size=20) | st.sampled_from(
    ["", "auto", "rolling", "range", "24:00", "2026-12-01", "ada@example.org", "Europe/Paris"]
)
PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
)
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
CONTACT = {
    "email": "olga@acme.example",
    "first_name": "Olga",
    "last_name": "Berg",
    "company": "Acme",
    "owner": "ada@example.org",
    "properties": {"job_title": "Boss", "phone": None},
}
COMPANY = {"name": "Acme", "domain": "acme.example", "owner": "ada@example.org"}
PLACES = [
    ("POST", "/links", WHOLE),
    ("PATCH", "/links/demo", WHOLE),
    ("POST", "/links/transfer", BODIES["transfer_links"]),
    ("POST", "/users", BODIES["add_user"]),
    ("PATCH", "/users/1", BODIES["add_user"]),
    ("POST", "/busy", BODIES["add_busy"]),
    ("POST", "/schedules", {**SCHEDULE, "user": "alice@example.org", "first": True}),
    ("POST", "/contacts", CONTACT),
    ("PATCH", "/contacts/1", {**CONTACT, "id": 1}),
    ("POST", "/contacts/1/notes", {"text": "Likes tea"}),
    ("POST", "/contacts/merge", {"kept": 1, "other": 2}),
    ("POST", "/companies", COMPANY),
    ("PATCH", "/companies/1", {**COMPANY, "id": 1}),
    ("POST", "/book/demo/bookings", BODIES["book_slot"]),
]


def paths(value: Any, here: tuple = ()) -> list[tuple]:
    """The way to every value inside a document, itself included."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(path for key, child in inside for path in paths(child, (*here, key)))]


def replaced(document: Any, path: tuple, value: Any) -> Any:
    if not path:
        return value
    changed = copy.copy(document)
    changed[path[0]] = replaced(document[path[0]], path[1:], value)
    return changed


@st.composite
def requests(draw) -> tuple[str, str, Any]:
    """A good request with one value in it replaced by anything."""
    method, path, body = draw(st.sampled_from(PLACES))
    return method, path, replaced(body, draw(st.sampled_from(paths(body))), draw(ANYTHING))


def test_no_value_is_a_fault(as_user, anybody):
    ada = make.user("Ada Admin", role="admin")
    make.booking(make.link(ada))  # a contact, and their company
    caller = as_user(ada)
    caller.app.config["RATELIMIT_ENABLED"] = False

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(requests())
    def try_one(request):
        method, path, body = request
        answer = caller.call(method, path, data=json.dumps(body), content_type="application/json")
        assert answer.status_code in {200, 201, 400, 403, 404, 409, 413, 422}
        if Link.by_slug("demo") is None:
            make.link(ada)

    try_one()

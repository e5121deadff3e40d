"""The contact's properties, for those who write the forms of links."""

from typing import Any

from ..models import Property, User
from . import documents, pages
from .calls import Access, Group, call


@call(
    "GET",
    "/properties",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="The contact's properties, which forms can ask for",
    answer="PropertyList",
    query=pages.PARAMETERS,
    explanation="In the order that admins gave them. `label` is in the caller’s language where nobody has named it.",
)
def list_properties(_actor: User) -> dict[str, object]:
    page = pages.of_query(Property.select(), (Property.position, Property.id), _key)
    return page.document([documents.contact_property(row) for row in page.rows])


def _key(row: Any) -> tuple[int, int]:
    return row.position, row.id

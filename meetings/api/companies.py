"""Companies, where contacts work."""

from .. import clock
from ..domain.fields import Field, text
from ..models import Company, User
from ..services import companies, directory
from . import pages, reading
from .calls import Access, Group, Parameter, call
from .contacts import OWNER, owner, owner_id, same_id


def _documents(actor: User, rows: list[Company]) -> list[dict[str, object]]:
    sizes = directory.sizes(actor, rows)
    return [_document(row, sizes.get(row.id, 0)) for row in rows]


def _document(row: Company, size: int) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "domain": row.domain,
        "owner": row.owner.email if row.owner else None,
        "contacts": size,
    }


def _one(actor: User, company: Company) -> dict[str, object]:
    return _documents(actor, [company])[0]


@call(
    "GET",
    "/companies",
    access=Access.TOKEN,
    group=Group.CONTACTS,
    summary="Companies",
    answer="CompanyList",
    query=(Parameter("query", {"type": "string"}, "In name and domain"), OWNER, *pages.PARAMETERS),
    explanation="Those of the contacts one sees; for admins all. In the order in which they came.",
)
def list_companies(actor: User) -> dict[str, object]:
    wanted = reading.query({"query": Field(text(200), ""), "owner": Field(owner)})
    found = directory.companies(actor, wanted["query"], owner=owner_id(wanted["owner"]))
    page = pages.of_query(found, (Company.id,), lambda row: (row.id,))
    return page.document(_documents(actor, page.rows))


@call(
    "POST",
    "/companies",
    access=Access.ADMIN,
    group=Group.CONTACTS,
    summary="Add a company",
    body="CompanyRequest",
    answer="Company",
    problems=("forbidden",),
    explanation="Contacts with an address of its domain and without a company are at this one from then on.",
)
def add_company(actor: User) -> dict[str, object]:
    return _one(actor, companies.create(actor, reading.body(reading.anything), clock.now()))


@call("GET", "/companies/<key:id>", access=Access.TOKEN, group=Group.CONTACTS, summary="One company", answer="Company")
def show_company(actor: User, company_id: int) -> dict[str, object]:
    return _one(actor, directory.company_for(actor, company_id))


@call(
    "PATCH",
    "/companies/<key:id>",
    access=Access.ADMIN,
    group=Group.CONTACTS,
    summary="Change a company",
    body="CompanyPatch",
    answer="Company",
    problems=("forbidden",),
    explanation="A merge patch. Its owner is whose everybody with such an address is, without an owner of their own.",
)
def change_company(actor: User, company_id: int) -> dict[str, object]:
    company = directory.company_for(actor, company_id)
    return _one(actor, companies.change(actor, company, same_id(reading.body(reading.anything), company.id)))


@call(
    "DELETE",
    "/companies/<key:id>",
    access=Access.ADMIN,
    group=Group.CONTACTS,
    summary="Delete a company",
    problems=("forbidden",),
    explanation="Its contacts stay, without a company.",
)
def remove_company(actor: User, company_id: int) -> None:
    companies.delete(actor, directory.company_for(actor, company_id))

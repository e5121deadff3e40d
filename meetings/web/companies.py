"""Companies: where contacts work. Members look at those of the contacts they see; admins keep them."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock
from meetings.errors import Invalid
from meetings.i18n import gettext as _
from meetings.models import Company
from meetings.services import companies, directory

from . import htmx
from .contacts.pages import PAGE, list_address, number, owner_choices, rows_of, total
from .forms.contacts import CompanyForm
from .session import Answer, admin_required, login_required, signed_in
from .workspace import asked_for

blueprint = Blueprint("companies", __name__)

HERE = "companies.index"
DETAILS = ("name", "domain", "owner")
PEOPLE_SHOWN = 10


@blueprint.get("/companies")
@login_required
def index() -> Response:
    """All that the user may see, by name."""
    user, wanted = signed_in(), asked_for("q", "owner", "page")
    query = directory.companies(user, wanted["q"], owner=number(wanted["owner"]))
    page, rows = rows_of(query, wanted["page"])
    whole = {name: value for name, value in wanted.items() if name != "page"}
    return htmx.page_or_fragment(
        "companies/index.html",
        "companies/_list.html",
        companies=rows[:PAGE],
        number=page,
        total=total(query, page, rows),
        sizes=directory.sizes(user, rows[:PAGE]),
        wanted=wanted,
        owners=directory.owners_of_companies(user),
        newer=list_address(HERE, whole, page=page - 1) if page > 1 else None,
        older=list_address(HERE, whole, page=page + 1) if len(rows) > PAGE else None,
    )


@blueprint.route("/companies/new", methods=["GET", "POST"])
@admin_required
def create() -> Answer:
    """Make one."""
    form = CompanyForm()
    if request.method == "GET":
        return _page(form)
    try:
        made = companies.create(signed_in(), _typed(form), clock.now())
    except Invalid as problem:
        form.lay(problem.flaws)
        return _page(form), problem.status
    flash(_("%(name)s is added.", name=made.name))
    return redirect(url_for("companies.show", company_id=made.id), 303)


@blueprint.route("/companies/<key:company_id>", methods=["GET", "POST"])
@login_required
def show(company_id: int) -> Answer:
    """One company: to look at; for admins to change."""
    company = _found(company_id)
    form = CompanyForm()
    if request.method == "GET":
        owner = company.owner.email if company.owner else ""
        form.process(data={"name": company.name, "domain": company.domain or "", "owner": owner})
        return _page(form, company)
    try:
        typed = _typed(form)
        if company.owner is not None and typed.get("owner") == company.owner.email:
            del typed["owner"]  # it stays, whether or not it could be chosen anew
        changed = companies.change(signed_in(), company, typed)
    except Invalid as problem:
        form.lay(problem.flaws)
        return _page(form, company), problem.status
    flash(_("%(name)s is saved.", name=changed.name))
    return redirect(url_for("companies.show", company_id=company.id), 303)


@blueprint.route("/companies/<key:company_id>/delete", methods=["GET", "POST"])
@admin_required
def delete(company_id: int) -> Answer:
    """Ask, then take it away; its contacts stay."""
    company = _found(company_id)
    if request.method == "GET":
        size = directory.sizes(signed_in(), [company]).get(company.id, 0)
        return htmx.page_or_fragment("companies/delete.html", "companies/_delete.html", company=company, size=size)
    companies.delete(signed_in(), company)
    flash(_("%(name)s is deleted. Its contacts are still here.", name=company.name))
    return htmx.redirect(url_for(HERE))


def _found(company_id: int) -> Company:
    return directory.company_for(signed_in(), company_id)


def _typed(form: CompanyForm) -> dict[str, Any]:
    return {name: form[name].data or "" for name in DETAILS if name in request.form}


def _page(form: CompanyForm, company: Company | None = None) -> str:
    form.owner.choices = owner_choices(company.owner if company else None)
    at_it = _people(company) if company else {}
    return render_template("companies/show.html", form=form, company=company, **at_it)


def _people(company: Company) -> dict[str, Any]:
    query = directory.contacts(signed_in(), company_id=company.id, sort="name")
    size = directory.sizes(signed_in(), [company]).get(company.id, 0)
    return {"people": list(query.limit(PEOPLE_SHOWN)), "size": size}

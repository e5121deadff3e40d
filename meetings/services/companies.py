"""Companies: where contacts work, told by the domain of their addresses; whose contacts they are without an owner."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import peewee

from meetings import db
from meetings.domain.fields import Checked, Field, Flaw, email, email_key, record, refuse, text
from meetings.domain.free_mail import company_domain, is_free_mail
from meetings.errors import Invalid, NotFound
from meetings.models import Company, Contact, User

from .access import hold_owner, require_admin

# ---- by address and by name ------------------------------------------------------------------------------------------


def of_address(address: str, now: datetime, name: str = "") -> Company | None:
    """The company of whoever has this address, made if new; the caller holds the transaction.

    It is told by the address's domain. Where anybody can have such an address, it is told by the name that they gave.
    """
    line = one_line(name)
    domain = company_domain(address)
    if domain:
        return Company.of_domain(domain) or _made(line or one_line(domain), domain, now)
    if line:
        return Company.named(line) or _made(line, None, now)
    return None


def chosen(name: str, address: str, now: datetime) -> Company | None:
    """The company of this name, made if new, for a contact with this address; the caller holds the transaction."""
    line, domain = one_line(name), company_domain(address)
    if not line:
        return None
    of_domain = Company.of_domain(domain) if domain else None
    if of_domain is not None and of_domain.name_key == line.casefold():
        return of_domain
    is_free = bool(domain) and of_domain is None
    return Company.named(line) or _made(line, domain if is_free else None, now)


def one_line(name: str) -> str:
    """A name as it is kept."""
    return " ".join(name.split())[: Company.name.max_length].rstrip()


def _made(name: str, domain: str | None, now: datetime) -> Company | None:
    """A new company, or the one that somebody else has just made."""
    Company.create_if_new(name=name, name_key=name.casefold(), domain=domain, created_at=now)
    return Company.named(name) if domain is None else Company.of_domain(domain)


# ---- making and changing ---------------------------------------------------------------------------------------------


def create(actor: User, values: Mapping[str, Any], now: datetime) -> Company:
    """Make a company. Raises Forbidden for members, Invalid."""
    require_admin(actor)
    clean = _checked(values)
    with db.transaction(), _alone_with(clean):
        hold_owner(clean["owner"])
        _refuse_taken(clean, None)
        made = Company.create(**clean, name_key=clean["name"].casefold(), created_at=now)
        _gather(made)
    return made


def change(actor: User, company: Company, values: Mapping[str, Any]) -> Company:
    """Change what is given. Raises Forbidden for members, Invalid, NotFound (deleted meanwhile)."""
    require_admin(actor)
    present = {"name": company.name, "domain": company.domain, "owner": Kept(company.owner)}
    clean = _checked({**present, **values})
    if "owner" not in values:  # it may be another by now
        del clean["owner"]
    with db.transaction(), _alone_with(clean):
        hold_owner(clean.get("owner"))
        _refuse_taken(clean, company)
        row = Company.update(**clean, name_key=clean["name"].casefold())
        if not row.where(Company.id == company.id).execute():
            raise NotFound
        changed: Company = Company.get_by_id(company.id)
        _gather(changed)
    return changed


def delete(actor: User, company: Company) -> None:
    """Take a company away; its contacts stay. Raises Forbidden for members."""
    require_admin(actor)
    with db.transaction():
        Company.delete().where(Company.id == company.id).execute()


def _gather(company: Company) -> None:
    """Whoever has an address of its domain and no company yet is at this one."""
    if company.domain is not None:
        is_theirs = db.part_after(Contact.email, "@") == company.domain
        Contact.update(company=company).where(Contact.company.is_null(), is_theirs).execute()


@contextmanager
def _alone_with(clean: Mapping[str, Any]) -> Iterator[None]:
    """Of two who take a domain, or a name without one, at the same moment the database lets one."""
    try:
        with db.savepoint():
            yield
    except peewee.IntegrityError as error:
        raise Invalid([_taken(clean)]) from error


def _taken(clean: Mapping[str, Any]) -> Flaw:
    return Flaw("domain", "domain-taken") if clean["domain"] else Flaw("name", "name-taken")


def _refuse_taken(clean: Mapping[str, Any], company: Company | None) -> None:
    """Of one domain there is one company, and one of a name without a domain."""
    domain = clean["domain"]
    same = (
        Company.domain == domain
        if domain
        else Company.domain.is_null() & (Company.name_key == clean["name"].casefold())
    )
    taken = Company.select().where(same, Company.id != (company.id if company else 0)).exists()
    if taken:
        raise Invalid([_taken(clean)])


# ---- checking --------------------------------------------------------------------------------------------------------


def _domain(value: object, path: str) -> Checked:
    """What stands after the @, with or without it."""
    tidy, flaws = text(253)(value, path)
    if flaws or not tidy:
        return None, flaws
    whole, wrong = email(f"all@{tidy.removeprefix('@')}", path)
    domain = (whole or "").rpartition("@")[2]
    if wrong or not domain:
        return refuse(path, "not-a-domain")
    return refuse(path, "free-mail") if is_free_mail(domain) else (domain, [])


class Kept:
    """An owner as there is one already: also somebody who could not be chosen any more."""

    def __init__(self, user: User | None) -> None:
        self.user = user


def owner_by_address(value: object, path: str) -> Checked:
    """The user with this address, who can sign in; blank is nobody."""
    if isinstance(value, Kept):
        return value.user, []
    if value == "":
        return None, []
    if not isinstance(value, str):
        return refuse(path, "not-text")
    found = User.present().where(User.email == email_key(value), User.is_active).first()
    return (found, []) if found is not None else refuse(path, "unknown-user")


def _name(value: object, path: str) -> Checked:
    tidy, flaws = text(Company.name.max_length)(value, path)
    return (one_line(tidy) if tidy else tidy), flaws


_COMPANY = record(
    {
        "name": Field(_name, "", required=True),
        "domain": Field(_domain, ""),
        "owner": Field(owner_by_address, ""),
    }
)


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any]
    clean, flaws = _COMPANY(values, "")
    if flaws:
        raise Invalid(flaws)
    return clean

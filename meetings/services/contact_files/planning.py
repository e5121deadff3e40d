"""What an import would write: computed from what was read, before anything is held or written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from meetings.domain.free_mail import company_domain
from meetings.models import Company
from meetings.models.known_contacts import Known

from ..companies import one_line
from .columns import LEAVE, OVERWRITE
from .judging import Person

NAMES: Final = ("first_name", "last_name")

CompanyKey = int | tuple[str, str]  # a row's number; or of one that is to be made, "domain" or "name" and its value


@dataclass(slots=True)
class Change:
    """A known contact, as they were read and as they shall be."""

    person: Person
    known: Known
    after: dict[str, Any]
    values: dict[str, str]
    note: str = ""
    others: list[str] = field(default_factory=list)

    @property
    def moved_to(self) -> "CompanyKey | None":
        """The company to which the file brings them, if to another."""
        company: CompanyKey | None = self.after["company"]
        return company if company != self.known.company else None

    @property
    def changes_row(self) -> bool:
        return any(getattr(self.known, name) != value for name, value in self.after.items())


@dataclass(slots=True)
class New:
    """A contact who is not here yet."""

    person: Person
    company: CompanyKey | None

    @property
    def said_company(self) -> CompanyKey | None:
        """The company, if the file told it, and not only the address."""
        return self.company if self.person.said.get("company") else None


@dataclass(slots=True)
class Plan:
    """All that is to be written."""

    new: list[New] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    companies: dict[CompanyKey, tuple[str, str | None]] = field(default_factory=dict)  # to be made: name and domain
    names: dict[CompanyKey, str] = field(default_factory=dict)  # of all that anybody is brought to


def plan(people: Iterable[Person], choices: Mapping[str, Any]) -> Plan:
    """What becomes of everybody in a file."""
    made = Plan()
    companies = _Companies(made)
    says_company = "company" in choices["columns"]
    for person in people:
        if person.known is None:
            made.new.append(New(person, companies.of_new(person, says_company=says_company)))
            continue
        change = None if choices["known"] == LEAVE else _change(person, person.known, choices["known"], companies)
        if change is None:
            made.unchanged += 1
        else:
            made.changes.append(change)
    return made


def _change(person: Person, known: Known, how: str, companies: "_Companies") -> Change | None:
    """What a line changes of a contact; None if nothing. Blank cells never do."""
    replaces = how == OVERWRITE
    row: dict[str, Any] = {name: getattr(known, name) for name in (*NAMES, "company", "owner")}
    if replaces or not (known.first_name or known.last_name):  # half a name of two people is nobody's
        row |= {name: person.said[name] for name in NAMES if person.said.get(name)}
    if person.owner is not None and (replaces or known.owner is None):
        row["owner"] = person.owner
    said = person.said.get("company")
    if said and (known.company is None or (replaces and not companies.is_called(known.company, said))):
        row["company"] = companies.chosen(said, known.email)
    values = {
        name: value
        for name, value in person.values.items()
        if value and known.values.get(name) != value and (replaces or name not in known.values)
    }
    note = person.said.get("note", "")
    is_news = note and note not in known.notes and note != joined(known.notes)
    others = [address for address in person.others if address not in known.others]
    change = Change(person, known, row, values, note if is_news else "", others)
    return change if change.values or change.note or change.others or change.changes_row else None


def joined(notes: Sequence[str]) -> str:
    """Several notes as one cell of a file has them."""
    return "\n\n".join(notes)


class _Companies:
    """Which company is meant, by the rules of services/companies.py, for many at once."""

    def __init__(self, made: Plan) -> None:
        self._plan = made
        self._by_domain: dict[str, CompanyKey] = {}
        self._by_name: dict[str, CompanyKey] = {}
        self._keys: dict[CompanyKey, str] = {}  # the name, case-folded
        columns = Company.id, Company.name, Company.name_key, Company.domain
        rows: Any = Company.select(*columns).order_by(Company.domain.is_null().desc(), Company.id).tuples()
        for row in rows:
            self._enter(*row)

    def _enter(self, key: CompanyKey, name: str, name_key: str, domain: str | None) -> None:
        self._keys[key] = name_key
        self._plan.names[key] = name
        if domain is not None:
            self._by_domain[domain] = key
        self._by_name.setdefault(name_key, key)

    def of_new(self, person: Person, *, says_company: bool) -> CompanyKey | None:
        """Where somebody works who is not here yet: as the file says; if it says nothing of companies, by address."""
        if says_company:
            said = person.said.get("company")
            return self.chosen(said, person.email) if said else None
        domain = company_domain(person.email)
        return (self._by_domain.get(domain) or self._make(one_line(domain), domain)) if domain else None

    def is_called(self, key: CompanyKey, name: str) -> bool:
        return self._keys.get(key) == name.casefold()

    def chosen(self, name: str, address: str) -> CompanyKey:
        """The company of this name for somebody with this address."""
        domain = company_domain(address)
        of_domain = self._by_domain.get(domain) if domain else None
        if of_domain is not None and self.is_called(of_domain, name):
            return of_domain
        is_free = bool(domain) and of_domain is None
        return self._by_name.get(name.casefold()) or self._make(name, domain if is_free else None)

    def _make(self, name: str, domain: str | None) -> CompanyKey:
        key: CompanyKey = ("domain", domain) if domain is not None else ("name", name.casefold())
        self._plan.companies[key] = name, domain
        self._enter(key, name, name.casefold(), domain)
        return key

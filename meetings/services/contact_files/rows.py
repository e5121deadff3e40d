"""The rows of an import, written with few statements, in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from meetings.domain.contact_file import Sheet
from meetings.domain.time import to_instant
from meetings.models import Company, Contact, Note, OtherAddress, Property, PropertyValue, User
from meetings.models.known_contacts import company_ids, ids_of

from .. import properties
from ..forms import COMPANY
from .columns import NEW_PROPERTY
from .planning import Change, CompanyKey, New, Plan


def owners(planned: Plan) -> Iterable[int]:
    """Whose contacts there will be."""
    yield from (new.person.owner for new in planned.new if new.person.owner is not None)
    yield from (change.after["owner"] for change in planned.changes if change.after["owner"] is not None)


def made_companies(planned: Plan, now: datetime) -> dict[CompanyKey, int]:
    """The numbers of companies, of those that are made as well; in order, or others would wait for us and we for them.

    Somebody who books may have made one since the file was read: then it is that.
    """
    found: dict[CompanyKey, int] = {key: key for key in planned.names if isinstance(key, int)}
    keys = sorted(key for key in planned.companies if not isinstance(key, int))
    rows = []
    for key in keys:
        name, domain = planned.companies[key]
        rows.append({"name": name, "name_key": name.casefold(), "domain": domain, "created_at": now})
    Company.create_many(rows)
    return found | company_ids(keys)


def made_properties(actor: User, planned: Plan, sheet: Sheet, now: datetime) -> dict[str, int]:
    """The numbers of properties by their names, and of those that are made by the number of their column."""
    found = {row.name: row.id for row in Property.select(Property.id, Property.name)}
    told: dict[str, list[str]] = {}
    for values in _values_of(planned):
        for name, value in values.items():
            if name.startswith(NEW_PROPERTY):
                told.setdefault(name, []).append(value)
    for name in sorted(told, key=lambda name: int(name.removeprefix(NEW_PROPERTY))):
        kind = "text" if any("\n" in value for value in told[name]) else "line"
        label = sheet.headings[int(name.removeprefix(NEW_PROPERTY))]
        found[name] = properties.add(actor, {"label": label, "kind": kind}, now).id
    return found


def _values_of(planned: Plan) -> Iterable[Mapping[str, str]]:
    yield from (new.person.values for new in planned.new)
    yield from (change.values for change in planned.changes)


def add_addresses(told: Mapping[int, Sequence[str]]) -> bool:
    """Write other addresses of contacts; whether nobody else has any of them. Nobody makes contacts meanwhile."""
    told_of = {address: contact_id for contact_id, others in told.items() for address in others}
    rows = [{"contact": contact_id, "email": address} for address, contact_id in told_of.items()]
    return not ids_of(told_of) and OtherAddress.create_many(rows) == len(rows)


@dataclass(frozen=True, slots=True)
class Pen:
    """Who writes, when, and the numbers of the properties of which something is told."""

    actor: User
    now: datetime
    properties: Mapping[str, int]

    def hide(self, planned: Plan) -> dict[str, int]:
        """Write new contacts with all that is told of them, but for address and company; their numbers by address.

        So nobody has to wait for them yet: whoever books is looked for by their address, and brings their company.
        """
        return self._make(planned, planned.new, [(str(number), None) for number in range(len(planned.new))])

    def show(self, new: Sequence[New], ids: Mapping[str, int], company_of: Mapping[CompanyKey, int]) -> None:
        """Give hidden contacts their addresses, and bring them to their companies."""
        rows = []
        for one in new:
            company = company_of[one.company] if one.company is not None else None
            rows.append((ids[one.person.email], {"company": None}, {"email": one.person.email, "company": company}))
        Contact.change_many(rows)

    def make(self, planned: Plan, new: Sequence[New], company_of: Mapping[CompanyKey, int]) -> dict[str, int]:
        """Write new contacts as they are, where others wait anyway; their numbers by address."""
        companies = (company_of[one.company] if one.company is not None else None for one in new)
        return self._make(
            planned, new, [(one.person.email, company) for one, company in zip(new, companies, strict=True)]
        )

    def _make(self, planned: Plan, new: Sequence[New], known_by: Sequence[tuple[str, int | None]]) -> dict[str, int]:
        now = to_instant(self.now)
        rows = [
            {
                "email": address,
                "first_name": one.person.said.get("first_name", ""),
                "last_name": one.person.said.get("last_name", ""),
                "company": company,
                "owner": one.person.owner,
                "locale": "",
                "created_at": now,
            }
            for one, (address, company) in zip(new, known_by, strict=True)
        ]
        Contact.create_many(rows)
        numbers = ids_of(address for address, _ in known_by)
        ids = {one.person.email: numbers[address] for one, (address, _) in zip(new, known_by, strict=True)}
        self._write_values(
            (ids[one.person.email], _with_company(one.person.values, planned, one.said_company)) for one in new
        )
        self._write_notes((ids[one.person.email], one.person.said.get("note", "")) for one in new)
        return ids

    def tell(self, planned: Plan) -> None:
        """Write what is told of known contacts beside who they are."""
        self._write_values((one.known.id, _with_company(one.values, planned, one.moved_to)) for one in planned.changes)
        self._write_notes((one.known.id, one.note) for one in planned.changes)

    def change(self, planned: Plan, company_of: Mapping[CompanyKey, int]) -> list[Change]:
        """Write who known contacts are; returns the changes of those who are not as they were read."""
        written = Contact.change_many([_changed(change, company_of) for change in planned.changes])
        return [change for change in planned.changes if change.known.id not in written]

    def _write_values(self, told: Iterable[tuple[int, Mapping[str, str]]]) -> None:
        numbers, now = self.properties, to_instant(self.now)
        rows = [
            {"contact": contact_id, "property": numbers[name], "value": value, "changed_at": now}
            for contact_id, values in told
            for name, value in values.items()
            if value and name in numbers
        ]
        rows.sort(key=itemgetter("contact", "property"))  # as a booking does, or one would wait for the other
        PropertyValue.create_many(rows, ("value", "changed_at"), ("contact", "property"))

    def _write_notes(self, told: Iterable[tuple[int, str]]) -> None:
        by = {"author": self.actor.id, "author_name": self.actor.name, "created_at": to_instant(self.now)}
        Note.create_many([{"contact": contact_id, "text": text, **by} for contact_id, text in told if text])


def _changed(change: Change, company_of: Mapping[CompanyKey, int]) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """A change as the row has it. Who has another address by now, or is being erased, is not who was read."""
    known, after = change.known, dict(change.after)
    if after["company"] is not None:
        after["company"] = company_of.get(after["company"], after["company"])
    before = {name: getattr(known, name) for name in after}
    return known.id, {**before, "email": known.email, "erasing_since": None}, after


def _with_company(values: Mapping[str, str], planned: Plan, said: CompanyKey | None) -> Mapping[str, str]:
    """What is known, and what forms have filled in as the company follows the one that was chosen."""
    return values if said is None else {**values, COMPANY: planned.names[said]}

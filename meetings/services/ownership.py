"""Whose contact somebody is, and what that means on a round robin's page: by their address, known or not.

Everybody is looked up with the same statements, so that neither the answer nor the time it takes tells who is known.
"""

from collections.abc import Collection

import peewee

from meetings import db
from meetings.domain.availability import Kind
from meetings.domain.fields import email_key
from meetings.domain.free_mail import company_domain
from meetings.models import Booking, Company, Contact, Link, User

from . import access, calendars, offers
from .offers import HostOfLink, View

# The contact's own owner counts first, also one who was deactivated: then it is nobody, not whoever has the company.
# One row in any case.
_OWNER = """
SELECT MAX(u.id) FROM "user" u WHERE u.is_active AND u.id = COALESCE(
  (SELECT c.owner_id FROM contact c WHERE c.email = ?),
  (SELECT c.owner_id FROM other_address o JOIN contact c ON c.id = o.contact_id WHERE o.email = ?),
  (SELECT p.owner_id FROM company p WHERE p.domain = ?)
)
"""


def owner_of(email: str) -> User | None:
    """Whose contact has this address: the contact's own owner, else that of the company with its domain."""
    return User.get_or_none(User.id == _owner_id(email))


def _owner_id(email: str) -> int:
    """Id of the owner; 0: nobody has it."""
    key = email_key(email)
    ((found,),) = db.rows(_OWNER, [key, key, company_domain(key)])
    return found or 0


def are_prioritized(link: Link) -> bool:
    """Whether the link shows contacts the times of their own host, and so asks for their address first."""
    return link.kind == Kind.ROUND_ROBIN and bool(link.scheduling["prioritize_contact_owner"])


def host_for(link: Link, email: str) -> HostOfLink | None:
    """The host whose times alone are shown to whoever has this address; None: everyone's are."""
    view = view_of(link, email)
    return next((host for host in view.met if host.id == view.owner), None) if view else None


def view_of(link: Link, email: str, *, is_everyones: bool = False) -> View | None:
    """What the link shows whoever has this address; None where it shows everybody the same.

    `is_everyones`: they asked for everyone's times.
    """
    return _view(link, email, offers.hosts_of(link), is_everyones=is_everyones) if are_prioritized(link) else None


def view_told(actor: User, link: Link, email: str, *, is_everyones: bool = False) -> View | None:
    """The same as far as `actor` may know it: of contacts whom they don't see, they learn not whose these are."""
    if are_prioritized(link) and not may_tell(actor, email):
        return View(offers.hosts_of(link), is_everyones=is_everyones)
    return view_of(link, email, is_everyones=is_everyones)


def may_tell(actor: User, email: str) -> bool:
    """Whether `actor` may be told whose contact has this address: their own, or one whom they have met."""
    if actor.is_admin or owner_of(email) == actor:
        return True
    return bool(access.visible_bookings(actor).where(Booking.email == email_key(email)).exists())


def _view(link: Link, email: str, hosts: list[HostOfLink], *, is_everyones: bool, beside: Collection[int] = ()) -> View:
    """`beside` are hosts whose times are shown along with the owner's: of a meeting that is being moved."""
    owner = _able_owner(email)
    if link.scheduling["owner"]["beyond_team"]:
        is_there = any(host.id == owner for host in hosts)
        hosts.append(offers.guest_or_stand_in(link, 0 if is_there else owner))
    met = {host.id for host in hosts if not host.is_stand_in and not host.is_paused}
    if owner not in met:
        return View(hosts, is_everyones=is_everyones)
    only = frozenset() if is_everyones else frozenset({owner, *(met & set(beside))})
    return View(hosts, owner, only, is_everyones)


def _able_owner(email: str) -> int:
    """Id of the owner, if the team lets them be met; 0: nobody has it."""
    owner = _owner_id(email)
    return 0 if calendars.is_lacking(User(id=owner)) else owner


def view_for(link: Link, booking: Booking, *, is_everyones: bool) -> View:
    """Who can be met by whoever moves a booking, and whose times they see."""
    if not are_prioritized(link):
        return View(offers.hosts_to_meet(link, booking))
    seated = [participant.host_id for participant in booking.hosts()]
    return _view(link, booking.email, offers.hosts_to_meet(link, booking), is_everyones=is_everyones, beside=seated)


def view_to_move(link: Link, booking: Booking, *, any_host: bool) -> View:
    """Who can be met by whoever moves a booking by a program: unless `any_host`, a round robin's host stays."""
    view = view_for(link, booking, is_everyones=True)
    if any_host or link.kind != Kind.ROUND_ROBIN:
        return view
    seated = {participant.host_id for participant in booking.hosts()}
    return View([host for host in view.met if host.id in seated])


def adopt(booking: Booking, link: Link, host_id: int) -> None:
    """Whoever was assigned a contact without an owner is their owner from now on, where the link says so.

    Inside the booking's transaction; of two bookings at once the first decides.
    """
    if link.kind != Kind.ROUND_ROBIN or not link.scheduling["owner"]["assign_unowned"]:
        return
    domain = company_domain(booking.email)
    of_company = Company.select().where(Company.domain == domain, Company.owner.is_null(False))
    is_nobodys = (Contact.id == booking.contact_id) & Contact.owner.is_null() & ~peewee.fn.EXISTS(of_company)
    Contact.update(owner=host_id).where(is_nobodys).execute()

"""Who changed what of a link, and when: written in the transaction of the change, read and taken back later."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from meetings.domain.difference import Change, difference, patch_of, taken_back
from meetings.domain.fields import Flaw
from meetings.errors import NotFound
from meetings.models import Link, LinkChange, User
from meetings.models.links import DELETED, DRAFT, LIVE, OFF

from . import links
from .links.documents import document

STATUS: Final = "status"
ORGANIZER: Final = "overview.organizer"
FIXED: Final = frozenset({STATUS, ORGANIZER, "kind"})  # what putting something back never touches
STATUSES: Final = (DRAFT, LIVE, OFF, DELETED)


# ---- writing ---------------------------------------------------------------------------------------------------------


@contextmanager
def changing(actor: User, link: Link, now: datetime) -> Iterator[None]:
    """Whatever is changed of a link inside stands in its history; the caller holds the transaction."""
    _alone_with(link)
    before = _state(link)
    yield
    _write(actor, link, difference(before, _state(link)), now)


def began(actor: User, link: Link, now: datetime) -> None:
    """A link was made; the caller holds the transaction."""
    _write(actor, link, [{"path": STATUS, "old": None, "new": link.status}], now)


def _alone_with(link: Link) -> None:
    """Nobody else changes the link until the transaction ends: what is read as its former state stays true."""
    Link.update(version=Link.version).where(Link.id == link.id).execute()


def _state(link: Link) -> dict[str, Any]:
    present = Link.get_by_id(link.id)
    return {STATUS: present.status, **document(present)}


def _write(actor: User, link: Link, changes: list[Change], now: datetime) -> None:
    if not changes:
        return
    version = Link.select(Link.version).where(Link.id == link.id).scalar()
    LinkChange.create(link=link, actor=actor, actor_name=actor.name, at=now, version=version, changes=changes)


# ---- reading ---------------------------------------------------------------------------------------------------------


def entries(link: Link) -> Any:
    """The query of a link's changes, the latest first."""
    return LinkChange.select().where(LinkChange.link == link).order_by(LinkChange.id.desc())


def entry(link: Link, entry_id: int) -> LinkChange:
    """One of them. Raises NotFound."""
    found: LinkChange | None = entries(link).where(LinkChange.id == entry_id).first()
    if found is None:
        raise NotFound
    return found


def changes_since(link: Link, version: int) -> list[Change]:
    """What changed of a link's document after a version, in the order in which it did."""
    later = LinkChange.select().where(LinkChange.link == link, LinkChange.version > version).order_by(LinkChange.id)
    return list(_of_document(later))


def document_at(link: Link, version: int) -> dict[str, Any]:
    """The link's document as it was at a version; a version of the future has not happened."""
    present = document(link)
    return present if version >= link.version else taken_back(present, changes_since(link, version))


def editors_since(link: Link, version: int) -> list[str]:
    """Names of those who changed the link after a version, the latest last."""
    later = entries(link).where(LinkChange.version > version)
    return list(dict.fromkeys(row.actor_name for row in reversed(list(later))))


def _of_document(rows: Iterable[LinkChange]) -> Iterator[Change]:
    return (change for row in rows for change in row.changes if change["path"] != STATUS)


# ---- putting back ----------------------------------------------------------------------------------------------------


class WaysBack:
    """What of a link's history can be put back as things stand: what would be wrong with it, nothing where it can."""

    def __init__(self, link: Link) -> None:
        self._flaws_of = links.judge(link)
        self._rows = list(entries(link))

    def put_back(self, row: LinkChange, path: str) -> list[Flaw]:
        """As the function of that name."""
        return self._judged(_values_before(row, path))

    def go_back_to(self, row: LinkChange) -> list[Flaw]:
        """As the function of that name."""
        return self._judged(_values_at(later for later in self._rows if later.id > row.id))

    def _judged(self, values: list[tuple[str, Any]]) -> list[Flaw]:
        return self._flaws_of(patch_of(_free(values)))


def put_back(actor: User, link: Link, row: LinkChange, path: str, now: datetime) -> Link:
    """Give one place of the link the value that it had before a change. Raises NotFound, and as `links.update`."""
    return _patch(actor, link, _values_before(row, path), now)


def go_back_to(actor: User, link: Link, row: LinkChange, now: datetime) -> Link:
    """Make the link's document what it was right after a change. Raises NotFound, and as `links.update`."""
    return _patch(actor, link, _values_at(entries(link).where(LinkChange.id > row.id)), now)


def _values_before(row: LinkChange, path: str) -> list[tuple[str, Any]]:
    return [(change["path"], change["old"]) for change in row.changes if change["path"] == path]


def _values_at(later: Iterable[LinkChange]) -> list[tuple[str, Any]]:
    """What stood there before these rows, the latest first: the last word on a path counts."""
    return [(change["path"], change["old"]) for change in _of_document(later)]


def _free(values: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(path, value) for path, value in values if path not in FIXED]


def _patch(actor: User, link: Link, values: list[tuple[str, Any]], now: datetime) -> Link:
    wanted = _free(values)
    if not wanted:
        raise NotFound
    return links.update(actor, link, patch_of(wanted), now, version=link.version)

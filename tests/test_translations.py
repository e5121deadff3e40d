"""Languages: complete, true to the English sentences, up to date with the sources, and spoken on every page."""

import os
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from flask import Flask
from flask.testing import FlaskClient

from meetings import catalogues, clock, errors, i18n
from meetings.commands import translations
from meetings.domain.fields import CODE_PARAMS, CODES, Flaw
from meetings.domain.form import KINDS
from meetings.models import (
    Company,
    Contact,
    ContactFile,
    Delivery,
    Link,
    MeetingType,
    Note,
    Property,
    RightsLink,
    Schedule,
    User,
)
from meetings.secrets import new_token, token_hash
from meetings.services import (
    access,
    bookings,
    links,
    mails,
    notes,
    outbox,
    passwords,
    schedules,
    single_use,
    workspace,
)
from tests import dom, make
from tests.web.pages import Page, sign_in

SOURCES = catalogues.sources()
CLAIMED = [locale for locale in i18n.SPOKEN if locale != "en"]
PLACEHOLDER = re.compile(r"%\((\w+)\)([sd])|\{(\w*)\}|</?\w+")


def source_of(locale: str) -> Path:
    found = catalogues.find(locale)
    assert found is not None
    return found


@cache
def catalog(locale: str) -> Catalog:
    return catalogues.read(source_of(locale))


@cache
def gathered() -> Catalog:
    return catalogues.gather()


def english(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def translated(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)


def keys(one: Catalog) -> set[tuple[Any, str | None]]:
    return {(message.id, message.context) for message in one if message.id}


def sentences(locale: str) -> Iterator[tuple[str, str]]:
    """Each translation with the English form that it goes with."""
    for message in catalog(locale):
        if message.id:
            forms = english(message)
            for number, text in enumerate(translated(message)):
                yield forms[min(number, len(forms) - 1)], text


# --- the files


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.parent.parent.name)
def test_every_catalogue_can_be_built(source: Path) -> None:
    assert catalogues._compiled(source)


@pytest.mark.parametrize("locale", CLAIMED)
def test_nothing_is_missing_in_a_language_that_is_offered(locale: str) -> None:
    assert [message.id for message in catalogues.missing(catalog(locale))] == []
    assert keys(catalog(locale)) == keys(gathered())


def test_missing_is_what_nobody_can_read() -> None:
    """An empty plural form and a doubtful translation count as missing."""
    one = Catalog("fr")
    one.add("a", "A")
    one.add("b", "")
    one.add("c", "C", flags=["fuzzy"])
    one.add(("d", "ds"), ("D", ""))
    one.add(("e", "es"), ("E", "Es"))
    assert [english(message)[0] for message in catalogues.missing(one)] == ["b", "c", "d"]


def test_the_template_is_what_the_sources_say() -> None:
    """Otherwise: `flask translations update`."""
    assert keys(catalogues.read(catalogues.FOLDER / "messages.pot")) == keys(gathered())


def test_files_say_nothing_that_changes_by_itself() -> None:
    for path in [catalogues.FOLDER / "messages.pot", *SOURCES]:
        text = path.read_text("utf-8")
        assert "Date:" not in text
        assert str(catalogues.ROOT) not in text
        assert not re.search(r"^#: .*:\d", text, re.MULTILINE)
        assert "#, fuzzy" not in text
        assert "#~" not in text


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.parent.parent.name)
def test_placeholders_and_tags_are_the_same_on_both_sides(source: Path) -> None:
    """A count may be left out of the form that stands for a single thing ("one link")."""
    wrong = []
    for message in catalogues.read(source):
        if not message.id:
            continue
        wanted = [sorted(found.group(0) for found in PLACEHOLDER.finditer(form)) for form in english(message)]
        for form in translated(message):
            found = sorted(found.group(0) for found in PLACEHOLDER.finditer(form))
            if form and found not in wanted:
                wrong.append((message.id, form))
    assert wrong == []


def test_sentences_have_named_placeholders_only() -> None:
    """Word order differs between languages."""
    for message in gathered():
        for form in english(message) if message.id else ():
            bare = re.sub(r"%\(\w+\)[sd]", "", form).replace("%%", "")
            assert not re.search(r"%[sdrfi]\b", bare), form


def test_french_has_its_blanks_and_marks() -> None:
    """No-break spaces before double marks and inside quotation marks, typographic apostrophes."""
    plain = " "
    wrong = [
        text
        for _, text in sentences("fr")
        if re.search(
            rf"{plain}[;:!?»]|«{plain}|\xa0[;!?]|\u202f[:»]|\w[;!?](?=\s|$)|\w'\w|\w:(?=\s|$)|[“”]",
            re.sub(r"https?://\S*|<[^>]*>|[\w-]+: (?=Bearer|application)", "", text),
        )
    ]
    assert wrong == []


def test_french_is_polite() -> None:
    assert [
        text for _, text in sentences("fr") if re.search(r"\b(tu|toi|ton|tes|votre-tu)\b|\bt’\w", text, re.IGNORECASE)
    ] == []


# --- sentences for codes


@pytest.mark.parametrize("locale", CLAIMED)
@pytest.mark.parametrize("code", sorted(CODES))
def test_every_flaw_is_said_in_the_readers_language(code: str, locale: str) -> None:
    values = dict.fromkeys(CODE_PARAMS[code], 7)
    flaw = Flaw("a.b", code, values)
    words, native = i18n.flaw_message(flaw, "en"), i18n.flaw_message(flaw, locale)
    assert words != native
    assert "%(" not in native


def problems(of: type[errors.Problem] = errors.Problem) -> Iterator[type[errors.Problem]]:
    yield of
    for child in of.__subclasses__():
        yield from problems(child)


@pytest.mark.parametrize("locale", CLAIMED)
@pytest.mark.parametrize("code", sorted({one.code for one in problems() if one.__module__ == errors.__name__}))
def test_every_problem_is_said_in_the_readers_language(code: str, locale: str) -> None:
    problem = errors.Problem()
    problem.code = code
    assert i18n.problem_message(problem, "en") != i18n.problem_message(problem, locale)


# --- building


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one language, of one sentence, not built yet."""
    path = tmp_path / "fr" / "LC_MESSAGES"
    path.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (path / "messages.po").write_text(f'{head}msgid "Links"\nmsgstr "Liens"\n', "utf-8")
    return tmp_path


def age(path: Path, seconds: int) -> None:
    """Make a file this much older."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def test_a_catalogue_is_built_when_it_is_missing_or_old_and_left_alone_otherwise(folder: Path) -> None:
    source = folder / "fr" / "LC_MESSAGES" / "messages.po"
    built = source.with_suffix(".mo")
    catalogues.build(["en", "fr"], folder)
    assert catalogues.load("fr", folder).gettext("Links") == "Liens"
    before = built.stat().st_mtime_ns
    catalogues.build(["fr"], folder)
    assert built.stat().st_mtime_ns == before
    source.write_text(source.read_text("utf-8").replace("Liens", "Des liens"), "utf-8")
    age(built, 10)
    catalogues.build(["fr"], folder)
    assert catalogues.load("fr", folder).gettext("Links") == "Des liens"
    assert sorted(path.name for path in source.parent.iterdir()) == ["messages.mo", "messages.po"]


def test_where_nothing_can_be_written_the_source_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError("read-only")

    monkeypatch.setattr(catalogues.tempfile, "mkstemp", refuse)
    caplog.set_level("INFO")
    catalogues.build(["fr"], folder)
    assert "read-only" in caplog.text
    assert catalogues.load("fr", folder).gettext("Links") == "Liens"


def test_a_broken_catalogue_speaks_english_and_says_so(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "fr" / "LC_MESSAGES" / "messages.po").write_text('msgid "Links"\nmsgid "Liens"', "utf-8")
    catalogues.build(["fr"], folder)
    assert "can't be read" in caplog.text
    assert catalogues.load("fr", folder).gettext("Links") == "Links"


@pytest.mark.parametrize("locale", ["de", "../fr", "fr/../fr", "", "fr\x00"])
def test_an_unknown_language_speaks_english(folder: Path, locale: str) -> None:
    assert catalogues.load(locale, folder).gettext("Links") == "Links"


def test_a_territory_speaks_its_language(folder: Path) -> None:
    assert catalogues.load("fr-CA", folder).gettext("Links") == "Liens"


def test_a_clone_speaks_french_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    """What is in git is enough."""
    clone = tmp_path / "clone"
    shutil.copytree(catalogues.FOLDER, clone, ignore=shutil.ignore_patterns("*.mo"))
    catalogues.build(i18n.SPOKEN, clone)
    assert catalogues.load("fr", clone).gettext("Sign in") == "Se connecter"


# --- commands


def test_a_language_is_begun_and_kept_up_to_date(folder: Path) -> None:
    source = catalogues.add("pt-BR", folder)
    assert source == folder / "pt_BR" / "LC_MESSAGES" / "messages.po"
    with pytest.raises(FileExistsError):
        catalogues.add("pt_BR", folder)
    progress = {one.locale: one for one in catalogues.update(folder)}
    assert progress["pt_BR"].missing == progress["pt_BR"].sentences > 500
    french = catalogues.read(folder / "fr" / "LC_MESSAGES" / "messages.po")
    assert french["Links"].string == "Liens"
    assert len(list(catalogues.missing(french))) == progress["fr"].missing == progress["fr"].sentences - 1


def test_an_update_without_news_changes_no_file(folder: Path) -> None:
    catalogues.update(folder)
    files = [folder / "messages.pot", folder / "fr" / "LC_MESSAGES" / "messages.po"]
    before = [path.stat().st_mtime_ns for path in files]
    catalogues.update(folder)
    assert [path.stat().st_mtime_ns for path in files] == before


@pytest.mark.parametrize("name", ["xx", "no-such-language", "../fr", "fr"])
def test_commands_name_what_is_wrong(app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(catalogues, "sources", lambda: [folder / "fr" / "LC_MESSAGES" / "messages.po"])
    runner = app.test_cli_runner()
    assert runner.invoke(translations, ["compile"]).exit_code == 0
    (folder / "fr" / "LC_MESSAGES" / "messages.po").write_text('msgid "', "utf-8")
    broken = runner.invoke(translations, ["compile"])
    assert broken.exit_code == 1
    assert "messages.po" in broken.output
    unknown = runner.invoke(translations, ["add", name])
    assert unknown.exit_code == 1
    assert "Error" in unknown.output
    assert len(list(catalogues.FOLDER.glob("*/LC_MESSAGES"))) == len(SOURCES)


# --- pages


class Heard:
    """What a page says to people: its text piece by piece, and what is read out or shown from attributes."""

    SPOKEN_ATTRIBUTES = ("aria-label", "title", "alt", "placeholder", "content", "data-copied")
    SILENT = ("script", "style", "pre", "code")

    def __init__(self, html: str) -> None:
        self.tree = dom.parse(html)
        self.pieces = {" ".join(text.split()) for text in self._texts(self.tree)} - {""}

    def _texts(self, element: Any) -> Iterator[str]:
        if element.tag in self.SILENT or element.get("class") == "headers":  # a mail's headers as they are sent
            return
        for name in self.SPOKEN_ATTRIBUTES:
            if element.get(name):
                yield element.get(name)
        if element.text:
            yield element.text
        for child in element:
            yield from self._texts(child)
            if child.tail:
                yield child.tail


def _plain(text: str) -> str:
    return " ".join(re.sub(r"</?\w+[^>]*>", "\n", text).split("\n")).strip()


@cache
def english_patterns(locale: str) -> tuple[set[str], list[re.Pattern[str]]]:
    """English sentences that read otherwise in that language: whole pieces, and patterns where something is filled in."""
    whole, filled = set(), []
    for form, text in sentences(locale):
        if form.split() == text.split():
            continue
        for part in re.split(r"</?\w+[^>]*>|\n", form):
            words = re.sub(r"%\(\w+\)[sd]", "", part)
            if "%(" not in part and "{" not in part:
                whole.add(" ".join(part.split()))
            elif len(re.findall(r"[a-z]{2,}", words)) > 1:
                pieces = [re.escape(" ".join(piece.split())) for piece in re.split(r"%\(\w+\)[sd]", part)]
                filled.append(re.compile(r"\s*.+\s*".join(pieces)))
    return whole - {""}, filled


def english_in(html: str, locale: str) -> set[str]:
    whole, filled = english_patterns(locale)
    pieces = {one for one in Heard(html).pieces if any(map(str.isalpha, one))}  # a full stop is no language's
    return {one for one in pieces if one in whole or any(pattern.fullmatch(one) for pattern in filled)}


FREE = "start=2026-12-02T09:00%2B01:00"
EXPLAINED = (
    "2026-12-01T10:00",
    "2026-12-01T10:05",
    "2026-12-02T16:45",
    "2026-12-05T10:00",
    "2026-11-30T09:00",
    "2027-03-28T02:30",
    "2026-10-25T02:30",
    "2026-12-01T10:00:00Z",
)
GONE = "start=2026-12-01T10:00%2B01:00"


# A question of every kind, and every property that is always there.
ASKED: list[dict[str, Any]] = [
    {"type": "question", "label": "Un sujet ?", "kind": kind, "options": ["Un", "Deux"], "required": False}
    for kind in KINDS
]
ASKED += [{"type": "property", "name": name} for name in ("company", "job_title", "phone", "website")]

# What a link's history tells in sentences of all kinds.
CHANGES: tuple[dict[str, Any], ...] = (
    {"scheduling": {"buffer": 15, "heading": "Parlons-en"}, "overview": {"description": "Mot. " * 60}},
    {"scheduling": {"heading": "", "form": {"fields": [{"type": "question", "label": "Un sujet ?", "name": "q"}]}}},
    {"scheduling": {"form": {"fields": []}}, "automation": {"include_description": False}},
    {"scheduling": {"buffer": 0}, "overview": {"description": "Une demi-heure."}},
    {"automation": {"include_description": True}},
)


TEAMS: tuple[list[dict[str, Any]], ...] = (
    [{"user": "bob@example.org", "weight": 3, "paused": True, "check_availability": False}],
    [{"user": "bob@example.org"}, {"user": "elise@example.org", "weight": 2}],
    [{"user": "alice@example.org", "paused": True}, {"user": "elise@example.org"}, {"user": "bob@example.org"}],
)
OF_ADDRESSES = ("", "?email=personne", "?email=maren@example.com", "?email=maren@example.com&team=1")


class World:
    """A workspace in use, all of it in French, and the address of each of its pages."""

    def __init__(self) -> None:
        self.alice = make.user(role="admin", locale="fr")
        workspace.rename_team(self.alice, "Chez Alice")  # a team without a name is called an English word
        self.bob = make.user("Bob Lee", locale="fr", timezone="America/New_York")
        make.user("Chloé Petit", locale="fr", is_active=False)
        more = {"reminders": [{"value": 1, "unit": "days"}, {"value": 1, "unit": "hours"}]}
        self.link = make.link(
            self.alice,
            overview={"title": "Point hebdo", "description": "Une demi-heure.", "location": "https://visio.example/x"},
            automation=more,
            durations=[30, 60],
            language="fr",
        )
        self.team = make.link(
            self.alice, "equipe", kind="round_robin", team=[self.alice, self.bob], language="fr", form={"fields": ASKED}
        )
        asking = {
            "kind": "round_robin",
            "team": [self.alice, self.bob],
            "language": "fr",
            "prioritize_contact_owner": True,
        }
        self.asking = make.link(self.alice, "accueil", **asking)
        self.full = make.link(self.alice, "complet", available_hours=[], **asking)
        self.group = make.link(self.alice, "groupe", kind="group", team=[self.alice, self.bob], language="fr")
        elise = make.user("Élise Roux", locale="fr", email="elise@example.org")
        for team in TEAMS:
            self.group = links.update(self.alice, self.group, {"team": team}, make.NOW)
        elise.is_active = False
        elise.save()
        looked_for = {"members": [], "is_adding": True, "looked_for": ""}
        links.keep_unsaved(make.link(self.alice, "ajout", kind="round_robin", team=[self.alice]), "team", looked_for)
        self.by_schedules = self._by_schedules()
        self.off = links.switch_off(self.alice, make.link(self.alice, "pause", language="fr"), make.NOW)
        self.draft = links.start_draft(self.alice, "individual", make.NOW)
        self.gone = make.link(self.alice, "parti")
        links.delete(self.alice, self.gone, make.NOW)
        self.private = make.link(self.alice, "prive", visibility="single_use")
        single_use.make(self.alice, self.private, "Pour Ana", make.NOW)
        for patch in CHANGES:
            self.link = links.update(self.alice, self.link, patch, make.NOW)
        self.booked = self._book("2026-12-01 09:00")
        notes.add(self.alice, self.booked.contact, "Préfère le matin", make.NOW)
        self.moved = bookings.reschedule(self._book("2026-12-01 10:00"), make.at("2026-12-02 10:00"), make.NOW, by=None)
        self.cancelled = bookings.cancel(self._book("2026-12-01 11:00"), make.NOW, reason="Grippe", by=None)
        away = make.link(self.alice, "suite", language="fr", confirmation={"redirect_url": "https://exemple.fr/merci"})
        self.away = make.booking(away, "2026-12-04 09:00", locale="fr", email="maren@gmial.com")
        self.shared = make.booking(self.team, "2026-12-03 15:00", locale="fr", timezone="Europe/Paris")
        passwords.request_reset(self.bob.email, address="127.0.0.1", now=make.NOW)
        self.type_id = MeetingType.create(name="Premier échange").id
        self.files = self._files()
        self.transferred = self._transfers()
        self.rights = new_token()
        RightsLink.create(
            email=self.booked.email, token_hash=token_hash(self.rights), expires_at=make.NOW + timedelta(days=1)
        )
        outbox.deliver_due(make.NOW)

    def _by_schedules(self) -> list[str]:
        """Links that go by schedules, in every way that their page of hours tells apart."""
        for name in ("Matin", "Soir"):
            closed = [{"date": "2026-12-24", "hours": []}]
            schedules.create(self.alice, self.alice, {"name": name, "date_overrides": closed})
        own = make.link(self.alice, "plan", hours="hosts", schedule="Soir")
        without = make.link(self.bob, "sans", hours="hosts")
        given = make.link(self.bob, "donne", hours="hosts")
        Link.update(organizer=self.alice, scheduling={**given.scheduling, "schedule": "Nuit"}).where(
            Link.id == given.id
        ).execute()
        joint = make.link(self.alice, "tous", kind="round_robin", team=[self.alice, self.bob], hours="hosts")
        return [own.slug, without.slug, given.slug, joint.slug]

    def _transfers(self) -> int:
        """A link that went to somebody else with its meetings, of which one could not, and one that came back."""
        given = make.link(self.alice, "cede", language="fr")
        for start in ("2026-12-07 09:00", "2026-12-07 11:00"):
            make.booking(given, start, locale="fr", timezone="Europe/Paris")
        make.busy(self.bob, "2026-12-07 11:00", "2026-12-07 12:00")
        back = links.transfer(self.alice, [given.slug], self.bob.email, make.NOW, move_bookings=True)
        links.undo_transfer(self.alice, back.id, make.NOW)
        return links.transfer(self.alice, [given.slug], self.bob.email, make.NOW, move_bookings=True).id

    def _files(self) -> list[int]:
        """A file of contacts that waits, with lines that are wrong, and one that was imported."""
        made = {"made": 1, "changed": 2, "unchanged": 3, "left_out": 4}
        choices = {"columns": ["email", "new"], "known": "fill"}
        return [
            ContactFile.create(
                user=self.alice,
                name="adresses.csv",
                text="Courriel,Pointure\nana@exemple.fr,38\nfaux,39\n",
                choices=choices,
                outcome=outcome,
                expires_at=make.NOW + timedelta(hours=1),
            ).id
            for outcome in (None, made)
        ]

    def _book(self, start: str) -> Any:
        return make.booking(self.link, start, locale="fr", timezone="Asia/Tokyo")

    def of_hosts(self) -> dict[str, list[str]]:
        """By endpoint."""
        slugs = [one.slug for one in (self.link, self.team, self.group, self.off, self.draft)]
        meetings = [one.public_id for one in (self.booked, self.moved, self.cancelled, self.shared)]
        people = [user.id for user in User.select()]
        steps = ("overview", "scheduling", "form", "confirmation", "automation")
        return {
            "account.profile": ["/profile"],
            "holidays.regions": ["/profile/holidays?country=DE"],
            "schedules.new": ["/profile/schedules/new", f"/team/{self.bob.id}/schedules/new"],
            "schedules.edit": [f"/schedules/{one.id}" for one in Schedule.select()],
            "schedules.delete": [f"/schedules/{one.id}/delete" for one in Schedule.select()],
            "links.index": ["/links", "/links?q=nichts", "/links?status=off", f"/links?deleted={self.gone.id}"],
            "links.share": [*(f"/links/{slug}/share" for slug in slugs), f"/links/{self.link.slug}/share?new=1"],
            "links.share_times": [f"/links/{slug}/share/times" for slug in slugs],
            "links.share_embed": [f"/links/{slug}/share/embed" for slug in slugs],
            "links.share_person": [f"/links/{slug}/share/person" for slug in slugs],
            "links.share_once": [f"/links/{slug}/share/invitations" for slug in (*slugs, self.private.slug)],
            "links.try_embed": [f"/links/{slug}/share/try?mode=button" for slug in slugs],
            "links.ask_for_copy": [f"/links/{slug}/duplicate" for slug in slugs],
            "links.delete": [f"/links/{slug}/delete" for slug in slugs],
            "links.transfer": [
                *(f"/links/transfer?slug={slug}" for slug in slugs),
                *(f"/links/transfer?owner={self.alice.id}&to={self.bob.email}{query}" for query in TRANSFERRED),
                f"/links/transfer?slug={self.team.slug}&looked_for=nichts",
            ],
            "links.transfers": ["/transfers", f"/links?transferred={self.transferred}"],
            "history.page": [f"/links/{slug}/history" for slug in slugs],
            "explain.page": [
                *(f"/links/{slug}/explain" for slug in slugs),
                *(f"/links/{slug}/explain?at={at}" for slug in slugs for at in EXPLAINED),
                f"/links/{self.link.slug}/explain?date=&time=x",
            ],
            "turns.page": [
                f"/links/{self.team.slug}/turns{query}" for query in ("", "?date=&time=x", "?email=m@example.com&at=1")
            ],
            "rehearsal.page": [f"/links/{self.link.slug}/try", f"/links/{self.link.slug}/try?{FREE}"],
            "wizard.edit": [
                f"/links/{slug}/edit/{step}"
                for slug in (self.link.slug, self.draft.slug, self.team.slug)
                for step in steps
            ]
            + [f"/links/{slug}/edit/scheduling" for slug in self.by_schedules]
            + [f"/links/{slug}/edit/team" for slug in (self.team.slug, self.group.slug, "ajout")]
            + [f"/links/{slug}/edit/welcome" for slug in (self.team.slug, self.asking.slug)],
            "wizard.choose": ["/links/new"],
            "wizard.preview_frame": [
                *(f"/links/{self.link.slug}/preview?step={step}" for step in steps),
                f"/links/{self.group.slug}/preview?step=team",
                f"/links/{self.asking.slug}/preview?step=welcome",
            ],
            "bookings.index": [
                "/bookings",
                *(f"/bookings?show={tab}" for tab in ("past", "cancelled")),
                "/bookings?q=nichts",
            ],
            "bookings.show": [f"/bookings/{one}" for one in meetings],
            "bookings.move": [f"/bookings/{self.booked.public_id}/move{query}" for query in ("", f"?{FREE}")],
            "bookings.give": [
                *(f"/bookings/{one.public_id}/give" for one in (self.booked, self.shared)),
                *(f"/bookings/{self.shared.public_id}/give?to={one}" for one in people),
            ],
            "bookings.cancel": [f"/bookings/{self.booked.public_id}/cancel"],
            "team.index": ["/team"],
            "team.add": ["/team/add"],
            "team.person": [f"/team/{one}" for one in people],
            "leaving.deactivate": [f"/team/{one}/deactivate" for one in people],
            "leaving.delete": [f"/team/{one}/delete" for one in people],
            "outbox.index": ["/outbox", "/outbox?state=sent", "/outbox?state=failed"],
            "outbox.show": [f"/outbox/{one.id}" for one in Delivery.select()],
            "outbox.html": [f"/outbox/{one.id}/html" for one in Delivery.select()],
            "contacts.index": ["/contacts", "/contacts?q=nichts"],
            "contacts.person": [f"/contacts/{one.id}" for one in Contact.select()],
            "contacts.duplicates": ["/contacts/duplicates"],
            "contacts.merge": [
                *(f"/contacts/{one.id}/merge" for one in Contact.select()),
                f"/contacts/{self.booked.contact_id}/merge?other={self.away.contact_id}",
            ],
            "contacts.export_some": ["/contacts/export", "/contacts/export?q=maren"],
            "contacts.as_csv": ["/contacts.csv"],
            "contacts.upload": ["/contacts/import"],
            "contacts.columns": [f"/contacts/import/{one}/columns" for one in self.files],
            "contacts.check": [f"/contacts/import/{one}/check" for one in self.files],
            "contacts.wrong": [f"/contacts/import/{one}/wrong.csv" for one in self.files],
            "contacts.imported": [f"/contacts/import/{self.files[-1]}/done"],
            "contacts.erase": [f"/contacts/{one.id}/erase" for one in Contact.select()],
            "contacts.create": ["/contacts/new"],
            "contacts.edit": [f"/contacts/{one.id}/edit" for one in Contact.select()],
            "contacts.edit_note": [f"/contacts/{one.contact_id}/notes/{one.id}" for one in Note.select()],
            "contacts.delete_note": [f"/contacts/{one.contact_id}/notes/{one.id}/delete" for one in Note.select()],
            "companies.index": ["/companies", "/companies?q=nichts"],
            "companies.create": ["/companies/new"],
            "companies.show": [f"/companies/{one.id}" for one in Company.select()],
            "companies.delete": [f"/companies/{one.id}/delete" for one in Company.select()],
            "settings.general.page": ["/settings"],
            "settings.privacy.page": ["/settings/privacy"],
            "settings.meeting_types.page": [
                "/settings/meeting-types",
                f"/settings/meeting-types?rename={self.type_id}",
            ],
            "settings.meeting_types.delete": [f"/settings/meeting-types/{self.type_id}/delete"],
            "settings.reminders.page": ["/settings/reminders"],
            "settings.properties.page": ["/settings/properties"],
            "settings.properties.add": ["/settings/properties/add"],
            "settings.properties.change": [f"/settings/properties/{one.id}" for one in Property.select()],
            "settings.properties.delete": [f"/settings/properties/{one.id}/delete" for one in Property.select()],
            "settings.branding.page": ["/settings/branding", "/settings/branding?what=mail&scheme=dark"],
            "settings.branding.look": ["/settings/branding/look", "/settings/branding/look?what=mail"],
        }

    def of_visitors(self) -> dict[str, list[str]]:
        tokens = [access.manage_token(one) for one in (self.booked, self.moved, self.cancelled, self.shared, self.away)]
        public = [one.slug for one in (self.link, self.team, self.group, self.off)]
        return {
            "booking.page": [
                *(f"/book/{slug}" for slug in public),
                *(f"/book/{slug}?{query}" for slug in public for query in ("date=2026-12-02", FREE, GONE)),
                f"/book/{self.link.slug}?month=2027-12",
                f"/book/{self.link.slug}?month=2025-12",
                *(f"/book/{one.slug}{query}" for one in (self.asking, self.full) for query in OF_ADDRESSES),
            ],
            "embed.page": [f"/embed/{slug}{query}" for slug in public for query in ("", f"?{FREE}")],
            "embed.booked": [f"/embed/booked/{token}" for token in tokens],
            "text.times": [f"/book/{slug}.{form}" for slug in public for form in ("txt", "md")],
            "zones.choose": [f"/zones?page=/book/{self.link.slug}{query}" for query in ("", "&q=paris", "&q=zzzz")],
            "manage.page": [f"/booking/{token}{query}" for token in tokens for query in ("", "?new=1", "?moved=1")],
            "manage.reschedule": [
                f"/booking/{token}/reschedule{query}" for token in tokens for query in ("", f"?{FREE}", f"?{GONE}")
            ],
            "manage.further": [f"/booking/{access.manage_token(self.away)}/onward"],
            "manage.address": [f"/booking/{access.manage_token(self.away)}/address"],
            "manage.cancel": [f"/booking/{token}/cancel" for token in tokens],
            "manage.reminders": [f"/booking/{token}/reminders" for token in tokens],
            "rights.ask": ["/privacy"],
            "rights.open_link": [f"/privacy/{self.rights}", "/privacy/nonsense"],
            "rights.mine": ["/privacy/mine"],  # nobody's yet: see the visit below
            "rights.erase": ["/privacy/mine/erase"],
            "account.home": ["/"],
            "account.sign_in": ["/sign-in"],
            "account.forgot": ["/password/forgot"],
            "account.set_password": ["/password/nonsense"],
            "setup.index": ["/setup"],
            "errors": ["/book/nothing", "/booking/nonsense", "/nowhere"],
        }


TRANSFERRED = ("&do=preview", "&do=preview&meetings=move")

# Pages without words of the app, or for programmers, who read English.
WORDLESS = {
    *("contacts.export", "rights.download"),
    *("static", "assets.file", "pictures.file", "pictures.logo", "links.qr", "manage.invitation", "outbox.raw"),
    *("health.healthz", "health.readyz", "wizard.new", "embed.script"),
}


@pytest.fixture
def world(app: Flask) -> World:
    clock.set_source(lambda: make.NOW)
    return World()


def english_at(client: FlaskClient, addresses: list[str], **headers: str) -> dict[str, set[str]]:
    found = {}
    for address in addresses:
        response = client.get(address, headers=headers, follow_redirects=True)
        assert response.status_code < 500, address
        html = response.get_data(as_text=True)
        if left := english_in(html, "fr"):
            found[address] = left
    return found


@pytest.mark.alike
def test_a_host_who_reads_french_sees_no_english(client: FlaskClient, world: World) -> None:
    sign_in(client, world.alice)
    addresses = [address for pages in world.of_hosts().values() for address in pages]
    assert english_at(client, addresses) == {}


def test_a_visitor_who_reads_french_sees_no_english(client: FlaskClient, world: World) -> None:
    addresses = [address for pages in world.of_visitors().values() for address in pages]
    assert english_at(client, addresses, **{"Accept-Language": "fr-CH, fr;q=0.9, en;q=0.5"}) == {}


def test_a_contact_who_reads_french_sees_no_english_about_their_data(client: FlaskClient, world: World) -> None:
    french = {"Accept-Language": "fr"}
    assert client.post(f"/privacy/{world.rights}", headers=french).status_code == 303
    shown = client.get("/privacy/mine", headers=french).get_data(as_text=True)
    assert world.booked.email in shown
    assert english_at(client, ["/privacy/mine", "/privacy/mine/erase"], **french) == {}


def test_answers_to_a_form_are_in_french(client: FlaskClient, world: World) -> None:
    """What is wrong with it, and that the time has gone."""
    for query in (FREE, GONE):
        address = f"/book/{world.link.slug}?{query}"
        page = Page(client, client.get(address, headers={"Accept-Language": "fr"}))
        action = next(form.get("action") for form in page.all("form", id="details"))
        answer = client.post(action, data={**page.fields(action), "email": "ana@"}, headers={"Accept-Language": "fr"})
        assert answer.status_code in {409, 422}
        assert english_in(answer.get_data(as_text=True), "fr") == set()
    wrong = client.post("/sign-in", data={"email": "a", "password": "b"}, headers={"Accept-Language": "fr"})
    assert english_in(wrong.get_data(as_text=True), "fr") == set()


def test_what_is_wrong_in_the_wizard_is_said_in_french(client: FlaskClient, world: World) -> None:
    sign_in(client, world.alice)
    address = f"/links/{world.link.slug}/edit/overview"
    page = Page(client, client.get(address))
    wrong = page.send(address, internal_name="", slug="preview", title="{{ nobody }}")
    assert len(wrong.errors()) == 3
    assert english_in(wrong.response.get_data(as_text=True), "fr") == set()


def test_no_page_is_forgotten_here(app: Flask, world: World) -> None:
    """A new page is added to the table of pages, or to those without words."""
    known = {*world.of_hosts(), *world.of_visitors(), *WORDLESS}
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if rule.methods and "GET" in rule.methods}
    assert {page for page in pages if not page.startswith("api.")} <= known


def test_english_would_be_found(client: FlaskClient, world: World) -> None:
    """The negative control: on English pages there is English."""
    assert english_in(client.get("/sign-in").get_data(as_text=True), "fr")
    assert english_in('<p aria-label="Copy the address of Link demo">x</p>', "fr")
    assert not english_in("<p>Liens</p>", "fr")


def test_mails_speak_the_readers_language(app: Flask, world: World) -> None:
    composed = [mails.compose(one, make.NOW) for one in Delivery.select().where(Delivery.kind.not_in(("x",)))]
    assert {one.locale for one in composed} == {"fr"}
    for mail in composed:
        assert english_in(mail.html, "fr") == set(), mail.kind
        lines = "".join(f"<p>{line}</p>" for line in (mail.subject, *mail.text.splitlines()))
        assert english_in(lines, "fr") == set(), mail.kind


# --- the other direction


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Arabic is spoken as well, without a catalogue: its pages run from right to left, in English words."""
    return {**settings, "LOCALES": ("en", "fr", "ar", "he")}


@pytest.mark.parametrize("locale", ["ar", "he"])
def test_pages_run_from_right_to_left(client: FlaskClient, world: World, locale: str) -> None:
    headers = {"Accept-Language": locale}
    free = make.link(world.bob, "free")
    for address in ("/sign-in", f"/book/{free.slug}", "/nowhere"):
        html = client.get(address, headers=headers).get_data(as_text=True)
        root = dom.parse(html)
        assert (root.get("lang"), root.get("dir")) == (locale, "rtl"), address
    world.alice.locale = locale
    world.alice.save()
    sign_in(client, world.alice)
    root = dom.parse(client.get("/links").get_data(as_text=True))
    assert (root.get("lang"), root.get("dir")) == (locale, "rtl")

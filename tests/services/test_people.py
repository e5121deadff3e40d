"""Users, passwords, sessions and the first set-up."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from PIL import Image

from meetings.errors import Busy, Forbidden, Invalid, NotFound, OwnsLinks, RateLimited, Unauthorized
from meetings.models import Delivery, Link, PasswordLink, Picture, Session, User
from meetings.models.workspace import team_name
from meetings.services import access, leaving, links, passwords, pictures, sessions, setup, users
from meetings.services.leaving import Choices, Links, Meetings
from tests import make
from tests.make import NOW, PASSWORD

pytestmark = pytest.mark.usefixtures("app")

LINKS_GO = Choices(Links.DELETE, Meetings.CANCEL)

ADMIN = {
    "team_name": "Northlight",
    "name": "Ana Admin",
    "email": "Ana@Example.org",
    "password": "correct horse battery",
    "timezone": "Europe/Lisbon",
    "locale": "fr",
}


def sign_in(email: str = "alice@example.org", password: str = PASSWORD, **more: object) -> tuple[User, str]:
    return sessions.sign_in(email, password, address="192.0.2.1", device="Firefox", now=NOW, **more)


def codes(refused: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {flaw.field: flaw.code for flaw in refused.value.flaws}


class TestSetup:
    def test_the_first_admin_and_the_teams_name(self) -> None:
        assert setup.needs_setup()
        user = setup.set_up(ADMIN, NOW)
        assert (user.email, user.role, user.locale, user.timezone) == (
            "ana@example.org",
            "admin",
            "fr",
            "Europe/Lisbon",
        )
        assert team_name() == "Northlight"
        assert sign_in("ana@example.org", ADMIN["password"])[0].id == user.id

    def test_only_once(self) -> None:
        setup.set_up(ADMIN, NOW)
        assert not setup.needs_setup()
        with pytest.raises(NotFound):
            setup.set_up({**ADMIN, "email": "eve@example.org"}, NOW)
        assert User.select().count() == 1

    def test_every_field_has_its_say(self) -> None:
        with pytest.raises(Invalid) as refused:
            setup.set_up(
                {"team_name": " ", "name": "", "email": "nobody", "password": "short", "timezone": "Mars/Base"}, NOW
            )
        assert codes(refused) == {
            "team_name": "required",
            "name": "required",
            "email": "not-an-email",
            "password": "too-short",
            "timezone": "not-a-zone",
        }
        assert not User.select().exists()

    def test_the_code_is_the_printed_one_and_the_last_printed_one(self) -> None:
        first, second = setup.setup_code(NOW), setup.setup_code(NOW)
        assert not setup.is_setup_code(first, address="192.0.2.1", now=NOW)
        assert setup.is_setup_code(second, address="192.0.2.1", now=NOW)

    def test_guessing_is_limited(self) -> None:
        code = setup.setup_code(NOW)
        for _ in range(5):
            setup.is_setup_code("guess", address="192.0.2.1", now=NOW)
        with pytest.raises(RateLimited):
            setup.is_setup_code(code, address="192.0.2.1", now=NOW)


class TestSigningIn:
    def test_a_session_is_opened_and_found_again(self) -> None:
        alice = make.user()
        _, token = sign_in(" Alice@Example.org ")
        found = sessions.session_user(token, NOW)
        assert found is not None
        assert found.id == alice.id
        assert token not in [session.token_hash for session in Session.select()]

    @pytest.mark.parametrize(
        ("email", "password"),
        [("alice@example.org", "wrong password"), ("nobody@example.org", PASSWORD), ("alice@example.org", "")],
    )
    def test_a_wrong_pair_says_nothing_more(self, email: str, password: str) -> None:
        make.user()
        with pytest.raises(Unauthorized):
            sign_in(email, password)

    def test_who_has_no_password_yet_or_was_deactivated_stays_out(self) -> None:
        alice = make.user()
        User.update(is_active=False).execute()
        with pytest.raises(Unauthorized):
            sign_in()
        User.update(is_active=True, password_hash=None).where(User.id == alice.id).execute()
        with pytest.raises(Unauthorized):
            sign_in()

    def test_five_failures_are_enough_for_a_while(self) -> None:
        make.user()
        for _ in range(5):
            with pytest.raises(Unauthorized):
                sign_in(password="wrong")
        with pytest.raises(RateLimited):
            sign_in()
        later = NOW + timedelta(minutes=16)
        assert sessions.sign_in("alice@example.org", PASSWORD, address="192.0.2.1", device="", now=later)

    def test_somebody_elses_failures_do_not_lock_the_person_out(self) -> None:
        make.user()
        for _ in range(5):
            with pytest.raises(Unauthorized):
                sign_in(password="wrong")
        assert sessions.sign_in("alice@example.org", PASSWORD, address="198.51.100.7", device="", now=NOW)

    def test_one_address_cannot_try_many_accounts(self) -> None:
        for number in range(20):
            with pytest.raises(Unauthorized):
                sign_in(f"user{number}@example.org", "guess")
        with pytest.raises(RateLimited):
            sign_in("user99@example.org", "guess")

    def test_limits_can_be_switched_off(self, app: Flask) -> None:
        app.config["RATELIMIT_ENABLED"] = False
        for _ in range(7):
            with pytest.raises(Unauthorized):
                sign_in(password="wrong")

    def test_sessions_end(self) -> None:
        alice = make.user()
        _, token = sign_in(stays=False)
        _, other = sign_in()
        assert sessions.session_user(token, NOW + timedelta(hours=13)) is None
        assert sessions.session_user(other, NOW + timedelta(days=29)) is not None
        assert sessions.session_user(other, NOW + timedelta(days=31)) is None
        sessions.sign_out(token)
        assert sessions.session_user(token, NOW) is None
        assert [session.device for session in sessions.sessions(alice, NOW)] == ["Firefox"]

    def test_they_can_be_revoked_but_only_ones_own(self) -> None:
        alice, bob = make.user(), make.user("Bob Berg")
        _, token = sign_in()
        _, other = sign_in()
        mine = sessions.sessions(alice, NOW)
        with pytest.raises(NotFound):
            sessions.revoke(bob, mine[0].id)
        assert sessions.revoke_others(alice, token) == 1
        assert sessions.session_user(other, NOW) is None
        assert sessions.session_user(token, NOW) is not None

    def test_a_deactivated_user_is_out_at_once(self) -> None:
        admin, alice = make.user("Ada Admin", role="admin"), make.user()
        _, token = sign_in()
        users.set_active(admin, alice, is_active=False)
        assert sessions.session_user(token, NOW) is None


class TestPasswords:
    def link(self) -> str:
        passwords.request_reset("alice@example.org", address="192.0.2.1", now=NOW)
        delivery = Delivery.get(Delivery.kind == "reset_password")
        return str(delivery.details["url"]).rpartition("/")[2]

    def test_a_reset_sets_the_password_once_and_ends_all_sessions(self) -> None:
        alice = make.user()
        _, session = sign_in()
        token = self.link()
        found = passwords.password_link(token, NOW)
        assert found is not None
        assert found.id == alice.id
        passwords.set_password(token, "a brand new secret", NOW)
        assert sessions.session_user(session, NOW) is None
        assert sign_in(password="a brand new secret")
        with pytest.raises(NotFound):
            passwords.set_password(token, "another new secret", NOW)

    def test_a_link_grows_old(self) -> None:
        make.user()
        token = self.link()
        assert passwords.password_link(token, NOW + timedelta(minutes=61)) is None

    def test_one_used_link_voids_the_others(self) -> None:
        make.user()
        first = self.link()
        passwords.request_reset("alice@example.org", address="192.0.2.1", now=NOW)
        passwords.set_password(first, "a brand new secret", NOW)
        assert not PasswordLink.select().where(PasswordLink.used_at.is_null()).exists()

    def test_an_unknown_address_gets_the_same_answer_and_no_mail(self) -> None:
        assert passwords.request_reset("nobody@example.org", address="192.0.2.1", now=NOW) is None
        assert not Delivery.select().exists()

    def test_nobody_is_flooded(self) -> None:
        make.user()
        for number in range(8):
            passwords.request_reset("alice@example.org", address=f"192.0.2.{number}", now=NOW)
        assert Delivery.select().count() == 5

    def test_changing_ones_own(self) -> None:
        alice = make.user()
        with pytest.raises(Invalid) as refused:
            passwords.change_password(alice, "wrong", "a brand new secret", NOW)
        assert codes(refused) == {"old_password": "wrong-password"}
        with pytest.raises(Invalid) as refused:
            passwords.change_password(alice, PASSWORD, "alice@example.org", NOW)
        assert codes(refused) == {"new_password": "too-easy"}
        with pytest.raises(Invalid) as refused:
            passwords.change_password(alice, PASSWORD, "abababababab", NOW)
        assert codes(refused) == {"new_password": "too-easy"}
        passwords.change_password(alice, PASSWORD, "a brand new secret", NOW)
        assert sign_in(password="a brand new secret")


class TestPeople:
    def test_an_admin_adds_somebody_who_sets_a_password(self) -> None:
        admin = make.user("Ada Admin", role="admin")
        user, url = users.create(admin, {"email": "Bob@Example.org", "name": "Bob Berg"}, NOW)
        assert (user.email, user.role, user.is_active) == ("bob@example.org", "member", True)
        assert url is not None
        passwords.set_password(url.rpartition("/")[2], "bob's own secret", NOW)
        assert sign_in("bob@example.org", "bob's own secret")
        assert Delivery.get(Delivery.kind == "set_password").recipient == "bob@example.org"

    def test_members_add_nobody_and_addresses_are_unique(self) -> None:
        alice, admin = make.user(), make.user("Ada Admin", role="admin")
        with pytest.raises(Forbidden):
            users.create(alice, {"email": "b@example.org", "name": "B"}, NOW)
        with pytest.raises(Invalid) as refused:
            users.create(admin, {"email": "ALICE@example.org", "name": "B"}, NOW)
        assert codes(refused) == {"email": "email-taken"}
        with pytest.raises(Invalid) as refused:
            users.create(admin, {"email": "b@example.org", "name": "B", "colour": "red", "locale": "tlh"}, NOW)
        assert codes(refused) == {"colour": "unknown-field", "locale": "not-a-language"}

    def test_who_may_change_what(self) -> None:
        alice, bob, admin = make.user(), make.user("Bob Berg"), make.user("Ada Admin", role="admin")
        assert users.update(alice, alice, {"name": "Alice M.", "job_title": "Host"}).name == "Alice M."
        for actor, person, values in (
            (alice, bob, {"name": "X"}),
            (alice, alice, {"role": "admin"}),
            (alice, alice, {"email": "x@example.org"}),
        ):
            with pytest.raises(Forbidden):
                users.update(actor, person, values)
        assert users.update(admin, bob, {"role": "admin", "email": "bb@example.org"}).email == "bb@example.org"
        with pytest.raises(Invalid):
            users.update(admin, bob, {"email": "alice@example.org"})

    def test_somebody_must_administer(self) -> None:
        admin = make.user("Ada Admin", role="admin")
        with pytest.raises(Invalid):
            users.update(admin, admin, {"role": "member"})
        with pytest.raises(Invalid):
            users.set_active(admin, admin, is_active=False)
        with pytest.raises(Invalid):
            leaving.delete(admin, admin, Choices(), NOW)

    def test_deleting_somebody_without_links(self) -> None:
        admin, bob = make.user("Ada Admin", role="admin"), make.user("Bob Berg")
        leaving.delete(admin, bob, Choices(), NOW)
        assert access.user_by_email("bob@example.org") is None

    def test_deleting_an_organizer(self) -> None:
        admin, alice = make.user("Ada Admin", role="admin"), make.user()
        link = make.link(alice)
        booking = make.booking(link)
        with pytest.raises(OwnsLinks) as refused:
            leaving.delete(admin, alice, Choices(), NOW)
        assert refused.value.params["slugs"] == ["demo"]
        leaving.delete(admin, alice, LINKS_GO, NOW)
        with pytest.raises(NotFound):
            access.public_link("demo")
        kept = User.get_by_id(alice.id)
        assert not kept.is_active
        assert kept.email != "alice@example.org"
        assert booking.hosts()[0].host.name == "Alice Martin"
        assert make.user().email == "alice@example.org"  # the address can be used again

    def test_a_picture_is_made_square_and_bare(self, app: Flask) -> None:
        alice = make.user()
        users.set_picture(alice, picture(800, 600, exif=True), NOW)
        first = pictures.folder() / str(alice.picture)
        with Image.open(first) as kept:
            assert (kept.format, kept.size, dict(kept.getexif())) == ("WEBP", (192, 192), {})
        users.set_picture(alice, picture(20, 20), NOW)
        assert not first.exists()
        users.set_picture(alice, None, NOW)
        assert not list(pictures.folder().iterdir())

    def test_a_removed_users_picture_goes_too(self, app: Flask) -> None:
        admin, alice = make.user("Ada Lovelace", role="admin"), make.user()
        make.booking(make.link(alice))
        users.set_picture(alice, picture(20, 20), NOW)
        leaving.delete(admin, alice, LINKS_GO, NOW)
        assert User.get_by_id(alice.id).picture is None
        assert not Picture.select().exists()
        assert not list(pictures.folder().iterdir())

    @pytest.mark.parametrize(
        "content", [b"", b"<svg onload=alert(1)>", b"GIF89a" + b"\0" * 20, b"\x89PNG\r\n\x1a\n" + b"x" * 50]
    )
    def test_anything_else_is_refused(self, content: bytes) -> None:
        with pytest.raises(Invalid) as refused:
            users.set_picture(make.user(), content, NOW)
        assert codes(refused) == {"picture": "not-a-picture"}

    def test_a_huge_one_is_refused(self) -> None:
        with pytest.raises(Invalid):
            users.set_picture(make.user(), picture(6000, 5000), NOW)

    def test_an_api_token_is_its_users(self) -> None:
        alice = make.user()
        token = users.api_token(alice, "script", NOW)
        found = users.user_by_api_token(token)
        assert found is not None
        assert found.id == alice.id
        assert users.user_by_api_token("x" + token) is None
        User.update(is_active=False).execute()
        assert users.user_by_api_token(token) is None


def picture(width: int, height: int, *, exif: bool = False) -> bytes:
    file = io.BytesIO()
    image = Image.new("RGB", (width, height), "teal")
    data = image.getexif()
    if exif:
        data[0x010E] = "taken at home"
    image.save(file, "JPEG", exif=data)
    return file.getvalue()


def test_two_who_change_a_person_at_once_keep_each_other_s_changes() -> None:
    """Each had read the person before the other wrote."""
    admin, bob = make.user("Alice", role="admin"), make.user("Bob")
    his_own = User.get_by_id(bob.id)
    users.update(admin, bob, {"email": "robert@example.org"})
    users.update(his_own, his_own, {"job_title": "Host"})
    found = User.get_by_id(bob.id)
    assert (found.email, found.job_title) == ("robert@example.org", "Host")


def test_a_link_of_a_deleted_user_frees_its_address() -> None:
    admin, alice = make.user("Ada Admin", role="admin"), make.user()
    make.link(alice)
    leaving.delete(admin, alice, LINKS_GO, NOW)
    assert links.is_slug_free(None, "demo")
    assert Link.select().count() == 1


def test_whoever_is_signed_in_may_look_while_the_database_is_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a session was used last is worth no waiting and no error."""
    alice = make.user()
    token = sessions.open_session(alice, device="", now=NOW)

    def busy() -> None:
        raise Busy

    monkeypatch.setattr(sessions.db, "transaction", busy)
    assert sessions.session_user(token, NOW + timedelta(hours=1)) == alice


@pytest.mark.parametrize(
    "take_out",
    [
        lambda ada, bea: users.update(ada, bea, {"role": "member"}),
        lambda ada, bea: users.set_active(ada, bea, is_active=False),
        lambda ada, bea: leaving.delete(ada, bea, Choices(), NOW),
    ],
    ids=["demote", "keep out", "remove"],
)
def test_two_admins_cannot_take_each_other_out_at_once(
    monkeypatch: pytest.MonkeyPatch, take_out: Callable[[User, User], object]
) -> None:
    """Whoever comes second is told, even if there were two when they began."""
    ada, bea = make.user("Ada Admin", role="admin"), make.user("Bea Admin", role="admin")
    transaction = users.db.transaction

    @contextmanager
    def second() -> Iterator[None]:
        with transaction():
            User.update(role="member").where(User.id == ada.id).execute()
        with transaction():
            yield

    monkeypatch.setattr(users.db, "transaction", second)
    with pytest.raises(Invalid) as refused:
        take_out(ada, bea)
    assert [flaw.code for flaw in refused.value.flaws] == ["last-admin"]
    assert User.get_by_id(bea.id).is_active

"""One's own account: signing in, passwords by mail, the profile, pictures, sessions."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from meetings import clock
from meetings.models import ApiToken, Delivery, PasswordLink, Session, User
from meetings.services import outbox, passwords, pictures, sessions, users
from tests import make
from tests.web.pages import Page, sign_in, visit

NEW = "quite another secret"


# --- signing in


def test_a_wrong_password_and_an_unknown_address_read_the_same(client: FlaskClient) -> None:
    alice = make.user()
    door = visit(client, "/sign-in")
    wrong = door.send("/sign-in", email=alice.email, password="nonsense here")
    unknown = door.send("/sign-in", email="nobody@example.org", password="nonsense here")
    assert (wrong.status, unknown.status) == (401, 401)
    assert wrong.errors() == unknown.errors() != {}
    assert wrong.fields("/sign-in")["email"] == [alice.email]
    assert "nonsense" not in wrong.response.get_data(as_text=True)
    assert Session.select().count() == 0


def test_case_and_blanks_of_the_address_do_not_matter(client: FlaskClient) -> None:
    make.user()
    assert (
        visit(client, "/sign-in").send("/sign-in", email=" Alice@Example.ORG ", password=make.PASSWORD).path == "/links"
    )


def test_too_many_wrong_passwords_are_stopped_and_time_heals(client: FlaskClient) -> None:
    alice = make.user()
    door = visit(client, "/sign-in")
    for _try in range(5):
        assert door.send("/sign-in", email=alice.email, password="nonsense here").status == 401
    stopped = door.send("/sign-in", email=alice.email, password=make.PASSWORD)
    assert stopped.status == 429
    assert stopped.errors()
    now = clock.now()
    clock.set_source(lambda: now + timedelta(minutes=16))
    assert door.send("/sign-in", email=alice.email, password=make.PASSWORD).path == "/links"


def test_limits_can_be_switched_off(client: FlaskClient, app: Flask) -> None:
    app.config["RATELIMIT_ENABLED"] = False
    alice = make.user()
    door = visit(client, "/sign-in")
    for _try in range(7):
        assert door.send("/sign-in", email=alice.email, password="nonsense here").status == 401


def test_whoever_is_signed_in_needs_no_door(client: FlaskClient) -> None:
    sign_in(client, make.user())
    assert visit(client, "/sign-in?next=/bookings").path == "/bookings"
    assert visit(client, "/").path == "/links"


def test_the_bare_address_leads_to_the_door_which_says_when_nobody_is_in_charge(client: FlaskClient) -> None:
    door = visit(client, "/")
    assert door.path == "/sign-in"
    assert "not set up yet" in door.main()
    make.user(role="admin")
    assert "not set up yet" not in visit(client, "/").main()


# --- forgotten passwords


def reset_link(user: User) -> str:
    """The path in the mail that was written to the user."""
    mail = Delivery.get(Delivery.user == user, Delivery.kind == "reset_password")
    content = outbox.content(mail, clock.now())
    assert content is not None
    found = re.search(r"/password/[\w-]+", content.text)
    assert found
    return found[0]


def test_the_answer_is_the_same_for_known_and_unknown(client: FlaskClient) -> None:
    alice = make.user()
    form = visit(client, "/password/forgot")
    known = form.send("/password/forgot", email=alice.email)
    unknown = form.send("/password/forgot", email="nobody@example.org")
    assert known.status == unknown.status == 200
    assert known.main().replace(alice.email, "…") == unknown.main().replace("nobody@example.org", "…")
    assert [mail.recipient for mail in Delivery.select()] == [alice.email]


def test_a_reset_sets_the_password_once_and_ends_other_sessions(client: FlaskClient, app: Flask) -> None:
    alice = make.user()
    elsewhere = app.test_client()
    sign_in(elsewhere, alice)
    visit(client, "/password/forgot").send("/password/forgot", email=alice.email)
    path = reset_link(alice)
    page = visit(client, path).send(path, password=NEW)
    assert (page.status, page.path) == (200, "/links")
    assert visit(elsewhere, "/links").path == "/sign-in"
    again = visit(app.test_client(), path)
    assert again.status == 404
    assert "has expired" in again.heading()
    assert sign_in(app.test_client(), alice).status == 401
    assert sign_in(app.test_client(), alice, NEW).path == "/links"


def test_who_set_a_password_is_welcomed_in_their_own_language(client: FlaskClient) -> None:
    alice = make.user(locale="fr")
    visit(client, "/password/forgot").send("/password/forgot", email=alice.email)
    path = reset_link(alice)
    page = visit(client, path).send(path, password=NEW)
    assert "Votre mot de passe est défini" in page.main()


def test_an_old_link_is_over_and_offers_a_new_one(client: FlaskClient) -> None:
    alice = make.user()
    visit(client, "/password/forgot").send("/password/forgot", email=alice.email)
    path = reset_link(alice)
    now = clock.now()
    clock.set_source(lambda: now + timedelta(minutes=61))
    page = visit(client, path)
    assert page.status == 404
    assert page.links()["Send a new link"] == "/password/forgot"


def test_looking_at_the_link_uses_nothing_up(client: FlaskClient) -> None:
    alice = make.user()
    visit(client, "/password/forgot").send("/password/forgot", email=alice.email)
    for _look in range(3):
        assert visit(client, reset_link(alice)).status == 200
    assert PasswordLink.get().used_at is None


@pytest.mark.parametrize("password", ["", "short", "Alice Martin", "alice@example.org", "a" * 201])
def test_a_poor_password_is_refused_beside_the_field(client: FlaskClient, password: str) -> None:
    alice = make.user()
    visit(client, "/password/forgot").send("/password/forgot", email=alice.email)
    path = reset_link(alice)
    page = visit(client, path).send(path, password=password)
    assert (page.status, list(page.errors())) == (422, ["password"])
    assert sign_in(client, alice).path == "/links"


def test_forged_links_are_over(client: FlaskClient) -> None:
    for path in ("/password/x", "/password/" + "a" * 500, "/password/%00"):
        assert visit(client, path).status == 404


# --- the profile


def test_the_profile_is_kept(client: FlaskClient) -> None:
    alice = make.user()
    sign_in(client, alice)
    page = visit(client, "/profile").send(
        "/profile", name="  Alice  Ngata ", job_title="Acoustics", timezone="Asia/Tokyo", locale="fr"
    )
    assert (page.status, page.path) == (200, "/profile")
    kept = User.get_by_id(alice.id)
    assert (kept.name, kept.job_title, kept.timezone, kept.locale) == ("Alice  Ngata", "Acoustics", "Asia/Tokyo", "fr")
    assert next(iter(page.tree.iter("html"))).get("lang") == "fr"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "a" * 121), ("timezone", "Nowhere/City"), ("locale", "xx"), ("job_title", "b" * 121)],
)
def test_what_is_wrong_in_the_profile_is_said_beside_its_field(client: FlaskClient, field: str, value: str) -> None:
    alice = make.user()
    sign_in(client, alice)
    page = visit(client, "/profile").send("/profile", **{field: value})
    assert (page.status, list(page.errors())) == (422, [field])
    assert User.get_by_id(alice.id).name == "Alice Martin"


def test_the_profile_changes_neither_role_nor_address(client: FlaskClient) -> None:
    alice = make.user()
    sign_in(client, alice)
    visit(client, "/profile").send("/profile", role="admin", email="boss@example.org", is_active="0")
    kept = User.get_by_id(alice.id)
    assert (kept.role, kept.email, kept.is_active) == ("member", "alice@example.org", True)


def test_markup_in_a_name_stays_text(client: FlaskClient) -> None:
    alice = make.user(name="alice <img src=x onerror=alert(1)>", email="alice@example.org")
    sign_in(client, alice)
    page = visit(client, "/profile")
    assert not page.all("img")
    assert "<img src=x" in page.words()


def test_an_alias_of_a_zone_stays_chosen(client: FlaskClient) -> None:
    sign_in(client, make.user(timezone="Asia/Calcutta"))
    assert visit(client, "/profile").fields("/profile")["timezone"] == ["Asia/Calcutta"]


# --- pictures


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200)) -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, kind)
    made.seek(0)
    return made


def upload(client: FlaskClient, content: bytes | io.BytesIO, name: str = "me.png") -> Page:
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    return visit(client, "/profile").send("/profile/picture", picture=(stream, name))


def test_a_picture_is_cut_to_a_square_and_shown_to_everybody(client: FlaskClient, app: Flask) -> None:
    alice = make.user()
    sign_in(client, alice)
    assert upload(client, picture()).status == 200
    name = User.get_by_id(alice.id).picture
    with app.test_client().get(f"/pictures/{name}") as response:
        assert response.status_code == 200
        assert response.mimetype == "image/webp"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert Image.open(io.BytesIO(response.data)).size == (192, 192)


def test_a_new_picture_replaces_the_old_file_and_removing_leaves_none(client: FlaskClient) -> None:
    alice = make.user()
    sign_in(client, alice)
    upload(client, picture())
    upload(client, picture("JPEG"), "me.jpg")
    assert len(list(pictures.folder().iterdir())) == 1
    page = visit(client, "/profile").send("/profile/picture", remove="1", picture=None)
    assert page.status == 200
    assert list(pictures.folder().iterdir()) == []
    assert User.get_by_id(alice.id).picture is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\nbroken",
        b"GIF89a" + b"\x00" * 40,
    ],
)
def test_what_is_no_picture_is_refused(client: FlaskClient, content: bytes) -> None:
    alice = make.user()
    sign_in(client, alice)
    page = upload(client, content)
    assert (page.status, list(page.errors())) == (422, ["picture"])
    assert User.get_by_id(alice.id).picture is None


def test_pictures_lead_to_no_other_file(client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir(exist_ok=True)
    for path in ("/pictures/../secret_key", "/pictures/..%2Fsecret_key", "/pictures/nothing.webp", "/pictures/%2e%2e"):
        assert client.get(path).status_code == 404


# --- password and sessions


def test_the_password_is_changed_with_the_old_one(client: FlaskClient, app: Flask) -> None:
    alice = make.user()
    elsewhere = app.test_client()
    sign_in(elsewhere, alice)
    sign_in(client, alice)
    page = visit(client, "/profile").send("/profile/password", old_password=make.PASSWORD, new_password=NEW)
    assert (page.status, page.path) == (200, "/profile")
    assert visit(elsewhere, "/profile").path == "/sign-in"
    assert sign_in(elsewhere, alice, NEW).path == "/links"


def test_a_wrong_old_password_changes_nothing(client: FlaskClient) -> None:
    alice = make.user()
    sign_in(client, alice)
    page = visit(client, "/profile").send("/profile/password", old_password="nonsense here", new_password=NEW)
    assert (page.status, list(page.errors())) == (422, ["old_password"])
    assert passwords.is_password(User.get_by_id(alice.id), make.PASSWORD)


def test_sessions_are_listed_and_can_be_ended_one_by_one(client: FlaskClient, app: Flask) -> None:
    alice = make.user()
    phone = app.test_client()
    phone.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone) Version/18 Mobile Safari/604.1"
    sign_in(phone, alice)
    sign_in(client, alice)
    page = visit(client, "/profile")
    assert "Safari, iPhone" in page.main()
    other = Session.get(Session.device == "Safari, iPhone")
    page.send(f"/profile/sessions/{other.id}")
    assert visit(phone, "/links").path == "/sign-in"
    assert visit(client, "/links").path == "/links"


def test_all_other_sessions_end_at_once(client: FlaskClient, app: Flask) -> None:
    alice = make.user()
    others = [app.test_client() for _ in range(3)]
    for other in others:
        sign_in(other, alice)
    sign_in(client, alice)
    visit(client, "/profile").send("/profile/sessions")
    assert [visit(other, "/links").path for other in others] == ["/sign-in"] * 3
    assert visit(client, "/links").path == "/links"


# --- access keys


def test_a_key_is_shown_once_works_and_can_be_removed(client: FlaskClient, app: Flask) -> None:
    sign_in(client, make.user())
    page = visit(client, "/profile").send("/profile/tokens", token_name="  Invoices ")
    token = page.all("input", id="token")[0].get("value")
    program = app.test_client()
    asked = {"Authorization": f"Bearer {token}"}
    assert program.get("/api/v1/me", headers=asked).status_code == 200
    profile = visit(client, "/profile")
    assert "Invoices" in profile.main()
    assert token not in profile.response.get_data(as_text=True)
    profile.send(f"/profile/tokens/{ApiToken.get().id}")
    assert program.get("/api/v1/me", headers=asked).status_code == 401


def test_a_key_needs_a_name(client: FlaskClient) -> None:
    sign_in(client, make.user())
    page = visit(client, "/profile").send("/profile/tokens", token_name="  ")
    assert (page.status, list(page.errors())) == (422, ["token_name"])
    assert ApiToken.select().count() == 0


def test_nobody_removes_somebody_elses_key(client: FlaskClient) -> None:
    bob = make.user("Bob Stone")
    users.api_token(bob, "his", clock.now())
    sign_in(client, make.user())
    token = visit(client, "/profile").fields("/sign-out")["csrf_token"]
    assert client.post(f"/profile/tokens/{ApiToken.get().id}", data={"csrf_token": token}).status_code == 404
    assert ApiToken.select().count() == 1


def test_nobody_ends_somebody_elses_session(client: FlaskClient) -> None:
    bob = make.user("Bob Stone")
    sessions.open_session(bob, device="Firefox", now=clock.now())
    sign_in(client, make.user())
    token = visit(client, "/profile").fields("/sign-out")["csrf_token"]
    response = client.post(f"/profile/sessions/{Session.get(Session.user == bob).id}", data={"csrf_token": token})
    assert response.status_code == 404
    assert Session.select().where(Session.user == bob).exists()

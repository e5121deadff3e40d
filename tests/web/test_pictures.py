"""The picture of a booking page: chosen and uploaded in the wizard, shown to visitors."""

import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from meetings import clock
from meetings.models import Link, Picture, User
from meetings.services import links, pictures, sessions
from tests import make
from tests.services.test_branding import wear
from tests.web.pages import Page, visit

EDIT = "/links/demo/edit/scheduling"


def file(kind: str = "PNG", colour: str = "teal") -> tuple[io.BytesIO, str]:
    made = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(made, kind)
    made.seek(0)
    return made, f"../../{kind}.exe"


@pytest.fixture
def alice(client: FlaskClient) -> User:
    clock.set_source(lambda: make.NOW)
    alice = make.user(role="admin")
    make.link(alice, heading="Talk <to> Alice")
    with client.session_transaction() as cookie:
        cookie["token"] = sessions.open_session(alice, device="a test", now=make.NOW)
    return alice


def press(client: FlaskClient, do: str, **changes) -> Page:
    return visit(client, EDIT).send(EDIT, do=do, **changes)


def shown(client: FlaskClient) -> list[tuple[str, str]]:
    """Sources and names of the pictures on the booking page."""
    return [(one.get("src"), one.get("alt")) for one in visit(client, "/book/demo").all("img")]


def of_link() -> str:
    return str(Link.by_slug("demo").scheduling["picture"])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_uploaded_picture_is_shown_to_visitors(client: FlaskClient, alice: User, kind: str) -> None:
    assert shown(client) == []
    page = press(client, "save", picture_file=file(kind))
    assert page.errors() == {}
    [row] = Picture.select()
    assert of_link() == row.name
    assert (row.uploaded_by_id, row.width, row.height) == (alice.id, 192, 192)
    [(source, name)] = shown(client)
    assert source.startswith("data:image/webp;base64,")
    assert name == "Picture: Talk <to> Alice"


def test_a_picture_can_be_looked_at_before_it_is_saved(client: FlaskClient, alice: User) -> None:
    page = press(client, "refresh", picture_file=file(), heading="Unsaved")
    name = Picture.get().name
    assert [one.get("src") for one in page.all("img", id="picture-shown")] == [f"/pictures/{name}"]
    assert page.fields(EDIT)["picture"] == ["own"]
    assert page.fields(EDIT)["heading"] == ["Unsaved"]
    assert of_link() == "default"
    page.send(EDIT, do="save")
    assert of_link() == name


def test_another_picture_takes_the_place_of_the_first(client: FlaskClient, alice: User) -> None:
    press(client, "save", picture_file=file())
    first = of_link()
    press(client, "save", picture_file=file(colour="red"))
    assert of_link() not in {first, "default"}
    press(client, "save", picture="default")
    assert of_link() == "default"
    assert shown(client) == []


def test_the_host_is_shown_where_nothing_else_is_chosen(client: FlaskClient, alice: User) -> None:
    from meetings.services import users

    users.set_picture(alice, file()[0].getvalue(), make.NOW)
    assert [name for _source, name in shown(client)] == [""]


def test_the_logo_is_shown_once_there_is_one(client: FlaskClient, alice: User) -> None:
    page = press(client, "save", picture="logo")
    assert "none yet" in page.words()
    assert shown(client) == []
    wear(alice, file()[0].getvalue())
    pane = next(one for one in visit(client, "/book/demo").tree.iter("section") if "who" in (one.get("class") or ""))
    assert [one.get("alt") for one in pane.iter("img")] == ["Meetings"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a/*" + b"\0" * 30,
        b"\x89PNG\r\n\x1a\nx",
    ],
)
def test_what_is_no_picture_is_told_and_nothing_typed_is_lost(client: FlaskClient, alice: User, content: bytes) -> None:
    page = press(client, "save", picture_file=(io.BytesIO(content), "me.png"), heading="Kept")
    assert page.status == 422
    assert "not a picture" in page.errors()["picture"]
    assert page.fields(EDIT)["heading"] == ["Kept"]
    assert visit(client, EDIT).fields(EDIT)["heading"] == ["Kept"]
    assert (of_link(), Picture.select().count()) == ("default", 0)


def test_a_heavy_file_is_told_its_limit(client: FlaskClient, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MEGABYTES_MAX", 0)
    assert "too large" in press(client, "save", picture_file=file()).errors()["picture"]


def test_a_name_that_somebody_made_up_is_refused(client: FlaskClient, alice: User) -> None:
    for name in ("0" * 32 + ".webp", "../secret_key", "<script>"):
        page = press(client, "save", picture="own", picture_name=name)
        assert page.status == 422
        assert "no such picture" in page.errors()["picture"]
    assert press(client, "save", picture="nonsense").status == 422


def test_a_picture_that_is_gone_leaves_a_page_that_works(client: FlaskClient, alice: User) -> None:
    press(client, "save", picture_file=file())
    pictures.remove(of_link())
    assert visit(client, "/book/demo").status == 200
    assert press(client, "save", heading="Still fine").status == 200
    assert links.document(Link.by_slug("demo"))["scheduling"]["heading"] == "Still fine"


def test_names_lead_to_pictures_alone(client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir(exist_ok=True)
    for path in ("/pictures/../secret_key", "/pictures/..%2Fsecret_key", "/pictures/nothing.webp", "/pictures/%2e%2e"):
        assert client.get(path).status_code == 404

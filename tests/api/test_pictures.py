"""Pictures by API: files in, names out, and nothing else that a file may hold."""

import io

import pytest
from PIL import Image

from meetings.models import Picture
from tests.api.conftest import code, fields


def file(kind: str = "PNG", size: tuple[int, int] = (300, 200)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, kind)
    return made.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_file_becomes_a_picture_that_everybody_finds(as_user, alice, client, kind):
    answer = as_user(alice).post("/pictures", data=file(kind), content_type=f"image/{kind.lower()}")
    assert answer.status_code == 201
    assert (answer.json["width"], answer.json["height"]) == (192, 192)
    name = answer.json["name"]
    assert answer.json["url"] == f"http://localhost/pictures/{name}"
    with client.get(f"/pictures/{name}") as shown:
        assert shown.headers["Content-Type"] == "image/webp"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert shown.headers["Content-Disposition"] == f"attachment; filename={name}"
        assert "immutable" in shown.headers["Cache-Control"]
    assert Picture.get().uploaded_by_id == alice.id


@pytest.mark.parametrize("content", [b"", b"<svg onload='alert(1)'/>", b"GIF89a" + b"\0" * 20, b'{"picture": 1}'])
def test_anything_else_is_refused(as_user, alice, content):
    answer = as_user(alice).post("/pictures", data=content, content_type="image/png")
    assert fields(answer) == ["picture"]
    assert not Picture.select().exists()


def test_a_heavy_file_is_told_the_limit(as_user, alice):
    caller = as_user(alice)
    assert fields(caller.post("/pictures", data=file() + b"\0" * 2 * 1024 * 1024, content_type="image/png"))
    answer = caller.post("/pictures", data=b"\0" * 4 * 1024 * 1024, content_type="image/png")
    assert (answer.status_code, code(answer)) == (413, "too-large")

"""Pages as a browser without script has them: read, fill in, send, follow."""

from typing import Any, Self
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from meetings.models import User
from tests import dom, make

Element = Any


class Page:
    """What came back from the server, parsed."""

    def __init__(self, client: FlaskClient, response: Any) -> None:
        self.client = client
        self.response = response
        self.status: int = response.status_code
        self.address: str = response.request.full_path.rstrip("?")
        self.path = urlsplit(self.address).path
        html = response.get_data(as_text=True).replace("<wbr>", "")  # where a word may be broken it is still one
        self.tree = dom.parse(html)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements with these attributes; `class_` and `data_x` stand for class and data-x."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [one for one in self.tree.iter(tag) if all(one.get(key) == value for key, value in wanted.items())]

    def words(self, element: Element | None = None) -> str:
        """The text, blanks made one; of the whole page if nothing is named."""
        found = " ".join(" ".join((self.tree if element is None else element).itertext()).split())
        return found.replace(" ,", ",").replace(" .", ".").replace(" ?", "?")

    def main(self) -> str:
        return self.words(next(iter(self.tree.iter("main"))))

    def heading(self) -> str:
        return self.words(next(iter(self.tree.iter("h1"))))

    def notices(self) -> list[str]:
        return [self.words(one) for one in self.tree.iter("p") if (one.get("class") or "").startswith("notice")]

    def errors(self) -> dict[str, str]:
        """The sentence beside each field that has one, by the field's id."""
        return {
            one.get("id", "").removesuffix("-error"): self.words(one)
            for one in self.tree.iter("p")
            if one.get("class") == "error"
        }

    def links(self) -> dict[str, str]:
        return {self.words(one): one.get("href", "") for one in self.tree.iter("a")}

    def form(self, action: str) -> Element:
        """The form that is sent to `action`; "" for the page's own address."""
        for one in self.tree.iter("form"):
            if (one.get("action") or self.path) == action:
                return one
        raise AssertionError(f"no form to {action} at {self.address}")

    def has_form(self, action: str) -> bool:
        return any((one.get("action") or self.path) == action for one in self.tree.iter("form"))

    def fields(self, action: str) -> dict[str, list[str]]:
        """What a browser would send, but for the button."""
        form = self.form(action)
        outside = [one for one in self.tree.iter() if form.get("id") and one.get("form") == form.get("id")]
        found: dict[str, list[str]] = {}
        for one in [*form.iter(), *outside]:
            values = _values_of(one)
            if one.get("name") and values:
                found.setdefault(one.get("name"), []).extend(values)
        return found

    def send(self, action: str, **changes: Any) -> Self:
        """Send the form with some fields changed, and follow where it leads; None leaves a field out."""
        values: dict[str, Any] = {**self.fields(action), **changes}
        sent = {name: value for name, value in values.items() if value is not None}
        if (self.form(action).get("method") or "get").lower() == "get":
            response = self.client.get(action, query_string=sent, follow_redirects=True)
        elif any(one.get("enctype") == "multipart/form-data" for one in [self.form(action)]):
            response = self.client.post(action, data=sent, content_type="multipart/form-data", follow_redirects=True)
        else:
            response = self.client.post(action, data=sent, follow_redirects=True)
        return type(self)(self.client, response)

    def go(self, words: str) -> Self:
        """Follow the link with these words."""
        return type(self)(self.client, self.client.get(self.links()[words], follow_redirects=True))


def _values_of(one: Element) -> list[str]:
    if one.get("disabled") is not None:
        return []
    if one.tag == "input" and one.get("type") in {"checkbox", "radio"}:
        return [one.get("value", "on")] if one.get("checked") is not None else []
    if one.tag == "input" and one.get("type") != "file":
        return [one.get("value", "")]
    if one.tag == "textarea":
        return ["".join(one.itertext()).removeprefix("\n")]
    if one.tag == "select":
        options = list(one.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None] or options[:1]
        return [option.get("value", "") for option in chosen]
    return []


def visit(client: FlaskClient, path: str, **headers: str) -> Page:
    """Open a page, following redirects."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Page(client, client.get(path, follow_redirects=True, headers=given))


def sign_in(client: FlaskClient, user: User, password: str = make.PASSWORD) -> Page:
    """Sign in by the form."""
    return visit(client, "/sign-in").send("/sign-in", email=user.email, password=password)

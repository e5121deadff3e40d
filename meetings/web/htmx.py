"""The only file that knows htmx's headers: who asks for a fragment, where an answer goes."""

from typing import Any

from flask import Flask, make_response, render_template, request
from flask import redirect as plain_redirect
from werkzeug.wrappers import Response


def init_app(app: Flask) -> None:
    """Caches must not mix up a page and its fragment."""
    app.after_request(_vary)


def _vary(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.add("HX-Request")
    return response


def is_htmx() -> bool:
    """Whether a script asks for a fragment. Going back in history asks for the whole page again."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def is_boosted() -> bool:
    """Whether an ordinary form or link was taken up by htmx: the page has no script of the workspace."""
    return request.headers.get("HX-Boosted") == "true"


def page_or_fragment(page: str, fragment: str, status: int = 200, **context: Any) -> Response:
    """The fragment for htmx, the whole page for everybody else."""
    is_fragment = is_htmx()
    text = render_template(fragment if is_fragment else page, is_fragment=is_fragment, **context)
    response = make_response(text, status)
    if is_fragment and request.method not in {"GET", "HEAD"}:
        # The address stays: a page that must be mended is not a place of its own.
        response.headers["HX-Push-Url"] = "false"
    return response


def beside(fragment: str, status: int, **context: Any) -> Response:
    """A note that takes nothing's place: workspace.js lays it on top of the form that was sent, which stays."""
    response = make_response(render_template(fragment, **context), status)
    response.headers["HX-Reswap"] = "none"
    response.headers["HX-Push-Url"] = "false"
    return response


def redirect(url: str) -> Response:
    """Go to another page: a whole one, as its head and headers are its own."""
    if not is_htmx():
        return plain_redirect(url, 303)
    response = make_response("", 200)
    response.headers["HX-Redirect"] = url
    return response


def to_main(response: Response) -> Response:
    """Show this answer in the page's main part, wherever the question came from."""
    response.headers["HX-Retarget"] = "main"
    response.headers["HX-Reswap"] = "innerHTML"
    response.headers["HX-Push-Url"] = "false"
    return response

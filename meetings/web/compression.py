"""Public pages and the API's answers, compressed on the way for whoever takes them so.

What knows its reader by a cookie is not: beside the reader's own stands what the address brought, and whoever could
make them open addresses and listen to lengths would learn it by and by (BREACH). A stranger has nothing to be learnt.
"""

import gzip

from flask import Flask, request
from werkzeug.wrappers import Response

from .guard import API, PUBLIC
from .visit import BROWSER_ZONE, CHOSEN_ZONE, CLOCK

LEVEL = 4  # a third of the size for at most a tenth of a millisecond; more effort saves next to no bytes
WORTH_IT = 1000  # bytes; less fits into one packet anyway
TELL_NOTHING = {BROWSER_ZONE, CHOSEN_ZONE, CLOCK, "theme"}  # cookies
TYPES = {"text/html", "text/plain", "text/markdown", "application/json", "application/problem+json"}


def init_app(app: Flask) -> None:
    """Do so with every answer that may be."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if not _may_be(response):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def _may_be(response: Response) -> bool:
    is_strangers = request.blueprint in PUBLIC and request.cookies.keys() <= TELL_NOTHING
    is_open = is_strangers or request.path.startswith(API)  # the API takes no cookies
    is_whole = response.is_sequence and not response.direct_passthrough  # neither a file nor a stream
    is_named = "ETag" in response.headers or "Content-Encoding" in response.headers  # for these very bytes
    return (
        is_open
        and is_whole
        and not is_named
        and response.mimetype in TYPES
        and (response.content_length or 0) >= WORTH_IT
    )

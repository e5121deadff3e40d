"""The API's description of itself: an OpenAPI 3.1 document made from the table of calls, and a page to read it."""

import re
from functools import cache
from http import HTTPStatus
from typing import Any

from flask import Response, abort, redirect, render_template
from markupsafe import Markup, escape

from ..errors import Problem
from . import problems
from .calls import CALLS, Access, Call, Group, call, json_answer
from .schemas import SCHEMAS, ref

_INTRODUCTION = (
    "Schedule meetings from programs. Instants are RFC 3339 with an offset and printed in UTC; zones are IANA names, "
    "durations whole minutes. Every refusal is a problem document (RFC 9457). Unknown fields are refused."
)
_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.BOOKING: [{"booking": []}, {"bearer": []}],
    Access.TOKEN: [{"bearer": []}],
    Access.ADMIN: [{"bearer": []}],
}


@call(
    "GET",
    "/openapi.json",
    access=Access.PUBLIC,
    group=Group.SELF,
    summary="The OpenAPI 3.1 document",
    explanation="For programs that make clients, forms or tests of it.",
)
def show_document() -> Response:
    return json_answer(document())


@call("GET", "/docs", access=Access.PUBLIC, group=Group.SELF, summary="The same for people", media="text/html")
def show_reference() -> Response:
    page = render_template(
        "api/reference.html",
        introduction=_INTRODUCTION,
        groups={group.value: [line for line in CALLS.values() if line.group is group] for group in Group},
        schemas=SCHEMAS,
        problems=[(kind.code, kind.status, problems.TITLES[kind.code]) for kind in _kinds()],
        shown=shown_path,
        coded=_with_code,
    )
    return Response(page, content_type="text/html; charset=utf-8")


def _with_code(text: str) -> Markup:
    """What stands between backquotes as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )


@call(
    "GET",
    "/problems/<code>",
    access=Access.PUBLIC,
    group=Group.SELF,
    summary="What a problem's `type` points to",
    status=302,
)
def show_problem(code: str) -> Any:
    if code not in problems.TITLES:
        abort(404)
    return redirect(f"/api/v1/docs#{code}")


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    paths: dict[str, dict[str, Any]] = {}
    for line in CALLS.values():
        paths.setdefault(shown_path(line), {})[line.method.lower()] = _operation(line)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Meetings", "version": "1", "description": _INTRODUCTION},
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": group.value} for group in Group],
        "paths": paths,
        "components": {"schemas": SCHEMAS, "securitySchemes": _security_schemes()},
    }


def shown_path(line: Call) -> str:
    """The call's path with its parameters in braces."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", line.path)


def _operation(line: Call) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": line.name,
        "summary": line.summary,
        "tags": [line.group.value],
        "security": _SECURITY[line.access],
        "responses": {str(line.status): _answer(line), **_refusals(line)},
    }
    if line.explanation:
        operation["description"] = line.explanation
    if parameters := _parameters(line):
        operation["parameters"] = parameters
    if line.body:
        operation["requestBody"] = {
            "required": bool(SCHEMAS[line.body].get("required")),
            "content": {"application/json": {"schema": ref(line.body)}},
        }
    if line.takes:
        operation["requestBody"] = {"required": True, "content": {media: {} for media in line.takes}}
    return operation


def _parameters(line: Call) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if kind else "string"}}
        for kind, name in re.findall(r"<(?:(\w+):)?(\w+)>", line.path)
    ]
    others = [
        {"name": one.name, "in": one.place, "required": one.required, "schema": one.schema, "description": one.meaning}
        for one in line.query
        if not (one.name == "token" and line.access is Access.BOOKING)  # that one is a security scheme
    ]
    return in_path + others


def _answer(line: Call) -> dict[str, Any]:
    described = {"description": HTTPStatus(line.status).phrase}
    if line.answer:
        return {**described, "content": {line.media: {"schema": ref(line.answer)}}}
    if line.status == 200:
        kind = "string" if line.media.startswith("text/") else "object"
        return {**described, "content": {line.media: {"schema": {"type": kind}}}}
    return described


def _refusals(line: Call) -> dict[str, Any]:
    statuses = {kind.code: kind.status for kind in _kinds()}
    by_status: dict[int, list[str]] = {}
    for code in line.codes:
        by_status.setdefault(statuses[code], []).append(code)
    return {
        str(status): {
            "description": ", ".join(f"`{code}`" for code in codes),
            "content": {problems.MEDIA_TYPE: {"schema": ref("Problem")}},
        }
        for status, codes in sorted(by_status.items())
    }


def _security_schemes() -> dict[str, Any]:
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A user's API token, with the user's rights"},
        "booking": {"type": "apiKey", "in": "query", "name": "token", "description": "The booking's own token"},
    }


def _kinds() -> list[type[Problem]]:
    """Every problem that a call may answer with, by status."""
    found = [kind for kind in _descendants(Problem) if kind.code in problems.TITLES]
    return sorted(found, key=lambda kind: (kind.status, kind.code))


def _descendants(kind: type[Problem]) -> list[type[Problem]]:
    return [deeper for child in kind.__subclasses__() for deeper in (child, *_descendants(child))]

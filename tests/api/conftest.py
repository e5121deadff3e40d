"""Callers of the API. Whatever they are answered is held against the OpenAPI document first."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException
from werkzeug.test import TestResponse

from meetings import clock
from meetings.api import openapi
from meetings.api.calls import CALLS
from meetings.services import users
from tests import make

ALWAYS = {"internal-error"}  # nobody promises these


FORMATS = FormatChecker(["date", "uuid"])


@FORMATS.checks("date-time")
def is_printed_instant(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value))


@FORMATS.checks("uri")
def is_whole_address(value: object) -> bool:
    return not isinstance(value, str) or value.startswith("http://localhost/")


@cache
def registry() -> Registry:
    document = Resource.from_contents(openapi.document(), default_specification=DRAFT202012)
    return Registry().with_resource("urn:api", document)


def flaws(name: str, value: object) -> list[str]:
    """What is wrong with a value by the schema of this name."""
    schema = {"$ref": f"urn:api#/components/schemas/{name}"}
    checker = Draft202012Validator(schema, registry=registry(), format_checker=FORMATS)
    return [f"{list(error.absolute_path)}: {error.message}" for error in checker.iter_errors(value)]


def fits(name: str, value: object) -> None:
    assert not flaws(name, value), (name, value)


@dataclass
class Caller:
    """Somebody who makes calls, with a token or without."""

    app: Flask
    client: FlaskClient
    token: str | None = None

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, body: object = None, **more: Any) -> TestResponse:
        return self.call("POST", path, json=body, **more) if body is not None else self.call("POST", path, **more)

    def patch(self, path: str, body: object, **more: Any) -> TestResponse:
        return self.call("PATCH", path, json=body, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self.call("DELETE", path, **more)

    def call(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **more.pop("headers", {})}
        answer = self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)
        self._hold_against_document(method, path, answer)
        return answer

    def _hold_against_document(self, method: str, path: str, answer: TestResponse) -> None:
        if answer.status_code >= 400:
            assert answer.content_type == "application/problem+json"
            fits("Problem", answer.json)
            assert answer.json["status"] == answer.status_code
            assert ("errors" in answer.json) == (answer.status_code == 422)
        line = self._line(method, path)
        if line is None:
            return
        if answer.status_code < 400:
            assert answer.status_code == line.status
            if line.answer:
                fits(line.answer, answer.json)
            if line.status == 204:
                assert answer.data == b""
        else:
            assert answer.json["type"].rpartition("/")[2] in {*line.codes, *ALWAYS}

    def _line(self, method: str, path: str) -> Any:
        adapter = self.app.url_map.bind("localhost")
        try:
            endpoint, _ = adapter.match(f"/api/v1{path.partition('?')[0]}", method)
        except (RoutingException, HTTPException):
            return None
        return CALLS[endpoint.removeprefix("api.")]


def code(answer: TestResponse) -> str:
    """The code of a problem."""
    return answer.json["type"].rpartition("/")[2]


def fields(answer: TestResponse) -> list[str]:
    """The fields that a 422 names."""
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json["errors"]]


@pytest.fixture(autouse=True)
def fixed_clock(app: Flask) -> None:
    clock.set_source(lambda: make.NOW)


@pytest.fixture
def alice(app: Flask) -> Any:
    """Organizes."""
    return make.user("Alice Martin")


@pytest.fixture
def bob(app: Flask) -> Any:
    """On Alice's team."""
    return make.user("Bob Okafor")


@pytest.fixture
def charlie(app: Flask) -> Any:
    """Must see nothing."""
    return make.user("Charlie Roux")


@pytest.fixture
def ada(app: Flask) -> Any:
    """The admin."""
    return make.user("Ada Admin", role="admin")


@pytest.fixture
def as_user(app: Flask) -> Any:
    def caller(user: Any) -> Caller:
        return Caller(app, app.test_client(), users.api_token(user, "test", make.NOW))

    return caller


@pytest.fixture
def anybody(app: Flask) -> Caller:
    """Without a token."""
    return Caller(app, app.test_client())


@pytest.fixture
def count_queries() -> Any:
    """How many statements went to the database inside a block."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: seen.append(record.getMessage())
        logger = logging.getLogger("peewee")
        level = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        try:
            yield seen
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)

    return counting

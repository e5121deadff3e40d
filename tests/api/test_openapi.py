"""The API's description of itself is whole and true."""

import re

import pytest
from jsonschema import Draft202012Validator

from meetings.api import openapi
from meetings.api.calls import CALLS
from meetings.api.schemas import SCHEMAS


def rules(app):
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_every_rule_is_described_and_nothing_else(app, client):
    described = {
        (method.upper(), path)
        for path, operations in client.get("/api/v1/openapi.json").json["paths"].items()
        for method in operations
    }
    assert described == rules(app)
    assert len(described) >= 25


def test_every_rule_says_who_may_call_it(app):
    """Who may call is in the table, and the table is all there is."""
    assert {
        rule.endpoint.removeprefix("api.") for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")
    } == set(CALLS)


def test_closed_calls_ask_for_a_token(anybody):
    for line in CALLS.values():
        path = re.sub(r"<key:\w+>", "1", line.path)
        path = re.sub(r"<\w+>", "x", path)
        answer = anybody.call(line.method, path)
        if line.access != "public":
            assert answer.status_code == 401, line
        else:
            assert answer.status_code != 401, line


def test_it_is_openapi_3_1(client):
    answer = client.get("/api/v1/openapi.json")
    assert answer.content_type == "application/json"
    document = answer.json
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": "/api/v1"}]
    identifiers = [one["operationId"] for operations in document["paths"].values() for one in operations.values()]
    assert len(identifiers) == len(set(identifiers))
    for path, operations in document["paths"].items():
        for operation in operations.values():
            named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            assert operation["summary"]
            assert any(status.startswith(("2", "3")) for status in operation["responses"])


def test_every_reference_leads_somewhere(client):
    text = client.get("/api/v1/openapi.json").text
    for name in re.findall(r'"#/components/schemas/(\w+)"', text):
        assert name in SCHEMAS
    assert set(re.findall(r'"\$ref":"([^"]+)/\w+"', text)) == {"#/components/schemas"}


def test_schemas_are_schemas():
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


def test_no_schema_is_left_over():
    used = {name for line in CALLS.values() for name in (line.body, line.answer) if name} | {"Problem"}
    inner = set(re.findall(r"#/components/schemas/(\w+)", str(SCHEMAS)))
    assert set(SCHEMAS) == used | inner


@pytest.mark.parametrize("name", ["Page", "Slots", "Booking", "NewBooking"])
def test_public_answers_hold_these_fields_and_no_others(name):
    """A field more in what strangers see must be put down here as well."""
    public = {
        "Page": "slug kind is_bookable asks_email_first heading description location durations timezone language hosts "
        "form branding",
        "Slots": "timezone duration slots",
        "Booking": "id status link start end duration timezone hosts contact answers",
        "NewBooking": "id status link start end duration timezone hosts contact answers manage_url",
    }
    assert list(SCHEMAS[name]["properties"]) == public[name].split()
    assert SCHEMAS[name]["additionalProperties"] is False
    hosts = SCHEMAS[name]["properties"].get("hosts")
    if hosts:
        assert set(hosts["items"]["properties"]) == ({"name"} if name == "Page" else {"email", "name", "required"})


def test_problems_are_described_with_all_that_the_document_says_of_them():
    said = {"errors", "rule", "nearest", "links", "bookings"}
    assert set(SCHEMAS["Problem"]["properties"]) == {"type", "title", "status", "detail", *said}
    assert SCHEMAS["Problem"]["properties"]["rule"]["enum"] == ["grid", "fit", "notice", "horizon", "free"]


def test_every_example_is_one():
    """Whatever stands beside `examples` in the document holds for each of them."""
    found = list(_with_examples(openapi.document()))
    assert len(found) > 100
    for schema in found:
        for example in schema["examples"]:
            assert not list(Draft202012Validator(schema).iter_errors(example)), (schema, example)


def _with_examples(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and isinstance(value.get("examples"), list):
        yield value
    for one in inner:
        yield from _with_examples(one)


def test_the_page_for_people_needs_nothing_from_elsewhere(client):
    answer = client.get("/api/v1/docs")
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', answer.text)
    for line in CALLS.values():
        assert f'id="{line.name}"' in answer.text
        assert openapi.shown_path(line) in answer.text
    targets = set(re.findall(r'href="#([^"]+)"', answer.text))
    assert targets <= set(re.findall(r'id="([^"]+)"', answer.text))

"""The description tells every declared address, in a form that tools understand."""

from __future__ import annotations

import re

import jsonschema
import pytest

from web.endpoint import REGISTRY, Access

# What every description must have; the whole of OpenAPI's own schema is not shipped with any package here.
OPERATION = {
    "type": "object",
    "required": ["operationId", "summary", "security", "responses"],
    "properties": {
        "operationId": {"type": "string", "minLength": 1},
        "summary": {"type": "string", "minLength": 1},
        "responses": {"type": "object", "minProperties": 2, "patternProperties": {"^[0-9]{3}$|^default$": {"type": "object", "required": ["description"]}}, "additionalProperties": False},
        "parameters": {
            "type": "array",
            "items": {
                "type": "object", "required": ["name", "in", "required", "schema"],
                "properties": {"in": {"enum": ["path", "query", "header"]}, "required": {"type": "boolean"}},
            },
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def described(app):
    return app.test_client().get("/api/v1/openapi.json").json


def operations(described):
    return {(path, method.upper()): found for path, methods in described["paths"].items() for method, found in methods.items()}


def test_everybody_may_read_it(described):
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": "http://localhost"}]


def test_every_declared_address_is_in_it_and_nothing_else(described):
    declared = {(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", one.rule), one.method) for one in REGISTRY.values()}
    assert set(operations(described)) == declared
    assert len({found["operationId"] for found in operations(described).values()}) == len(REGISTRY)


def test_every_operation_is_well_formed(described):
    for place, found in operations(described).items():
        try:
            jsonschema.validate(found, OPERATION)
        except jsonschema.ValidationError as error:
            pytest.fail(f"{place}: {error.message}")


def test_the_parameters_of_a_path_are_described(described):
    for (path, _method), found in operations(described).items():
        named = {one["name"] for one in found["parameters"] if one["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_every_reference_leads_somewhere(described):
    found = set(re.findall(r'"\$ref": ?"([^"]+)"', __import__("json").dumps(described)))
    schemas = described["components"]["schemas"]
    assert found
    assert {ref.rpartition("/")[2] for ref in found} <= set(schemas)
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_who_may_call_is_told(described):
    for declared in REGISTRY.values():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", declared.rule)
        security = operations(described)[path, declared.method]["security"]
        assert bool(security) == (declared.access is not Access.PUBLIC and not declared.form)
        assert all(name in described["components"]["securitySchemes"] for one in security for name in one)


def test_forms_of_pages_without_scripts_are_told_apart(described):
    content = operations(described)["/w/{key}/plain/appointments", "POST"]["requestBody"]["content"]
    assert list(content) == ["application/x-www-form-urlencoded"]


def test_the_widget_api_is_described_with_its_shapes(described):
    booking = operations(described)["/w/{key}/appointments", "POST"]
    body = booking["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert {"client_id", "slot", "patient", "answers", "accept_terms"} <= set(described["components"]["schemas"][body]["properties"])
    assert "201" in booking["responses"]
    slots = operations(described)["/w/{key}/slots", "GET"]
    assert {one["name"] for one in slots["parameters"]} == {"key", "month", "date", "department", "practitioner", "visit"}

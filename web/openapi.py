"""The description of every declared address as OpenAPI 3.1, made from the declarations themselves."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from web.endpoint import REGISTRY, Access, Endpoint, endpoint
from web.house import house
from web.schema import Schema

openapi = Blueprint("openapi", __name__)

PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
KINDS = {"int": {"type": "integer"}, "float": {"type": "number"}}
SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.VISITOR: [{"visitor": []}],
    Access.PATIENT: [{"patient": []}],
    Access.STAFF: [{"staff": []}],
    Access.API_KEY: [{"apiKey": []}],
}
SCHEMES = {
    "visitor": {
        "type": "http", "scheme": "bearer", "description": "The token that POST /w/{key}/session gives.",
    },
    "patient": {"type": "http", "scheme": "bearer", "description": "From `POST /portal/session`: a link and its PIN."},
    "staff": {
        "type": "apiKey", "in": "cookie", "name": "konsulto_staff",
        "description": "The session of a signed-in person; writing takes the page's X-CSRFToken too.",
    },
    "apiKey": {"type": "http", "scheme": "bearer", "description": "A key that the organisation has made."},
}  # fmt: skip


class ErrorAnswer(Schema):
    """Every refusal: its code, words in the person's language, and words for each field that needs another look."""

    error: str
    message: str
    fields: dict[str, str] = {}


@endpoint(openapi, "/api/v1/openapi.json", access=Access.PUBLIC)
def describe() -> Response:
    """This description."""
    return jsonify(document(len(REGISTRY)) | {"servers": [{"url": house().settings.base_url}]})


@cache
def document(_declared: int) -> dict[str, Any]:
    """Without the server's own address; made anew only when there are more declarations than before."""
    schemas, references = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for declared in REGISTRY.values():
        path = PARAMETER.sub(r"{\g<name>}", declared.rule)
        paths.setdefault(path, {})[declared.method.lower()] = _operation(declared, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Konsulto", "version": "1", "description": "Walking in, booking and chat, for other front ends."},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas, "securitySchemes": SCHEMES},
    }


References = dict[tuple[type[BaseModel], str], dict[str, Any]]


def _schemas() -> tuple[dict[str, Any], References]:
    """Every declared shape: its name in the document, and what refers to it."""
    asked = {shape for declared in REGISTRY.values() for shape in (declared.body, declared.query) if shape}
    answered = {shape for declared in REGISTRY.values() for shape in (declared.answer,) if shape} | {ErrorAnswer}
    wanted: list[Any] = [(shape, "validation") for shape in asked] + [(shape, "serialization") for shape in answered]
    wanted.sort(key=lambda pair: (pair[0].__module__, pair[0].__qualname__, pair[1]))
    references, found = models_json_schema(wanted, ref_template="#/components/schemas/{model}")
    return found["$defs"], references  # type: ignore[return-value]


def _operation(declared: Endpoint, references: References) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{declared.name}.{declared.method.lower()}",
        "summary": declared.summary,
        "security": [] if declared.form else SECURITY[declared.access],
        "parameters": _path_parameters(declared.rule) + _query_parameters(declared.query) + _header_parameters(declared, references),
        "responses": _responses(declared, references),
    }
    if declared.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(declared, references)}
    if declared.permission is not None:
        operation["x-permission"] = declared.permission.value
    if declared.scope is not None:
        operation["x-scope"] = declared.scope.value
    return operation


def _path_parameters(rule: str) -> list[dict[str, Any]]:
    return [
        {
            "name": found["name"], "in": "path", "required": True,
            "schema": KINDS.get(found["kind"] or "", {"type": "string"}),
        }
        for found in PARAMETER.finditer(rule)
    ]  # fmt: skip


def _header_parameters(declared: Endpoint, references: References) -> list[dict[str, Any]]:
    """What comes with a file, as JSON in percent signs."""
    if not declared.upload:
        return []
    shape = references[declared.body, "validation"]  # type: ignore[index]
    encoded = {"type": "string", "contentMediaType": "application/json", "contentSchema": shape}
    return [{"name": "X-File", "in": "header", "required": True, "schema": encoded}]


def _query_parameters(query: type[BaseModel] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    schema = query.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": shape}
        for name, shape in schema["properties"].items()
    ]


def _responses(declared: Endpoint, references: References) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done"}
    if declared.answer is not None:
        good["content"] = _json(references[declared.answer, "serialization"])
    bad = {"description": "Refused", "content": _json(references[ErrorAnswer, "serialization"])}
    return {str(declared.status): good, "default": bad}


def _content(declared: Endpoint, references: References) -> dict[str, Any]:
    """Pages without scripts send forms, which bear the visitor's token themselves."""
    if declared.upload:
        return {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    content = _json(references[declared.body, "validation"])  # type: ignore[index]
    return {"application/x-www-form-urlencoded": content["application/json"]} if declared.form else content


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}

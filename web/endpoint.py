"""Every address is declared: who may call it, with which permission, sending which shape. Nothing is open by default.

`REGISTRY` is what the tests walk and what the OpenAPI description is made from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any

from flask import Blueprint, g, redirect, request
from pydantic import BaseModel
from werkzeug.wrappers import Response

from telehealth import api_key, clock
from telehealth.practitioner import Permission, Staff
from web import limits, visitor
from web.errors import Refusal, wants_json
from web.house import current_staff, house, session
from web.schema import check


class Access(StrEnum):
    """Who may call an address."""

    PUBLIC = "public"
    VISITOR = "visitor"
    STAFF = "staff"
    API_KEY = "api_key"


@dataclass(frozen=True)
class Endpoint:
    name: str
    rule: str
    method: str
    access: Access
    permission: Permission | None
    scope: api_key.Scope | None
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | None
    summary: str
    status: int


REGISTRY: dict[tuple[str, str], Endpoint] = {}  # (Flask endpoint, method) → declaration


def endpoint(
    blueprint: Blueprint,
    rule: str,
    *,
    access: Access,
    method: str = "GET",
    permission: Permission | None = None,
    scope: api_key.Scope | None = None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    status: int = 200,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the decorated function as the handler of an address.

    It is called with the rule's values, and with `body`, `query`, `visitor` or `staff` as far as they are declared.
    The first line of its docstring becomes the OpenAPI summary.
    """

    def declare(handler: Callable[..., Any]) -> Callable[..., Any]:
        declared = Endpoint(
            f"{blueprint.name}.{handler.__name__}", rule, method, access, permission, scope, body, query, answer,
            (handler.__doc__ or "").partition("\n")[0], status,
        )  # fmt: skip
        REGISTRY[declared.name, method] = declared
        guarded = wraps(handler)(lambda **values: _handle(declared, handler, values))
        blueprint.add_url_rule(rule, handler.__name__, guarded, methods=[method])
        return handler

    return declare


def _handle(declared: Endpoint, handler: Callable[..., Any], values: dict[str, Any]) -> Any:
    judged = _judge(declared, values)
    if isinstance(judged, Response):
        return judged
    values = values | judged
    if declared.query is not None:
        values["query"] = check(declared.query, request.args.to_dict())
    if declared.body is not None:
        values["body"] = check(declared.body, request.get_json(silent=True))
    return handler(**values)


def _judge(declared: Endpoint, values: dict[str, Any]) -> dict[str, Any] | Response:
    if declared.access is Access.VISITOR:
        return {"visitor": require_visitor(values.get("key", ""))}
    if declared.access is Access.STAFF:
        return _require_staff(declared)
    if declared.access is Access.API_KEY:
        _require_key(declared)
    return {}


def require_visitor(widget: str) -> visitor.Visitor:
    """The visitor whose token this request bears, for this widget. Raises Refusal."""
    who = visitor.read(house().settings.secret_key, visitor.bearer(request.headers.get("Authorization")))
    if who.widget != widget:
        raise Refusal("session_expired", 401)
    limits.hit("visitor", who.name)
    session().enter(who.organization_id)
    g.visitor = who
    return who


def _require_staff(declared: Endpoint) -> dict[str, Staff] | Response:
    staff = current_staff()
    if staff is None:
        if declared.method == "GET" and not wants_json():
            return redirect(f"/admin/login/?next={request.full_path.rstrip('?')}")
        raise Refusal("not_signed_in", 401)
    if declared.permission is not None and not staff.may(declared.permission):
        raise Refusal("not_allowed", 403)
    session().enter(staff.organization_id)
    session().actor = f"practitioner:{staff.practitioner_id}"
    return {"staff": staff}


def _require_key(declared: Endpoint) -> None:
    if declared.scope is None:
        raise Refusal("bad_key", 401)
    try:
        text = visitor.bearer(request.headers.get("Authorization"))
    except Refusal:
        raise Refusal("bad_key", 401) from None
    api_key.present(session(), text, declared.scope, clock.now())
    session().commit()

"""Every address is declared: who may call it, with which permission, sending which shape. Nothing is open by default.

`REGISTRY` is what the tests walk and what the OpenAPI description is made from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import wraps
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Flask, g, redirect, request
from pydantic import BaseModel
from werkzeug.wrappers import Response

from config import Settings
from telehealth import api_key, clock, portal
from telehealth.practitioner import Permission, Staff
from web import limits, locale, visitor
from web.errors import Refusal, wants_json
from web.house import current_staff, house, session
from web.schema import check


class Access(StrEnum):
    """Who may call an address."""

    PUBLIC = "public"
    VISITOR = "visitor"
    PATIENT = "patient"  # on the own pages, come in with a PIN
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
    form: bool = False
    upload: bool = False
    any_widget: bool = False


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
    form: bool = False,
    upload: bool = False,
    any_widget: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the decorated function as the handler of an address.

    It is called with the rule's values, and with `body`, `query`, `visitor`, `own` or `staff` as far as they are declared.
    The first line of its docstring becomes the OpenAPI summary. The body of a `form` comes from a page without scripts: a
    visitor's token is its field `visitor`, a field `patient.email` is `email` within `patient`. With `upload` the request's
    body is a file as it is, which the handler reads, and the declared body stands in the header X-File as JSON in percent
    signs: what it is called must not stand in an address. `any_widget`: the visitor may come from any widget or link, and the
    handler asks what is theirs.
    """

    def declare(handler: Callable[..., Any]) -> Callable[..., Any]:
        declared = Endpoint(
            f"{blueprint.name}.{handler.__name__}", rule, method, access, permission, scope, body, query, answer,
            (handler.__doc__ or "").partition("\n")[0], status, form, upload, any_widget,
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
        values["body"] = check(declared.body, _sent(declared))
    return handler(**values)


def _sent(declared: Endpoint) -> Any:
    if declared.upload:
        return _described(request.headers.get("X-File", ""))
    return _nested(request.form) if declared.form else request.get_json(silent=True)


def _described(header: str) -> Any:
    try:
        return json.loads(unquote(header))
    except ValueError:
        return None


def _let_files_in() -> None:
    """A file may be larger than everything else that is sent."""
    declared = REGISTRY.get((request.endpoint or "", request.method))
    if declared is not None and declared.upload and request.mimetype == "application/octet-stream":
        request.max_content_length = house().settings.largest_file_bytes


def init_app(app: Flask) -> None:
    app.before_request(_let_files_in)


def _nested(form: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in form.items():
        group, dot, key = name.partition(".")
        within = found.setdefault(group, {}) if dot else found
        if not isinstance(within, dict):
            raise Refusal("invalid", 422)
        within[key if dot else name] = value
    return found


def _judge(declared: Endpoint, values: dict[str, Any]) -> dict[str, Any] | Response:
    if declared.access is Access.VISITOR:
        token = request.form.get("visitor", "") if declared.form else visitor.bearer(request.headers.get("Authorization"))
        return {"visitor": _known_visitor(token, None if declared.any_widget else values.get("key", ""))}
    if declared.access is Access.PATIENT:
        return {"own": _known_patient()}
    if declared.access is Access.STAFF:
        return _require_staff(declared)
    if declared.access is Access.API_KEY:
        _require_key(declared)
    return {}


def require_visitor(widget: str) -> visitor.Visitor:
    """The visitor whose token this request bears, for this widget. Raises Refusal."""
    return _known_visitor(visitor.bearer(request.headers.get("Authorization")), widget)


def _known_visitor(token: str, widget: str | None) -> visitor.Visitor:
    who = visitor.read(house().settings.secret_key, token)
    if widget is not None and who.widget != widget:
        raise Refusal("session_expired", 401)
    limits.hit("visitor", who.name)
    session().enter(who.organization_id)
    g.visitor = who
    return who


def _known_patient() -> portal.PortalSession:
    """Whose own pages these are, in their language."""
    token = visitor.bearer(request.headers.get("Authorization"))
    own = portal.known(session(), token, clock.now(), portal_lifetime())
    limits.hit("visitor", f"portal:{own.uid}")
    locale.set_tag(own.locale)
    session().commit()
    return own


def portal_lifetime() -> portal.Lifetime:
    return lifetime_of(house().settings)


def lifetime_of(settings: Settings) -> portal.Lifetime:
    """How long a stay on the own pages lasts."""
    return portal.Lifetime(timedelta(minutes=settings.portal_idle_minutes), timedelta(hours=settings.portal_session_hours))


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

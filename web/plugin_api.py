"""What plug-ins of web sites ask with their API key: which widgets there are."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, jsonify
from pydantic import StringConstraints
from sqlalchemy import select

from telehealth import api_key
from telehealth.organization import Organization
from telehealth.widget import Widget, WidgetKind
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import house, session
from web.schema import Schema

plugin_api = Blueprint("plugin_api", __name__)
plugin_api.bears_tokens = True  # type: ignore[attr-defined]


class WidgetAnswer(Schema):
    """`id` goes into the embed code; `url` is the widget's own page."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
    name: str
    kind: WidgetKind
    url: str


class WidgetsAnswer(Schema):
    widgets: list[WidgetAnswer]


@endpoint(
    plugin_api, "/api/v1/organisations/<slug>/widgets", access=Access.API_KEY, scope=api_key.Scope.LIST_WIDGETS,
    answer=WidgetsAnswer,
)  # fmt: skip
def list_widgets(slug: str) -> Response:
    """The organisation's active widgets, by name."""
    _require_own(slug)
    rows = session().scalars(select(Widget).where(Widget.active).order_by(Widget.name, Widget.id))
    return jsonify(WidgetsAnswer(widgets=[_answer(row) for row in rows]).model_dump(mode="json"))


def _require_own(slug: str) -> None:
    """Another organisation is refused as a wrong key is, so that nobody learns which ones exist. Raises Refusal."""
    if session().get_one(Organization, session().organization_id).slug != slug:
        raise Refusal("bad_key", 401)


def _answer(row: Widget) -> WidgetAnswer:
    return WidgetAnswer(id=row.key, name=row.name, kind=row.kind, url=f"{house().settings.base_url}/w/{row.key}")

"""What every widget has: its page, framed by allowed sites only, and the visitor's session. Never a cookie."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from flask import Blueprint, Response, g, jsonify, make_response, render_template, request

from pydantic import StringConstraints

from telehealth import clock, ending, identity, ticket
from telehealth.identity import LONGEST as LONGEST_IDENTITY
from telehealth.organization import Organization
from telehealth.translation import Texts
from telehealth.widget import IdentityMode, Widget, WidgetKind, find_widget
from web import framing, headers, limits, locale, visitor
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import house, session
from web.origin import require_own_origin
from web.schema import Schema

widgets = Blueprint("widgets", __name__, template_folder="templates")
widgets.bears_tokens = True  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Setting:
    """What a widget's page is made of. `texts` reads the organisation's words in the visitor's language."""

    widget: Widget
    organization: Organization
    texts: Texts
    locale: str


PAGES: dict[WidgetKind, Callable[[Setting], str]] = {}


def page_of(kind: WidgetKind) -> Callable[[Callable[[Setting], str]], Callable[[Setting], str]]:
    """Declare what draws the page of widgets of this kind."""

    def declare(draw: Callable[[Setting], str]) -> Callable[[Setting], str]:
        PAGES[kind] = draw
        return draw

    return declare


def setting_of(key: str, tag: str | None = None) -> Setting:
    """Enter the widget's organisation and choose the language. Raises UnknownWidget."""
    widget = find_widget(session(), key)
    organization = session().get_one(Organization, widget.organization_id)
    wishes = [tag, request.args.get("lang"), *request.accept_languages.values()]
    chosen = locale.choose(wishes, [organization.locale, *organization.locales])
    locale.set_tag(chosen)
    return Setting(widget, organization, Texts(session(), chosen, organization.locale), chosen)


def setting_for(who: visitor.Visitor) -> Setting:
    """The same for a visitor who has a session, in the visitor's language."""
    return setting_of(who.widget, who.locale)


@endpoint(widgets, "/w/<key>", access=Access.PUBLIC)
def page(key: str) -> Response:
    """The widget itself, as a page to frame."""
    setting = setting_of(key)
    return framed(setting, PAGES[setting.widget.kind](setting))


def framed(setting: Setting, html: str, status: int = 200) -> Response:
    """A page that the widget's sites, and nobody else, may frame."""
    framers = framing.frame_ancestors(setting.widget.allowed_sites, preview="preview" in request.args)
    headers.allow(frame_ancestors=framers.removeprefix("frame-ancestors "))
    headers.let_in("img-src", framing.sites_of([setting.widget.logo_url, setting.widget.background_url]))
    response = make_response(html, status)
    response.headers["Content-Language"] = setting.locale
    response.headers["Vary"] = "Accept-Language"
    return response


@endpoint(widgets, "/w/<key>/brand.css", access=Access.PUBLIC)
def brand(key: str) -> Response:
    """The organisation's colour, its picture around the widget, and what looks the clinic has written itself."""
    setting = setting_of(key)
    widget = setting.widget
    looks = [f":root{{--brand:{widget.brand or setting.organization.brand}}}"]
    if widget.background_url:
        looks.append(f"body{{--picture:url({json.dumps(widget.background_url, ensure_ascii=False)})}}")
    return Response("\n".join([*looks, widget.own_css]).strip(), content_type="text/css", headers={"Cache-Control": "max-age=300"})


class SessionBody(Schema):
    """`identity` is what the website has signed, `resume` what it has kept of a conversation."""

    ticket: str = ""
    identity: Annotated[str, StringConstraints(max_length=LONGEST_IDENTITY)] = ""
    resume: Annotated[str, StringConstraints(max_length=1000)] = ""
    locale: str = ""


class SessionAnswer(Schema):
    token: str
    expires_at: datetime


@endpoint(
    widgets, "/w/<key>/session", method="POST", access=Access.PUBLIC, body=SessionBody, answer=SessionAnswer, status=201
)
def begin_session(key: str, body: SessionBody) -> tuple[Response, int]:
    """A visitor's bearer token; with a ticket, the session of the ticket's holder."""
    require_own_origin()
    limits.hit("new_session", limits.network())
    setting = setting_of(key, body.locale or None)
    name, verified = _who(setting.widget, body)
    identity.require(setting.widget, verified=verified)
    session().commit()
    token, ends = grant(setting.widget, name, setting.locale, verified=verified)
    return jsonify(token=token, expires_at=ends.isoformat()), 201


def grant(widget: Widget, name: str, tag: str, *, verified: bool = False) -> tuple[str, datetime]:
    settings = house().settings
    who = visitor.Visitor(widget.organization_id, widget.key, name, tag, verified)
    return visitor.grant(settings.secret_key, who, timedelta(hours=settings.visitor_session_hours))


def _who(widget: Widget, body: SessionBody) -> tuple[str, bool]:
    """Who comes, by name and whether verified: the holder of a ticket, whom the website has signed for, who comes back."""
    if body.ticket:
        held = ticket.known(session(), body.ticket)
        if held.organization_id != widget.organization_id:
            raise ticket.UnknownTicket
        return ending.require_look_back(session(), held, clock.now()).visitor, False
    if body.identity and widget.identity is not IdentityMode.OFF:
        return identity.come(session(), widget, body.identity, clock.now()), True
    return _renewed(widget) or _resumed(widget, body.resume) or (visitor.new_name(), False)


def _resumed(widget: Widget, word: str) -> tuple[str, bool] | None:
    """A word that is too old is no reason to refuse: somebody new comes."""
    try:
        return visitor.resumed(house().settings.secret_key, word, widget.key) if word else None
    except Refusal:
        return None


def _renewed(widget: Widget) -> tuple[str, bool] | None:
    if "Authorization" not in request.headers:
        return None
    try:
        who = visitor.read(house().settings.secret_key, visitor.bearer(request.headers["Authorization"]))
    except Refusal:
        return None
    return (who.name, who.verified) if who.widget == widget.key else None


def draw(template: str, setting: Setting, **values: Any) -> str:
    """Render a widget's template with what all of them show."""
    g.setting = setting
    text = setting.texts.of
    return render_template(
        template, widget=setting.widget, organization=setting.organization, texts=setting.texts, text=text,
        sites=framing.sources(setting.widget.allowed_sites), now=clock.now(), **values,
    )  # fmt: skip

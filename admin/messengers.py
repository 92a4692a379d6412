"""Accounts at messengers and mailboxes, and the contact points of those who write by them."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import Length

from admin import fields, words
from admin.forms import RowForm
from admin.generated import READ, WRITE, GeneratedView, Refused
from admin.rows import Rows
from integrations.messenger import MessengerFails, NotReachable, accounts
from telehealth import clock
from telehealth.audit import AuditAction
from telehealth.channel import Channel
from telehealth.contact_point import ContactKind, ContactPoint, NotMergeable
from telehealth.messenger import MessengerAccount
from telehealth.organization import Organization
from web.house import house

SECRETS = ("token", "secret")
SERVER = ("imap_host", "imap_port", "imap_user")
TEMPLATE = ("template", "template_locale")
NEEDED = {ContactKind.WHATSAPP: ("address",), ContactKind.EMAIL: ("address", "imap_host")}
SECRETS_NEEDED = {
    ContactKind.WHATSAPP: ("token", "secret"), ContactKind.TELEGRAM: ("token", "secret"), ContactKind.WEBHOOK: ("secret",),
    ContactKind.EMAIL: ("token",),
}  # fmt: skip


def _secret(name: str) -> PasswordField:
    """Written, never read: a browser that remembers passwords shall not offer them here."""
    return PasswordField(
        words.label(MessengerAccount, name), [Length(max=400)], description=words.description(MessengerAccount, name),
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip


def _line(name: str) -> Any:
    return fields.Trimmed(
        words.label(MessengerAccount, name), [Length(max=120)], description=words.description(MessengerAccount, name)
    )


class MessengerAccountView(GeneratedView):
    datamodel = Rows(MessengerAccount)
    route_base, icon = "/messengers", "chat"
    include_route_methods = WRITE
    list_columns = ["name", "kind", "channel", "active", "heard_at", "last_error"]
    form_columns = ["name", "kind", "channel", "locale", "active", "address", "url", *SECRETS, *SERVER, *TEMPLATE]
    show_columns = ["name", "kind", "channel", "locale", "active", "address", "url", "heard_at", "last_error", "last_error_at"]
    export_columns = ["name", "kind", "channel", "active"]
    fixed_columns = ("kind",)
    section = "admin/_messenger.html"
    when_empty = {"heard_at": _l("Nothing has come in yet"), "last_error": _l("None"), "last_error_at": _l("Never")}
    only_when = {
        "url": ("kind", "webhook"), "secret": ("kind", "webhook telegram whatsapp"), "token": ("kind", "telegram whatsapp email"),
        **dict.fromkeys(SERVER, ("kind", "email")), **dict.fromkeys(TEMPLATE, ("kind", "whatsapp")),
        "address": ("kind", "email whatsapp telegram"),
    }  # fmt: skip
    extra_fields = {name: _secret(name) for name in SECRETS} | {name: _line(name) for name in (*SERVER, *TEMPLATE)}

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        kind = form["kind"].data if "kind" in form._fields else row.kind
        found = {name: _("This is needed.") for name in NEEDED.get(kind, ()) if not form[name].data}
        found |= {
            name: _("This is needed.") for name in SECRETS_NEEDED.get(kind, ()) if not form[name].data and not getattr(row, f"sealed_{name}")
        }
        port = form["imap_port"].data or "993"
        if not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65_536:
            found["imap_port"] = _("Enter a number such as 993.")
        is_test = self.session.get_one(Organization, self.session.organization_id).is_test
        url = form["url"].data or ""
        if kind is ContactKind.WEBHOOK and not (url.startswith("https://") or (not url and is_test) or house().settings.messengers_inside):
            found["url"] = _("An address that begins with https:// is needed. Only a test environment can do without one.")
        channel = form["channel"].data
        if isinstance(channel, Channel) and channel.internal:
            found["channel"] = _("Choose a channel that patients can write to.")
        return found

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        given = {name: str(form[name].data or "") for name in (*SERVER, *TEMPLATE)}
        row.options = {**(row.options or {}), **given}

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        row.keep(token=(form["token"].data or "").strip(), secret=(form["secret"].data or "").strip(), now=clock.now())

    def before_removal(self, row: Any) -> None:
        if row.heard_at is not None:
            raise Refused(name=_("Messages have come in by it. Switch it off instead, and what was said stays."))

    def badge(self, row: Any) -> tuple[str, str, str] | None:
        if not row.active:
            return ("is-waiting", "pause", _("Off"))
        return ("is-late", "alert", _("It did not work")) if row.last_error else ("is-on-time", "check", _("On"))

    def notices(self, row: Any) -> str:
        """Where the service sends what was written."""
        return accounts.notices_address(row, house().settings)

    @action("test", _l("Try it"), "")
    def test(self, rows: list[Any]) -> None:
        for row in rows:
            self._try(row)
        self.session.commit()

    def _try(self, row: Any) -> None:
        try:
            found = accounts.of(self.session, row, house().settings).test(self.notices(row))
        except (MessengerFails, NotReachable) as error:
            row.failed(str(error), clock.now())
            flash(_("%(name)s does not work: %(why)s", name=row.name, why=str(error)), "danger")
        else:
            row.works()
            flash(_("%(name)s works: %(found)s", name=row.name, found=found), "success")


class ContactPointView(GeneratedView):
    """Nobody writes contact points by hand: they come with conversations."""

    datamodel = Rows(ContactPoint)
    route_base, icon = "/contacts", "phone"
    include_route_methods = READ | {"action", "action_post"}
    list_columns = ["name", "kind", "address", "verified_at", "blocked_at", "merged"]
    form_columns = ["name", "kind", "address", "created_at", "verified_at", "consented_at", "blocked_at", "merged"]
    search_columns = ["name", "kind", "address", "verified_at", "blocked_at"]
    order_columns = ["name", "kind", "address", "verified_at", "blocked_at"]
    when_empty = {
        "verified_at": _l("Not verified"), "blocked_at": _l("Not blocked"), "consented_at": _l("Has not agreed"), "merged": _l("Nobody else’s"),
    }  # fmt: skip

    def fits(self, name: str, row: Any) -> bool:
        return {"block": not row.is_blocked, "unblock": row.is_blocked, "split": row.merged_into_id is not None, "merge": False}.get(name, True)

    def badge(self, row: Any) -> tuple[str, str, str] | None:
        return ("is-late", "close", _("Blocked")) if row.is_blocked else None

    @action("block", _l("Block"), _l("What comes from there is thrown away from now on. What was said stays."))
    def block(self, rows: list[Any]) -> None:
        for row in rows:
            row.block(clock.now())
        self._done()

    @action("unblock", _l("Take messages again"), "")
    def unblock(self, rows: list[Any]) -> None:
        for row in rows:
            row.unblock()
        self._done()

    @action("merge", _l("They are one person’s"), _l("The chosen contacts are treated as one person’s. What was said stays where it is, and it can be undone."))
    def merge(self, rows: list[Any]) -> None:
        first, *others = sorted(rows, key=lambda row: row.id)
        for row in others:
            try:
                row.merge(first)
            except NotMergeable:
                continue  # they are one already
        self.note(AuditAction.CHANGED, first.id, {"merged": [str(row.id) for row in others]})
        self._done()

    @action("split", _l("Somebody else’s"), "")
    def split(self, rows: list[Any]) -> None:
        for row in rows:
            row.split()
        self._done()

    def _done(self) -> None:
        self.session.commit()
        flash(_("Done."), "success")

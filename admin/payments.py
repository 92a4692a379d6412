"""Payments: what is owed, paid and given back, and the organisation's own way to be paid."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import PasswordField
from wtforms.validators import Length

from admin import words
from admin.forms import RowForm
from admin.generated import READ, GeneratedView
from admin.rows import Rows
from telehealth import clock, paying, payment
from telehealth.database import Session
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.payment import OPEN, Payment, PaymentState
from web import locale, money

KEYS = ("payment_key", "payment_secret")
BEGINS = {"payment_key": ("sk_", "rk_"), "payment_secret": ("whsec_",)}
# Written, never read: a browser that remembers passwords shall not offer them here.
KEY_FIELDS = {
    name: PasswordField(
        words.label(Organization, name), [Length(max=300)], description=words.description(Organization, name),
        render_kw={"autocomplete": "new-password"},
    )
    for name in KEYS
}  # fmt: skip


class PaymentView(GeneratedView):
    """Nobody makes payments by hand; staff give money back or ask for nothing."""

    datamodel = Rows(Payment)
    route_base, icon = "/payments", "card"
    include_route_methods = READ | {"action", "action_post"}
    list_columns = ["created_at", "appointment", "amount", "state", "paid_at"]
    form_columns = ["appointment", "amount", "state", "provider", "reference", "created_at", "held_until", "paid_at", "refunded_at"]
    show_columns = [*form_columns, "receipt"]
    search_columns = ["created_at", "state", "paid_at", "amount"]
    base_order = ("id", "desc")
    when_empty = {"provider": _l("Not begun"), "held_until": _l("The appointment stands without"), "paid_at": _l("Not paid"), "refunded_at": _l("No")}

    def called(self, row: Any) -> str:
        return str(money.price(row.amount, row.currency, locale.current_tag()))

    def badge(self, row: Any) -> tuple[str, str, str] | None:
        return (*words.BADGES[row.state], str(words.word(row.state)))

    def fits(self, name: str, row: Any) -> bool:
        return row.state in (OPEN if name == "waive" else {PaymentState.PAID, PaymentState.REFUNDING})

    @action("refund", _l("Give the money back"), _l("All of it goes back the way it was paid, and the patients are told by mail. The appointments stay. This cannot be undone."))
    def refund(self, rows: list[Any]) -> None:
        self._each("refund", paying.refund, rows)

    @action("waive", _l("Ask for nothing"), _l("Nothing is to be paid any more, and the appointments stand. This cannot be undone."))
    def waive(self, rows: list[Any]) -> None:
        self._each("waive", paying.waive, rows)

    def _each(self, name: str, verb: Any, rows: list[Any]) -> None:
        fitting = [row for row in sorted(rows, key=lambda row: row.appointment_id) if self.fits(name, row)]
        for row in fitting:
            verb(self.session, row, clock.now())
        self.session.commit()
        if fitting:
            flash(ngettext("Done for %(num)s payment.", "Done for %(num)s payments.", len(fitting)), "success")
        if len(fitting) < len(rows):
            flash(_("Left as they were: payments of which this cannot be said."), "warning")


def keep_keys(session: Session, form: RowForm) -> None:
    """What was entered is sealed; what was left empty stays."""
    given = {name: (form[name].data or "").strip() for name in KEYS if name in form._fields}
    if any(given.values()):
        payment.keep_keys(session, key=given["payment_key"], secret=given["payment_secret"], now=clock.now())


def problems(session: Session, form: RowForm, row: Organization) -> dict[str, str]:
    """What stands against being paid online as the form says, by field."""
    found = {name: _("This begins otherwise. Copy all of it.") for name in KEYS if not _begins_right(form, name)}
    if form["pay_online"].data is PayOnline.OFF:
        return found
    provider = form["payment_provider"].data
    if provider is None:
        found["payment_provider"] = _("Say who takes the money, or do not ask for it online.")
    elif provider is PaymentProvider.SANDBOX and not form["is_test"].data:
        found["payment_provider"] = _("The sandbox takes no money: it is for test environments only.")
    elif provider is PaymentProvider.STRIPE and KEYS[0] in form._fields:
        found |= {name: _("Enter this first, or nobody can pay.") for name in _missing(session, form) if name not in found}
    return found


def _begins_right(form: RowForm, name: str) -> bool:
    given = (form[name].data or "").strip() if name in form._fields else ""
    return not given or given.startswith(BEGINS[name])


def _missing(session: Session, form: RowForm) -> list[str]:
    own = payment.account(session)
    known = {"payment_key": own.sealed_key, "payment_secret": own.sealed_secret} if own else dict.fromkeys(KEYS)
    return [name for name in KEYS if not known[name] and not (form[name].data or "").strip()]

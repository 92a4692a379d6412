"""What mails say of money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from telehealth.booking import Appointment
from telehealth.paying import Reason
from telehealth.payment import Payment, PaymentState
from web import money


def values(appointment: Appointment, base_url: str, tag: str) -> dict[str, str]:
    """For a mail about a consultation that is paid online."""
    found = appointment.payment
    if found is None:
        return {"amount": "", "receipt_number": "", "payment_status": ""}
    amount = money.price(found.amount, found.currency, tag)
    return {"amount": amount, "receipt_number": found.receipt, "payment_status": _status(found, amount, base_url)}


def _status(found: Payment, amount: str, base_url: str) -> str:
    if found.is_open:
        return _("To be paid: %(amount)s. You can pay here:", amount=amount) + f"\n{base_url}/pay/{found.uid}"
    if found.state is PaymentState.PAID:
        return _("Paid: %(amount)s. Number of the receipt: %(receipt)s.", amount=amount, receipt=found.receipt)
    return ""


def refund_values(appointment: Appointment, about: dict[str, Any], tag: str) -> dict[str, str]:
    receipt = appointment.payment.receipt if appointment.payment else ""
    amount = money.price(Decimal(about["amount"]), about["currency"], tag)
    return {"amount": amount, "receipt_number": receipt, "refund_reason": reason_words(Reason(about["why"]))}


def reason_words(why: Reason) -> str:
    match why:
        case Reason.LATE:
            return _("Your payment reached us when the time was no longer kept for you. The appointment is not booked; please choose another time.")
        case Reason.TWICE:
            return _("This appointment was paid already, or nothing was to be paid any more.")
        case Reason.DIFFERS:
            return _("The amount was not what is to be paid. Please pay again on the page of your appointment.")
        case Reason.CANCELLED:
            return _("Your appointment was cancelled.")
        case Reason.BY_STAFF:
            return _("The clinic gives it back to you.")

"""How money and appointments meet: paid in time it stands, paid too late the money goes back (X-24, X-57).

Whoever changes both locks the appointment first, then its payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import select

from telehealth import booking, payment
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.payment import (
    OPEN,
    SAME_CHECKOUT,
    NotPaid,
    NotPayable,
    Payment,
    PaymentState,
)

AT_ONCE = 200


class Reason(StrEnum):
    """Why money goes back."""

    LATE = "late"
    TWICE = "twice"
    DIFFERS = "differs"
    CANCELLED = "cancelled"
    BY_STAFF = "by_staff"


@dataclass(frozen=True)
class Notice:
    """What a provider says of a payment: `reference` is its name of the money; `returned` says that it went back there."""

    uid: str
    reference: str
    amount: Decimal
    currency: str
    returned: bool = False


def _both(session: Session, appointment_id: int) -> tuple[Appointment, Payment]:
    appointment = session.get_one(Appointment, appointment_id)
    session.refresh(appointment, with_for_update={"of": Appointment})
    return appointment, payment.of(session, appointment_id)


def begin(session: Session, found: Payment, now: datetime) -> Payment:
    """The patient goes to pay: a time that is kept is kept anew, once. Raises NotPayable."""
    appointment, found = _both(session, found.appointment_id)
    lapsed = found.held_until is not None and found.held_until <= now
    if not found.is_open or lapsed or appointment.status is AppointmentStatus.CANCELLED:
        raise NotPayable
    own = session.get_one(Organization, found.organization_id)
    if found.held_until is not None and found.state is PaymentState.DUE:
        found.held_until = max(found.held_until, now + timedelta(minutes=own.pay_minutes))
    if found.started_at is None or now - found.started_at > SAME_CHECKOUT or found.provider is not own.payment_provider:
        found.turn, found.started_at = found.turn + 1, now
    found.provider = own.payment_provider
    _stand(session, appointment, found, PaymentState.STARTED)
    return found


def receive(session: Session, notice: Notice, now: datetime) -> Payment | None:
    """Take a provider's word for it, however often it is said; None where the payment is not this organisation's.

    Money that comes too late, twice, or is not what was asked for goes back, and its patient is told.
    """
    named = session.scalar(select(Payment).where(Payment.uid == notice.uid)) if notice.uid else _by_reference(session, notice)
    if named is None:
        return None
    appointment, found = _both(session, named.appointment_id)
    if notice.returned:
        _returned(session, appointment, found, notice.reference, now)
    elif notice.reference != found.reference:
        _settle(session, appointment, found, notice, now)
    return found


def _by_reference(session: Session, notice: Notice) -> Payment | None:
    return session.scalar(select(Payment).where(Payment.reference == notice.reference)) if notice.reference else None


def _settle(session: Session, appointment: Appointment, found: Payment, notice: Notice, now: datetime) -> None:
    if (notice.amount, notice.currency) != (found.amount, found.currency):
        _send_back(session, appointment, found, notice, Reason.DIFFERS, now)
    elif found.is_open and appointment.status is not AppointmentStatus.CANCELLED:
        found.reference, found.paid_at, found.held_until = notice.reference, now, None
        _stand(session, appointment, found, PaymentState.PAID)
        key = key_of("paid", found.uid)
        _write(session, booking.confirming(appointment), appointment, found, now, key)
    elif found.state is PaymentState.RELEASED:
        found.reference, found.paid_at = notice.reference, now
        _stand(session, appointment, found, PaymentState.REFUNDING)
        _send_back(session, appointment, found, notice, Reason.LATE, now)
    else:
        _send_back(session, appointment, found, notice, Reason.TWICE, now)


def _send_back(session: Session, appointment: Appointment, found: Payment, notice: Notice, why: Reason, now: datetime) -> None:
    payment.give_back(session, found, notice.reference, now)
    told = {"why": why.value, "amount": str(notice.amount), "currency": notice.currency}
    _write(session, MailKind.REFUND, appointment, found, now, key_of("refund", found.uid, notice.reference), told)


def _write(
    session: Session, kind: MailKind, appointment: Appointment, found: Payment, now: datetime, key: str, about: dict[str, str] | None = None
) -> None:
    enqueue(session, kind, appointment.id, appointment.patient.email, locale=appointment.locale, now=now, about=about or {}, key=key)


def refund(session: Session, found: Payment, now: datetime) -> None:
    """Staff give the money back, or try again where that has failed. Raises NotPaid."""
    appointment, found = _both(session, found.appointment_id)
    if found.state not in {PaymentState.PAID, PaymentState.REFUNDING}:
        raise NotPaid
    again = found.state is PaymentState.REFUNDING
    payment.give_back(session, found, found.reference, now, again=again)
    _stand(session, appointment, found, PaymentState.REFUNDING)


def refunded(session: Session, payment_id: int, reference: str, now: datetime) -> None:
    """The provider has sent the money back."""
    appointment, found = _both(session, session.get_one(Payment, payment_id).appointment_id)
    _returned(session, appointment, found, reference, now)


def _returned(session: Session, appointment: Appointment, found: Payment, reference: str, now: datetime) -> None:
    """Whoever was told already why the money comes is not told again."""
    if reference != found.reference or found.state is PaymentState.REFUNDED:
        return
    found.refunded_at = now
    _stand(session, appointment, found, PaymentState.REFUNDED)
    why = Reason.CANCELLED if appointment.status is AppointmentStatus.CANCELLED else Reason.BY_STAFF
    told = {"why": why.value, "amount": str(found.amount), "currency": found.currency}
    _write(session, MailKind.REFUND, appointment, found, now, key_of("refund", found.uid, reference), told)


def waive(session: Session, found: Payment, now: datetime) -> None:
    """Staff ask for nothing: the appointment stands. Raises NotPayable."""
    appointment, found = _both(session, found.appointment_id)
    if not found.is_open:
        raise NotPayable
    was_held, found.held_until = found.held_until is not None, None
    _stand(session, appointment, found, PaymentState.WAIVED)
    if was_held:
        _write(session, MailKind.CONFIRMATION, appointment, found, now, key_of("paid", found.uid))


def release_unpaid(session: Session, now: datetime) -> int:
    """Give back the times whose patients have not paid in time; gives how many."""
    over = session.scalars(select(Payment.appointment_id).where(Payment.held_until <= now, Payment.state.in_(OPEN)).limit(AT_ONCE)).all()
    if not over:
        return 0
    named = select(Appointment).where(Appointment.id.in_(over)).order_by(Appointment.id).with_for_update(of=Appointment, skip_locked=True)
    found = [(one, payment.of(session, one.id)) for one in session.scalars(named, execution_options={"populate_existing": True})]
    late = [(one, owed) for one, owed in found if owed.is_open and owed.held_until and owed.held_until <= now]  # others paid just now
    for appointment, owed in late:
        owed.state = PaymentState.RELEASED
        appointment.release()
    return len(late)


def _stand(session: Session, appointment: Appointment, found: Payment, state: PaymentState) -> None:
    """Both say the same, and open pages are told."""
    if (found.state, appointment.payment_state) == (state, state):
        return
    found.state = appointment.payment_state = state
    appointment.seq = advance(session, FeedName.CALENDAR)
    appointment.tell()

"""What a visit costs and what became of it: owed, begun, paid, given back (S002-180, X-57). Card data never reaches us."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, LargeBinary, Numeric, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import job
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization, write_row
from telehealth.organization import Organization, PaymentProvider

if TYPE_CHECKING:
    from telehealth.booking import Appointment

REFUND = "payment_refund"  # a kind of job
SAME_CHECKOUT = timedelta(minutes=20)  # whoever comes back so soon finds the same page of the provider


class PaymentState(StrEnum):
    """Where the money stands. Released: the time was given back before anything was paid; waived: staff ask for nothing."""

    DUE = "due"
    STARTED = "started"
    PAID = "paid"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    RELEASED = "released"
    WAIVED = "waived"


OPEN = frozenset({PaymentState.DUE, PaymentState.STARTED})


class UnknownPayment(Exception):
    """Not there, or not this organisation's."""


class NotPayable(Exception):
    """It is paid already, or nothing is owed any more."""


class NotPaid(Exception):
    """There is no money to give back."""


class PaymentDue(Exception):
    """The clinic wants to be paid first."""


class Payment(Owned, Base):
    """What is owed for one appointment. `reference` is the provider's name of the money that was paid.

    Until `held_until` the time is kept for whoever has to pay first; None: the appointment stands without. `turn` counts the
    times that the provider was asked for a page to pay on.
    """

    __tablename__ = "payment"
    __tracked__ = ("state", "amount")
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("appointment_id"),
        CheckConstraint("amount > 0", "amount"),
        Index("ix_payment_held", "organization_id", "held_until"),
        Index("ix_payment_reference", "organization_id", "reference"),
        within_organization("appointment_id", "appointment"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    appointment_id: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[PaymentState] = mapped_column(one_of(PaymentState), default=PaymentState.DUE)
    provider: Mapped[PaymentProvider | None] = mapped_column(one_of(PaymentProvider))
    reference: Mapped[str] = mapped_column(String(200), default="")
    turn: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]
    appointment: Mapped[Appointment] = relationship(primaryjoin="Appointment.id == foreign(Payment.appointment_id)", viewonly=True)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_held(self) -> bool:
        """Whether the time is kept until this is paid, and only so long."""
        return self.is_open and self.held_until is not None

    @property
    def receipt(self) -> str:
        """The number of the receipt; empty where nothing was paid."""
        return f"{self.paid_at.year}-{self.id:06d}" if self.paid_at else ""

    def now_costs(self, amount: Decimal | None) -> PaymentState:
        """Before it is paid, another amount is owed, or nothing; a page that is open at the provider still asks for the old one."""
        if amount is None:
            self.state = PaymentState.WAIVED
        elif amount != self.amount:
            self.amount, self.state, self.started_at = amount, PaymentState.DUE, None
        return self.state

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class PaymentAccount(Owned, Base):
    """The organisation's own keys at its provider, sealed; nobody is shown them again."""

    __tablename__ = "payment_account"
    __sealed__ = ("sealed_key", "sealed_secret")
    __tracked__ = ("changed_at",)
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime | None]

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|payment_account|own|{column.removeprefix('sealed_')}"

    @property
    def key(self) -> str:
        return self._opened("sealed_key")

    @property
    def secret(self) -> str:
        """What the provider signs its notices with."""
        return self._opened("sealed_secret")

    def _opened(self, column: str) -> str:
        sealed = getattr(self, column)
        return session_of(self).keyring.open(sealed, self.place_of(column)) if sealed else ""

    def keep(self, *, key: str, secret: str, now: datetime) -> None:
        """Take new ones over; what is empty stays as it was."""
        keyring = session_of(self).keyring
        for column, given in (("sealed_key", key), ("sealed_secret", secret)):
            if given:
                setattr(self, column, keyring.seal(given, self.place_of(column)))
                self.changed_at = now

    def __str__(self) -> str:
        return str(self.changed_at or "")


def account(session: Session) -> PaymentAccount | None:
    """Of the session's organisation; None as long as no keys were entered."""
    return session.scalar(select(PaymentAccount))


def keep_keys(session: Session, *, key: str, secret: str, now: datetime) -> None:
    """Seal what the organisation has entered."""
    found = account(session)
    if found is None:
        session.add(found := PaymentAccount())
        session.flush()
    found.keep(key=key, secret=secret, now=now)


def owe(session: Session, appointment_id: int, amount: Decimal, currency: str, now: datetime, held_until: datetime | None = None) -> None:
    """Write down what an appointment costs."""
    write_row(
        session, Payment, appointment_id=appointment_id, amount=amount, currency=currency, state=PaymentState.DUE, created_at=now,
        held_until=held_until, turn=0, reference="",
    )  # fmt: skip


def of(session: Session, appointment_id: int) -> Payment:
    """Locked, after its appointment. Raises UnknownPayment."""
    mine = select(Payment).where(Payment.appointment_id == appointment_id).with_for_update(of=Payment)
    found = session.scalar(mine, execution_options={"populate_existing": True})
    if found is None:
        raise UnknownPayment
    return found


def require_paid(session: Session) -> None:
    """For an appointment that is not paid. Raises PaymentDue where the clinic lets nobody in who has not paid."""
    if session.get_one(Organization, session.organization_id).pay_online.comes_first:
        raise PaymentDue


def on_cancelling(session: Session, appointment_id: int, start: datetime, now: datetime, *, by_patient: bool) -> PaymentState:
    """What becomes of the money when an appointment is cancelled: nothing is owed, and what was paid in time comes back.

    Whom the clinic cancels gets it back at any time.
    """
    found = of(session, appointment_id)
    if found.is_open:
        found.state = PaymentState.RELEASED
    elif found.state is PaymentState.PAID:
        until = start - timedelta(hours=session.get_one(Organization, found.organization_id).refund_until_hours)
        if not by_patient or now <= until:
            give_back(session, found, found.reference, now)
            found.state = PaymentState.REFUNDING
    return found.state


def give_back(session: Session, found: Payment, reference: str, now: datetime, *, again: bool = False) -> None:
    """Plan that this money is sent back, all of it and once; `again` gives what was given up another chance."""
    named = f"{found.uid}|{reference}|{now.isoformat() if again else ''}"
    once = hashlib.sha256(named.encode()).hexdigest()[:40]
    job.plan(session, REFUND, found.organization_id, due=now, payload={"payment": found.id, "reference": reference}, once=once)


def find(session: Session, uid: str) -> Payment:
    """The payment of this name; the session enters its organisation. Raises UnknownPayment."""
    found = session.execute(
        select(Payment.organization_id, Payment.id).where(Payment.uid == uid), execution_options={"across_organizations": True}
    ).one_or_none()
    if found is None:
        raise UnknownPayment
    session.enter(found.organization_id)
    return session.get_one(Payment, found.id)

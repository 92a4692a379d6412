"""A clinic whose consultation costs 45 euros, tried out in the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from telehealth import payment
from telehealth.booking import Appointment
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.payment import Payment
from telehealth.visit_type import VisitType
from tests.clinic import Clinic
from tests.widgets.walk_in.live import serve_live


@pytest.fixture(scope="session")
def live(app: Any, house: Any) -> Iterator[str]:
    """The address at which the test's own process serves the application."""
    with serve_live(app, house) as origin:
        yield origin


@pytest.fixture
def address(live: str, clinic: Clinic) -> str:
    """The widget's page."""
    return f"{live}/w/{clinic.widgets['booking']}"


@pytest.fixture
def charges(clinic: Clinic) -> Callable[..., None]:
    """Ask for money: `charges(PayOnline.BEFORE_ENTRY)`."""

    def charge(when: PayOnline = PayOnline.BEFORE_BOOKING, **settings: Any) -> None:
        with clinic.session() as session:
            own = session.get_one(Organization, clinic.id)
            given = {"pay_online": when, "payment_provider": PaymentProvider.SANDBOX, "is_test": True} | settings
            for name, value in given.items():
                setattr(own, name, value)
            session.add(VisitType(name="Consultation", price=Decimal("45.00")))

    return charge


@pytest.fixture
def owed(clinic: Clinic) -> Callable[[], str]:
    """Somebody books; gives the name of what is to be paid."""

    def book() -> str:
        with clinic.session() as session:
            return payment.of(session, clinic.book(session).id).uid

    return book


@pytest.fixture
def stands(clinic: Clinic) -> Callable[[], tuple[str, str]]:
    """How the latest payment and its appointment stand."""

    def look() -> tuple[str, str]:
        with clinic.session() as session:
            found = session.query(Payment).order_by(Payment.id.desc()).first()
            assert found is not None
            made = session.get_one(Appointment, found.appointment_id)
            assert made.payment_state is found.state
            return found.state.value, made.status.value

    return look

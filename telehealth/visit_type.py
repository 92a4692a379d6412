"""Visit types: by video, by telephone, in writing or on site, each with its own length and price (X-26)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Numeric, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, validates

from telehealth import tick
from telehealth.database import Base, Owned, Session, one_of

SATURDAY = 5


class Mode(StrEnum):
    """How patient and practitioner meet."""

    VIDEO = "video"
    PHONE = "phone"
    CHAT = "chat"
    ON_SITE = "on_site"

    @property
    def in_waiting_room(self) -> bool:
        """Whether the patient waits in our waiting room, rather than at the telephone or at the clinic."""
        return self in {Mode.VIDEO, Mode.CHAT}


class UnknownVisitType(Exception):
    """Not there, or not offered any more."""


class VisitType(Owned, Base):
    """What a patient books. Without `length_minutes` it takes as long as the availability says.

    `price` is in the organisation's currency, None where nothing is to be paid; `weekend_price` holds on Saturdays and
    Sundays. `place` says where to come, for what happens on site.
    """

    __tablename__ = "visit_type"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        CheckConstraint("length_minutes IS NULL OR length_minutes > 0", "length"),
        CheckConstraint("price IS NULL OR price >= 0", "price"),
        CheckConstraint("weekend_price IS NULL OR weekend_price >= 0", "weekend_price"),
    )
    __translatable__ = {"name": "line", "place": "text"}
    __tracked__ = ("name", "mode", "length_minutes", "price", "weekend_price", "place", "active")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    mode: Mapped[Mode] = mapped_column(one_of(Mode), default=Mode.VIDEO)
    length_minutes: Mapped[int | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    weekend_price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    place: Mapped[str] = mapped_column(String(300), default="")
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    @validates("length_minutes")
    def _on_tick(self, _: str, minutes: int | None) -> int | None:
        return None if minutes is None else tick.require(minutes)

    def price_on(self, day: date) -> Decimal | None:
        """What a visit on this local date costs; None: nothing."""
        found = self.price if self.weekend_price is None or day.weekday() < SATURDAY else self.weekend_price
        return found or None

    def __str__(self) -> str:
        return self.name


def offered(session: Session) -> Sequence[VisitType]:
    """What can be booked, in the clinic's order."""
    query = select(VisitType).where(VisitType.active).order_by(VisitType.position, VisitType.id)
    return session.scalars(query).all()


def require(session: Session, visit_type_id: int) -> VisitType:
    """Raises UnknownVisitType."""
    found = session.get(VisitType, visit_type_id)
    if found is None or not found.active:
        raise UnknownVisitType
    return found

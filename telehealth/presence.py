"""Who is present in which channel, and how each wants to hear of it (S000-9, S000-10)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, Session, within_organization
from telehealth.practitioner import Practitioner, Staff


class Presence(Owned, Base):
    """One person's place in one channel, with the own choice of alerts (S000-9, S000-10)."""

    __tablename__ = "presence"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("channel_id", "practitioner_id"),
        within_organization("channel_id", "channel", ondelete="CASCADE"),
        within_organization("practitioner_id", "practitioner", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int]
    practitioner_id: Mapped[int]
    active: Mapped[bool] = mapped_column(default=False)
    by_mail: Mapped[bool] = mapped_column(default=False)
    by_sound: Mapped[bool] = mapped_column(default=True)
    by_push: Mapped[bool] = mapped_column(default=False)
    repeat_seconds: Mapped[int] = mapped_column(default=0)  # the sound comes again until somebody has seen it; 0 is once
    since: Mapped[datetime]
    expired_at: Mapped[datetime | None]  # it ended by itself, and its person was not told yet
    mailed_at: Mapped[datetime | None]
    practitioner: Mapped[Practitioner] = relationship(
        primaryjoin="Practitioner.id == foreign(Presence.practitioner_id)"
    )


def present_channels(session: Session, by: Staff) -> set[int]:
    """The channels in which somebody is present."""
    mine = (Presence.practitioner_id == by.practitioner_id) & Presence.active
    return set(session.scalars(select(Presence.channel_id).where(mine)))

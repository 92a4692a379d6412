"""The organisation: the tenant everything else belongs to, and its settings."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import JSON, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from telehealth.closed_day import ClosedDay
from telehealth.database import Base, Session, one_of
from telehealth.room import Room, VideoFit


class UnknownZone(ValueError):
    """Not the name of an IANA time zone."""


class ChatAfterVisit(StrEnum):
    """What becomes of a visit's conversation: staff keep it, the patient may read it too, or it is deleted."""

    KEPT = "kept"
    SHOWN = "shown"
    DELETED = "deleted"


class Organization(Base):
    """A clinic or group of clinics (S002-20 … S002-55). Limits are in the unit their name ends with."""

    __tablename__ = "organization"
    __translatable__ = {"name": "line", "foot_note": "line"}
    __tracked__ = (
        "name", "zone", "locale", "locales", "brand", "phone", "emergency_number", "max_users", "link_opens_minutes",
        "link_closes_minutes", "welcome_minutes", "hold_minutes", "grace_seconds", "pin_minutes", "send_mails",
        "send_reminders", "reminder_hour", "reminders_before", "patients_may_write", "sound_alarm", "escalate_minutes", "confirm_entry",
        "show_place", "force_start", "elsewhere_minutes", "call_back_place", "texts_a_month", "feedback_enabled",
        "survey_url", "chat_after_visit", "chat_after_hours", "settings_first", "stop_without_camera",
        "allow_resolution_change", "video_fit", "screen_sharing", "ask_birth_date",
        "book_lead_minutes", "book_ahead_days", "patients_may_change", "change_until_hours",
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(64), default="Europe/Amsterdam")
    locale: Mapped[str] = mapped_column(String(20), default="en")
    locales: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["en"])
    brand: Mapped[str] = mapped_column(String(7), default="#0b6e6e")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    emergency_number: Mapped[str] = mapped_column(String(20), default="112")
    foot_note: Mapped[str] = mapped_column(String(300), default="")
    privacy_url: Mapped[str] = mapped_column(String(300), default="")
    is_test: Mapped[bool] = mapped_column(default=False)
    max_users: Mapped[int] = mapped_column(default=50)
    created_at: Mapped[datetime | None]

    # The personal link works from … before the start until … after the end (S002-107, S002-108).
    link_opens_minutes: Mapped[int] = mapped_column(default=60)
    link_closes_minutes: Mapped[int] = mapped_column(default=60)
    welcome_minutes: Mapped[int] = mapped_column(default=30)
    hold_minutes: Mapped[int] = mapped_column(default=10)
    # How long a waiting person who has lost the connection keeps the place.
    grace_seconds: Mapped[int] = mapped_column(default=300)
    # Whoever opens an appointment's link says when the patient was born, where the clinic knows it.
    ask_birth_date: Mapped[bool] = mapped_column(default=False)
    # Patients book from … minutes from now on up to … days ahead; staff at any time.
    book_lead_minutes: Mapped[int] = mapped_column(default=0)
    book_ahead_days: Mapped[int] = mapped_column(default=180)
    # Patients move or cancel their appointment by its link, until … before it.
    patients_may_change: Mapped[bool] = mapped_column(default=True)
    change_until_hours: Mapped[int] = mapped_column(default=24)
    pin_minutes: Mapped[int] = mapped_column(default=30)
    send_mails: Mapped[bool] = mapped_column(default=True)
    send_reminders: Mapped[bool] = mapped_column(default=True)
    reminder_hour: Mapped[int] = mapped_column(default=7)
    # Further reminders, in minutes before the start.
    reminders_before: Mapped[list[int]] = mapped_column(JSON, default=list)
    patients_may_write: Mapped[bool] = mapped_column(default=True)
    sound_alarm: Mapped[bool] = mapped_column(default=True)
    # How long a waiting person may be seen by nobody until everybody is alerted; 0 is never.
    escalate_minutes: Mapped[int] = mapped_column(default=10)
    confirm_entry: Mapped[bool] = mapped_column(default=True)
    show_place: Mapped[bool] = mapped_column(default=True)
    force_start: Mapped[bool] = mapped_column(default=True)
    feedback_enabled: Mapped[bool] = mapped_column(default=True)
    survey_url: Mapped[str] = mapped_column(String(300), default="")
    chat_after_visit: Mapped[ChatAfterVisit] = mapped_column(one_of(ChatAfterVisit), default=ChatAfterVisit.KEPT)
    # How long the patient may read a conversation that is shown, or how soon one is deleted.
    chat_after_hours: Mapped[int] = mapped_column(default=24)
    # The consultation room (S002-40 … S002-46).
    settings_first: Mapped[bool] = mapped_column(default=False)
    stop_without_camera: Mapped[bool] = mapped_column(default=False)
    allow_resolution_change: Mapped[bool] = mapped_column(default=True)
    video_fit: Mapped[VideoFit] = mapped_column(one_of(VideoFit), default=VideoFit.COVER)
    screen_sharing: Mapped[bool] = mapped_column(default=False)
    # Waiting elsewhere: how long a place is kept without a page, and from which place on somebody is called back.
    elsewhere_minutes: Mapped[int] = mapped_column(default=120)
    call_back_place: Mapped[int] = mapped_column(default=2)
    texts_a_month: Mapped[int] = mapped_column(default=0)

    closed_days: Mapped[list[ClosedDay]] = relationship(
        primaryjoin="Organization.id == foreign(ClosedDay.organization_id)", viewonly=True
    )

    @property
    def closed_dates(self) -> frozenset[date]:
        """The dates on which nothing opens by itself."""
        return frozenset(closed.day for closed in self.closed_days)

    @validates("zone")
    def _known_zone(self, _: str, zone: str) -> str:
        if zone not in available_timezones():
            raise UnknownZone(zone)
        return zone

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def room(self) -> Room:
        """What is decided about the consultation room."""
        return Room(
            self.settings_first, self.stop_without_camera, self.allow_resolution_change, self.video_fit, self.screen_sharing
        )

    def __str__(self) -> str:
        return self.name


class Times(NamedTuple):
    """When an organisation's appointments are: its zone, how long before and after them their links work, and from when
    up to how many days ahead patients book."""

    zone: ZoneInfo
    opens_before: timedelta
    closes_after: timedelta
    lead: timedelta
    days_ahead: int

    def horizon(self, now: datetime) -> date:
        """The last local date that can be booked."""
        return now.astimezone(self.zone).date() + timedelta(days=self.days_ahead)


_own = Organization.__table__.c
_TIMES = select(
    _own.zone, _own.link_opens_minutes, _own.link_closes_minutes, _own.book_lead_minutes, _own.book_ahead_days
).where(_own.id == bindparam("organization"))  # fmt: skip


def times(session: Session) -> Times:
    """Of the session's organisation; without the ORM, for every booking asks."""
    session.flush()
    zone, *minutes, days = session.connection().execute(_TIMES, {"organization": session.organization_id}).one()
    opens, closes, lead = (timedelta(minutes=count) for count in minutes)
    return Times(ZoneInfo(zone), opens, closes, lead, days)

"""The organisation: the tenant everything else belongs to, and its settings."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import JSON, Numeric, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from telehealth.closed_day import ClosedDay
from telehealth.database import Base, Session, one_of
from telehealth.room import Room, VideoFit
from telehealth.visit_type import VisitType


class UnknownZone(ValueError):
    """Not the name of an IANA time zone."""


class ChatAfterVisit(StrEnum):
    """What becomes of a visit's conversation: staff keep it, the patient may read it too, or it is deleted."""

    KEPT = "kept"
    SHOWN = "shown"
    DELETED = "deleted"


class PayOnline(StrEnum):
    """Whether visits that have a price can be paid online, and whether that comes first (S002-180)."""

    OFF = "off"
    OFFERED = "offered"
    BEFORE_ENTRY = "before_entry"
    BEFORE_BOOKING = "before_booking"

    @property
    def comes_first(self) -> bool:
        """Whether nobody comes into the waiting room who has not paid."""
        return self in {PayOnline.BEFORE_ENTRY, PayOnline.BEFORE_BOOKING}


class PaymentProvider(StrEnum):
    """Who takes the money; the sandbox takes none."""

    SANDBOX = "sandbox"
    STRIPE = "stripe"


class Organization(Base):
    """A clinic or group of clinics (S002-20 … S002-55). Limits are in the unit their name ends with."""

    __tablename__ = "organization"
    __translatable__ = {"name": "line", "foot_note": "line"}
    __tracked__ = (
        "name", "zone", "currency", "locale", "locales", "brand", "phone", "emergency_number", "max_users", "link_opens_minutes",
        "link_closes_minutes", "welcome_minutes", "hold_minutes", "grace_seconds", "pin_minutes", "send_mails",
        "send_reminders", "reminder_hour", "reminders_before", "patients_may_write", "sound_alarm", "escalate_minutes", "confirm_entry",
        "show_place", "force_start", "show_free_times", "quick_minutes", "call_seats", "elsewhere_minutes", "call_back_place", "texts_a_month", "text_reminders", "text_invitations", "text_price", "send_delays", "text_delays", "send_missed", "feedback_enabled",
        "survey_url", "chat_after_visit", "chat_after_hours", "settings_first", "stop_without_camera",
        "allow_resolution_change", "video_fit", "screen_sharing", "ask_birth_date",
        "edit_minutes", "keep_former_words", "files_in_visits", "files_in_walk_ins", "files_in_messages",
        "attach_files", "patients_may_attach", "largest_file_mb", "files_an_appointment",
        "pay_online", "payment_provider", "pay_minutes", "refund_until_hours",
        "book_lead_minutes", "book_ahead_days", "patients_may_change", "change_until_hours", "keep_answers_months",
        "reopen_cases_days",
        "continuous_chat", "chat_by_appointment", "share_messages", "chat_mail_minutes",
        "chat", "presence_minutes", "chat_groups", "group_words_stay",
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(64), default="Europe/Amsterdam")
    currency: Mapped[str] = mapped_column(String(3), default="EUR")  # of prices, as ISO 4217 names it
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
    # Staff see how many times can still be booked.
    show_free_times: Mapped[bool] = mapped_column(default=False)
    # How long the link of a consultation that staff began at once lets its patient in.
    quick_minutes: Mapped[int] = mapped_column(default=60)
    # How many take part in one call, patient and practitioner included (S002-110).
    call_seats: Mapped[int] = mapped_column(default=6)
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
    text_reminders: Mapped[bool] = mapped_column(default=False)
    text_invitations: Mapped[bool] = mapped_column(default=False)
    # Who is still to come today is told when somebody runs late.
    send_delays: Mapped[bool] = mapped_column(default=True)
    text_delays: Mapped[bool] = mapped_column(default=False)
    # What the gateway takes for one part of a message, where the clinic wants to see it.
    text_price: Mapped[Decimal | None] = mapped_column(Numeric(7, 3))
    send_missed: Mapped[bool] = mapped_column(default=True)
    # Files at an appointment (S002-105), put there by staff, and by its patient.
    attach_files: Mapped[bool] = mapped_column(default=True)
    patients_may_attach: Mapped[bool] = mapped_column(default=False)
    largest_file_mb: Mapped[int] = mapped_column(default=10)
    files_an_appointment: Mapped[int] = mapped_column(default=10)
    # Own words can be edited and deleted for … minutes; what was there before is kept for administrators, or not at all.
    edit_minutes: Mapped[int] = mapped_column(default=15)
    keep_former_words: Mapped[bool] = mapped_column(default=False)
    # Files in the conversation of somebody who has an appointment, and of somebody who just came in (S002-39).
    files_in_visits: Mapped[bool] = mapped_column(default=True)
    files_in_walk_ins: Mapped[bool] = mapped_column(default=False)
    files_in_messages: Mapped[bool] = mapped_column(default=False)  # of known patients, beyond a visit
    # A time is kept for … minutes for whoever has to pay first; who cancels until … before it gets the money back.
    pay_online: Mapped[PayOnline] = mapped_column(one_of(PayOnline), default=PayOnline.OFF)
    payment_provider: Mapped[PaymentProvider | None] = mapped_column(one_of(PaymentProvider))
    pay_minutes: Mapped[int] = mapped_column(default=10)
    refund_until_hours: Mapped[int] = mapped_column(default=24)
    # Up to which number of the calendar's feed staff were told of what patients booked.
    booked_told_seq: Mapped[int] = mapped_column(default=0)

    # How many months after a visit the answers to its questionnaires are deleted; 0 keeps them.
    keep_answers_months: Mapped[int] = mapped_column(default=0)
    # Whoever writes again so soon after the end comes back to the same case; staff reopen a finished one so long.
    reopen_cases_days: Mapped[int] = mapped_column(default=7)

    # Messages with known patients: they go on before, during and after a visit; an appointment opens the way; a department
    # shares them; who has not read for … minutes is told by mail, 0 never.
    continuous_chat: Mapped[bool] = mapped_column(default=False)
    chat_by_appointment: Mapped[bool] = mapped_column(default=False)
    share_messages: Mapped[bool] = mapped_column(default=True)
    chat_mail_minutes: Mapped[int] = mapped_column(default=15)

    # Chat is an extra (S000-2). Whoever has no page of the desk open for … minutes is present nowhere; 0 is never.
    chat: Mapped[bool] = mapped_column(default=False)
    presence_minutes: Mapped[int] = mapped_column(default=3)
    # Groups in which patients write to each other (S001-27); whether the words of whoever leaves stay, without the name.
    chat_groups: Mapped[bool] = mapped_column(default=False)
    group_words_stay: Mapped[bool] = mapped_column(default=False)

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
    up to how many days ahead patients book. `first_visit_type` is what they book where they choose none; `pay_online` says
    whether prices are paid online, within `pay_minutes` where that comes before the booking."""

    zone: ZoneInfo
    opens_before: timedelta
    closes_after: timedelta
    lead: timedelta
    days_ahead: int
    currency: str
    pay_online: PayOnline
    pay_minutes: int
    first_visit_type: int | None

    def horizon(self, now: datetime) -> date:
        """The last local date that can be booked."""
        return now.astimezone(self.zone).date() + timedelta(days=self.days_ahead)


_own, _kind = Organization.__table__.c, VisitType.__table__.c
_FIRST = (
    select(_kind.id).where(_kind.organization_id == _own.id, _kind.active).order_by(_kind.position, _kind.id).limit(1)
).scalar_subquery()
_TIMES = select(
    _own.zone, _own.link_opens_minutes, _own.link_closes_minutes, _own.book_lead_minutes, _own.book_ahead_days, _own.currency,
    _own.pay_online, _own.pay_minutes, _FIRST,
).where(_own.id == bindparam("organization"))  # fmt: skip


def times(session: Session) -> Times:
    """Of the session's organisation; without the ORM, for every booking asks."""
    session.flush()
    zone, opens, closes, lead, *others = session.connection().execute(_TIMES, {"organization": session.organization_id}).one()
    before, after, ahead = (timedelta(minutes=count) for count in (opens, closes, lead))
    return Times(ZoneInfo(zone), before, after, ahead, *others)
